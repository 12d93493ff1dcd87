import { existsSync } from "node:fs";
import { ConfigError } from "@dirsync/sdk";
import { openSqlite } from "../sqlite.ts";
import type { AppRows } from "./app-rows.ts";

/**
 * Runs a query on a SQLite file, which is opened to be read only.
 * @throws ConfigError for a file that is not there or a query that SQLite refuses or that would write.
 */
export function sqliteRows(path: string, sql: string): AppRows {
  // Else a typing mistake would look like an app without people.
  if (!existsSync(path)) throw new ConfigError(`There is no database at ${path}.`, { where: "--sqlite" });
  const database = openSqlite(path, { readonly: true });
  try {
    const statement = database.prepare<[], readonly unknown[]>(sql);
    if (!statement.reader || !statement.readonly) throw new Error("it is no query that only reads");
    const columns = statement.columns().map(({ name }) => name);
    return {
      columns,
      async *rows() {
        yield* statement.raw().iterate();
      },
      close: () => Promise.resolve(database.close()).then(() => undefined),
    };
  } catch (error) {
    database.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`SQLite does not take the query: ${reason}.`, { where: "--against", cause: error });
  }
}
