import { chmodSync, closeSync, fsyncSync, openSync, rmSync } from "node:fs";
import { openSqlite, type SqliteFile } from "../sqlite.ts";
import { columns, type Batch, type Kind } from "./kinds.ts";
import { partialFor, putInPlace, unwritable } from "./output-file.ts";
import type { Writer } from "./writer.ts";

/** What finds the rows of a table. */
const keys: Readonly<Record<Kind, string>> = {
  directories: "id",
  users: "id",
  groups: "id",
  memberships: "group_id, user_id",
};

/** Made when all rows are there, which is far quicker than with each row. */
const indexes: Readonly<Record<Kind, readonly string[]>> = {
  directories: [],
  users: ["CREATE INDEX users_by_directory ON users (directory_id)", "CREATE INDEX users_by_email ON users (email)"],
  groups: ["CREATE INDEX groups_by_directory ON groups (directory_id)"],
  memberships: ["CREATE INDEX memberships_by_user ON memberships (user_id)"],
};

/**
 * A SQLite database with a table for each kind. The columns are those of the views in a state file; `body` has the whole
 * object as JSON.
 * @throws ConfigError when the file cannot be made.
 */
export async function sqliteWriter(path: string, kinds: readonly Kind[]): Promise<Writer> {
  const partial = await partialFor(path);
  const database = create(partial, path, (made) => {
    for (const kind of kinds) made.exec(tableOf(kind));
  });
  const insert = new Map(kinds.map((kind) => [kind, database.prepare(insertOf(kind))]));
  const rowsOf = database.transaction(({ kind, rows }: Batch): void => {
    for (const row of rows) insert.get(kind)?.run(...columns[kind].map(({ cell }) => cell(row)), ...bodyOf(kind, row));
  });
  return {
    write: async (batch) => onDisk(path, () => rowsOf(batch)),
    finish: async () => {
      onDisk(path, () => {
        for (const kind of kinds) for (const index of indexes[kind]) database.exec(index);
      });
      database.close();
      sync(partial);
      await putInPlace(partial, path);
    },
    abandon: () => {
      database.close();
      rmSync(partial, { force: true });
      return Promise.resolve();
    },
  };
}

/** Runs a change of the file; what the disk refuses is no bug of ours. */
function onDisk(path: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    throw typeof code === "string" && /^SQLITE_(?:FULL|IOERR)/.test(code) ? unwritable(path, error) : error;
  }
}

function create(partial: string, path: string, prepare: (made: SqliteFile) => void): SqliteFile {
  let database: SqliteFile | null = null;
  try {
    closeSync(openSync(partial, "wx", 0o600));
    chmodSync(partial, 0o600);
    database = openSqlite(partial, { readonly: false });
    // Half a file is thrown away in any case, so no journal is needed to undo half a change.
    database.pragma("journal_mode = OFF");
    database.pragma("synchronous = OFF");
    prepare(database);
    return database;
  } catch (error) {
    database?.close();
    rmSync(partial, { force: true });
    throw unwritable(path, error);
  }
}

function sync(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function hasBody(kind: Kind): boolean {
  return kind !== "memberships";
}

function bodyOf(kind: Kind, row: object): readonly string[] {
  return hasBody(kind) ? [JSON.stringify(row)] : [];
}

function tableOf(kind: Kind): string {
  const names = [...columns[kind].map(({ name }) => name), ...(hasBody(kind) ? ["body"] : [])];
  return `CREATE TABLE ${kind} (${names.map((name) => `${name} TEXT`).join(", ")}, PRIMARY KEY (${keys[kind]})) STRICT`;
}

function insertOf(kind: Kind): string {
  const count = columns[kind].length + (hasBody(kind) ? 1 : 0);
  return `INSERT OR REPLACE INTO ${kind} VALUES (${Array.from({ length: count }, () => "?").join(", ")})`;
}
