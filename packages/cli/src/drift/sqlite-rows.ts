import { existsSync } from "node:fs";
import { ConfigError } from "@dirsync/sdk";
import { openSqlite, type SqliteFile } from "../sqlite.ts";
import type { AppRows } from "./app-rows.ts";

/**
 * Runs a query on a SQLite file, which is opened to be read only.
 * @throws ConfigError for a file that is not there or cannot be opened, or a query that SQLite refuses, at whatever row, or
 * that would write.
 */
export function sqliteRows(path: string, sql: string): AppRows {
  // Else a typing mistake would look like an app without people.
  if (!existsSync(path)) throw new ConfigError(`There is no database at ${path}.`, { where: "--sqlite" });
  const database = opened(path);
  try {
    // A number that JavaScript cannot hold would be another one, and so would whoever it stands for.
    const statement = database.prepare<[], readonly unknown[]>(sql).safeIntegers();
    if (!statement.reader || !statement.readonly) throw new Error("it is no query that only reads");
    const columns = statement.columns().map(({ name }) => name);
    return {
      columns,
      async *rows() {
        // Some values SQLite looks at only when their row has its turn.
        try {
          yield* statement.raw().iterate();
        } catch (error) {
          throw refused(error);
        }
      },
      close: () => Promise.resolve(database.close()).then(() => undefined),
    };
  } catch (error) {
    database.close();
    throw refused(error);
  }
}

function opened(path: string): SqliteFile {
  try {
    return openSqlite(path, { readonly: true });
  } catch (error) {
    throw new ConfigError(`SQLite cannot open ${path}: ${reasonOf(error)}.`, { where: "--sqlite", cause: error });
  }
}

function refused(error: unknown): ConfigError {
  return new ConfigError(`SQLite does not take the query: ${reasonOf(error)}.`, { where: "--against", cause: error });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
