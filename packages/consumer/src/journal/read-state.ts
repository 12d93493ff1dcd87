import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { StateError } from "@dirsync/sdk";
import { checkReadable } from "./open.ts";
import { connect, type SqliteDatabase } from "./sqlite.ts";
import { translateSqliteError } from "./sqlite-errors.ts";

const busyTimeoutMs = 5_000;

/**
 * Opens the state file at `path` to read it, and hands the connection over; a tail may run meanwhile, and nothing here can
 * write. Where `use` throws, it is closed.
 * @throws StateError `missing`, `unreadable`, `corrupt`, `older_version`, `newer_version`, or `busy` while its first holder begins it.
 */
export function readStateFile<T>(path: string, use: (database: SqliteDatabase, file: string) => T): Promise<T> {
  const file = resolve(path);
  return Promise.resolve().then(() => {
    if (!existsSync(file)) {
      throw new StateError(`There is no state file at ${file}. Name the one \`dirsync tail\` uses with --state.`, {
        code: "missing",
      });
    }
    try {
      return open(file, use);
    } catch (error) {
      throw translateSqliteError(error, file);
    }
  });
}

function open<T>(file: string, use: (database: SqliteDatabase, file: string) => T): T {
  const database = connect(file, { busyTimeoutMs, readonly: true });
  try {
    checkReadable(file, database);
    return use(database, file);
  } catch (error) {
    database.close();
    throw error;
  }
}
