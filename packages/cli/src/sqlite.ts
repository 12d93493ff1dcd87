import Database from "better-sqlite3";

/** An open SQLite database. */
export type SqliteFile = Database.Database;

/** Opens a database file: an existing one to read, or one to write. */
export function openSqlite(path: string, options: { readonly readonly: boolean }): SqliteFile {
  return new Database(path, { readonly: options.readonly, fileMustExist: options.readonly, timeout: 1_000 });
}
