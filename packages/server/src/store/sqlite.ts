import { chmodSync, closeSync, existsSync, openSync, statSync } from "node:fs";
import { StateError } from "@dirsync/sdk";
import Database from "better-sqlite3";
import { kyselyConnection, kyselyOn, textOf } from "./connection.ts";
import type { Connection, Prepared, Text } from "./connection.ts";
import { fold } from "./fold.ts";
import { createKeptRows, mayChangeKept } from "./kept-rows.ts";
import { migrations } from "./migrations/index.ts";
import { toStateError } from "./sqlite-errors.ts";
import type { Engine } from "./store.ts";

/** "DSyS" in ASCII. Tells our file from any other SQLite database, so that a wrong --data path never alters one. */
export const applicationId = 0x44537953;

// Another process either holds the file for good (then waiting is in vain) or for a blink.
const busyTimeoutMs = 250;

// Every query of the server is one of a few dozen texts; lists with many optional filters add some more.
const statementsMax = 500;

// A megabyte: requests wait for it some milliseconds, and a gigabyte takes some seconds.
const pagesPerTurn = 256;

/**
 * Opens the server's database, `:memory:` or a file, creating and migrating it as needed. The file is held exclusively
 * until it is closed, is readable by its owner only, and every commit reaches the disk before it returns.
 * @throws StateError `locked` when another process holds it; `corrupt` when it is not ours or damaged;
 * `newer_version` when a newer Dirsync wrote it; `unreadable` when it cannot be opened. The file is then left as it was.
 */
export function openSqlite(file: string): Engine {
  const translate = (error: unknown): Error => toStateError(error, file);
  let database: Database.Database | null = null;
  try {
    if (file !== ":memory:") {
      createFile(file);
      refuseSecondName(file);
    }
    database = new Database(file, { timeout: busyTimeoutMs });
    checkIdentity(database, file);
    prepareDurable(database);
    database.function("fold", { deterministic: true }, (text) => fold(String(text)));
    migrate(database);
  } catch (error) {
    database?.close();
    throw translate(error);
  }
  return engineOn(database, translate);
}

function engineOn(database: Database.Database, translate: Engine["translate"]): Engine {
  return {
    connection: connectionOn(database),
    translate,
    copyTo: async (file, begun) => {
      const progress = () => {
        begun();
        return pagesPerTurn;
      };
      await database.backup(file, { progress });
    },
    close: () => {
      database.close();
      return Promise.resolve();
    },
  };
}

/**
 * Creates the file when it is missing, for its owner only from the first byte on. An existing one is left to SQLite:
 * opening and closing it here would drop the lock of a server of this process that has it open.
 */
function createFile(file: string): void {
  if (existsSync(file)) return;
  closeSync(openSync(file, "wx", 0o600));
}

/**
 * Refuses a file with a second name (a hard link). SQLite names the log beside it after the name it is given, so that what was
 * answered under one name is not there under the other ("How To Corrupt An SQLite Database File", section 2.4).
 */
function refuseSecondName(file: string): void {
  if (statSync(file).nlink <= 1) return;
  throw new StateError(
    `${file} is a file with more than one name (hard links), and a server that uses the other one loses what was answered. Remove the others (\`find / -samefile ${file}\` shows them), or put a copy in its place.`,
    { code: "unreadable" },
  );
}

