import Database from "better-sqlite3";
import { corrupt, sqliteCode } from "./sqlite-errors.ts";
import { SqliteStatement } from "./sqlite-statement.ts";

export type { SqliteStatement } from "./sqlite-statement.ts";

/** Runs whatever it is given as one transaction. */
export type SqliteTransaction = Database.Transaction<(change: () => unknown) => unknown>;

/** How much of what was committed a power cut may take back: the last commits, or nothing. */
export type Durability = "normal" | "full";

/** An open SQLite connection. Its statements are compiled when they are first used. */
export class SqliteDatabase {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  /** The statement. What is wrong with it is thrown where it is used: `StateError` `corrupt` when it does not go with the tables. */
  prepare<P extends unknown[] = unknown[], R = unknown>(sql: string): SqliteStatement<P, R> {
    return new SqliteStatement(sql, (text) => this.#compile<P, R>(text));
  }

  /** A statement that is not ours, compiled at once: what is wrong with it is thrown here, as SQLite says it. */
  compile(sql: string): Database.Statement {
    return this.#database.prepare<unknown[]>(sql);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  pragma(text: string, options?: Database.PragmaOptions): unknown {
    return this.#database.pragma(text, options);
  }

  /** The same work, done as one transaction each time it is called. */
  transaction<A extends unknown[], R>(work: (...given: A) => R): Database.Transaction<(...given: A) => R> {
    return this.#database.transaction(work);
  }

  /** Lets statements call a function that gives the same for the same text. */
  function(name: string, work: (text: unknown) => unknown): void {
    this.#database.function(name, { deterministic: true }, work);
  }

  close(): void {
    this.#database.close();
  }

  #compile<P extends unknown[], R>(sql: string): Database.Statement<P, R> {
    try {
      return this.#database.prepare<P, R>(unplanned(sql)) as Database.Statement<P, R>;
    } catch (error) {
      // Our own statements fail only where the tables are not those of the file's version.
      throw sqliteCode(error) === "SQLITE_ERROR" ? corrupt(this.#database.name, error) : error;
    }
  }
}

/**
 * SQLite plans a query by the limit that is given, where it is a parameter alone, and so prepares it anew each time one is given:
 * of what a sink has still to get, that took eight times as long as to look. A plus leaves the value as it is, and out of the plan.
 */
function unplanned(sql: string): string {
  return sql.replaceAll(/\bLIMIT (?=[?@])/gu, "LIMIT +");
}

/** Connects to an existing or new database file, waiting at most `busyTimeoutMs` for another writer. */
export function connect(path: string, options: { busyTimeoutMs: number; readonly?: boolean }): SqliteDatabase {
  return new SqliteDatabase(
    new Database(path, { timeout: options.busyTimeoutMs, readonly: options.readonly ?? false }),
  );
}

/**
 * Makes every commit of this connection as durable as asked. better-sqlite3 opens a new file at FULL and the same file
 * at NORMAL ever after, so it is set on every open, and read back.
 */
export function setDurability(database: SqliteDatabase, durability: Durability): void {
  const level = durability === "full" ? 2 : 1;
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${level}`);
  if (database.pragma("synchronous", { simple: true }) === level) return;
  throw new Error(`SQLite did not take synchronous = ${level}.`);
}
