import { chmodSync } from "node:fs";
import { StateError } from "@dirsync/sdk";
import { connect, type SqliteDatabase, sqliteCode } from "./sqlite.ts";

/**
 * Keeps every other holder of the state file at `path` out until it is closed or the process ends. It is an open
 * transaction on a file beside the state file, so the operating system gives it back however the process ends, and
 * the state file itself stays readable for visitors.
 * @throws StateError `locked`, naming the process that holds it.
 */
export function takeLock(path: string): SqliteDatabase {
  const lockPath = `${path}.lock`;
  const lock = connect(lockPath, { busyTimeoutMs: 0 });
  try {
    lock.pragma("journal_mode = DELETE");
    lock.exec("BEGIN EXCLUSIVE");
    // By path: opening and closing the file ourselves would drop the lock (POSIX fcntl, "Advisory record locking").
    chmodSync(lockPath, 0o600);
    return lock;
  } catch (error) {
    lock.close();
    if (!sqliteCode(error).startsWith("SQLITE_BUSY")) throw error;
    const message = `${path} is held by another process${holderOf(path)}. Stop that one first, or give this one its own --state file.`;
    throw new StateError(message, { code: "locked", cause: error });
  }
}

/** The name only helps the reader of the message, so whatever keeps it from being read is left for others to report. */
function holderOf(path: string): string {
  try {
    const database = connect(path, { readonly: true, busyTimeoutMs: 0 });
    try {
      return ` (${String(database.prepare("SELECT holder FROM stream").pluck().get())})`;
    } finally {
      database.close();
    }
  } catch {
    return "";
  }
}