function checkIdentity(database: Database.Database, file: string): void {
  // Held before the first read, so that of two servers started on one file exactly one goes on.
  database.pragma("locking_mode = EXCLUSIVE");
  const id = database.pragma("application_id", { simple: true });
  const tables = database.prepare("select count(*) from sqlite_schema").pluck().get();
  if (id !== applicationId && tables !== 0) {
    throw new StateError(`${file} is a database of another program; name another file with --data.`, {
      code: "corrupt",
    });
  }
  const version = database.pragma("user_version", { simple: true });
  if (typeof version === "number" && version > migrations.length) {
    throw new StateError(
      `${file} was written by a newer Dirsync (schema ${String(version)}, this one knows ${String(migrations.length)}); upgrade Dirsync.`,
      { code: "newer_version" },
    );
  }
  // Only now is the file known to be ours to change.
  if (file !== ":memory:" && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
}

function prepareDurable(database: Database.Database): void {
  database.pragma("journal_mode = WAL");
  // A reopened WAL file starts at NORMAL in better-sqlite3, and a power cut would then take answered writes back.
  database.pragma("synchronous = FULL");
  const synchronous = database.pragma("synchronous", { simple: true });
  if (synchronous !== 2) {
    throw new StateError("The database does not accept synchronous=FULL, without which an answer is no promise.", {
      code: "unreadable",
    });
  }
  database.pragma("foreign_keys = ON");
}

function migrate(database: Database.Database): void {
  const version = Number(database.pragma("user_version", { simple: true }));
  if (version === migrations.length) return;
  database.transaction(() => {
    for (const schema of migrations.slice(version)) database.exec(schema);
    database.pragma(`application_id = ${String(applicationId)}`);
    database.pragma(`user_version = ${String(migrations.length)}`);
  })();
}

function connectionOn(database: Database.Database): Connection {
  const prepare = statementCache(database);
  const keptRows = createKeptRows();
  let writes = 0;
  const noting = ({ isReading, changesKept }: Noted): void => {
    if (!isReading) writes += 1;
    if (changesKept) keptRows.forget();
  };
  const db = kyselyOn(
    kyselyConnection((sql, parameters) => {
      const noted = prepare(sql);
      const { statement } = noted;
      noting(noted);
      if (statement.reader) return { rows: rowsOf(noted, statement.all(parameters)) };
      const { changes, lastInsertRowid } = statement.run(parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    }),
  );
  const boundOf = boundCache(database, db);
  const first = <Given extends object, Row>(query: Prepared<Given, Row>, given: Given): Row | undefined => {
    const bound = boundOf(query, given);
    noting(bound);
    const values = bound.statement.get(bound.text.valuesOf(given));
    return values === undefined ? undefined : (rowOf(bound, values) as Row);
  };
  return {
    db,
    first,
    kept: (query, { key, given }) => keptRows.get(query, key, () => first(query, given)),
    all: <Given extends object, Row>(query: Prepared<Given, Row>, given: Given) => {
      const bound = boundOf(query, given);
      noting(bound);
      return rowsOf(bound, bound.statement.all(bound.text.valuesOf(given))) as Row[];
    },
    run: (query, given) => {
      const bound = boundOf(query, given);
      noting(bound);
      return Number(bound.statement.run(bound.text.valuesOf(given)).lastInsertRowid);
    },
    control: (command) => {
      if (command.startsWith("rollback")) {
        // What was read since it began may never have been.
        keptRows.forget();
        // SQLite has rolled back by itself what it could not go on with.
        if (command === "rollback" && !database.inTransaction) return;
      }
      prepare(command).statement.run();
    },
    get writes() {
      return writes;
    },
    get isInTransaction() {
      return database.inTransaction;
    },
  };
}

type Statement = Database.Statement<unknown[]>;

/** A statement, and what is to be known of it each time it runs. */
interface Noted {
  readonly statement: Statement;
  /** Of the rows it reads, which it gives as lists. */
  readonly columns: readonly string[];
  readonly isReading: boolean;
  /** True where it may change a kept row. */
  readonly changesKept: boolean;
}

/** Preparing costs more than running a query that touches one row. */
function statementCache(database: Database.Database): (sql: string) => Noted {
  const statements = new Map<string, Noted>();
  return (sql) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    if (statements.size >= statementsMax) statements.clear();
    const noted = notedOf(database, sql);
    statements.set(sql, noted);
    return noted;
  };
}

function notedOf(database: Database.Database, sql: string): Noted {
  const statement = database.prepare<unknown[]>(sql);
  // As objects, each row would have the name of each column looked up anew, which takes longer than to read it.
  if (statement.reader) statement.raw(true);
  return {
    statement,
    columns: statement.reader ? statement.columns().map(({ name }) => name) : [],
    isReading: statement.readonly,
    changesKept: !statement.readonly && mayChangeKept(sql),
  };
}

function rowsOf(noted: Noted, lists: unknown[]): unknown[] {
  return lists.map((values) => rowOf(noted, values));
}

function rowOf({ columns }: Noted, values: unknown): object {
  const list = values as readonly unknown[];
  const row: Record<string, unknown> = {};
  for (let index = 0; index < columns.length; index += 1) row[columns[index] ?? ""] = list[index];
  return row;
}

/** A prepared query on this database. */
interface Bound extends Noted {
  readonly text: Text;
}

/** There are as many as the code has prepared queries, and of those that go by names a few each. */
function boundCache(
  database: Database.Database,
  db: Connection["db"],
): <Given extends object>(query: Prepared<Given, unknown>, given: Given) => Bound {
  const bound = new Map<unknown, Map<string, Bound>>();
  return (query, given) => {
    const names = query.isByNames ? Object.keys(given).join() : "";
    let byNames = bound.get(query);
    if (byNames === undefined) bound.set(query, (byNames = new Map<string, Bound>()));
    const known = byNames.get(names);
    if (known !== undefined) return known;
    const text = textOf(query, db, given);
    const noted = notedOf(database, text.sql);
    const made = { ...noted, text, changesKept: noted.changesKept && query.isBesideKept !== true };
    byNames.set(names, made);
    return made;
  };
}
