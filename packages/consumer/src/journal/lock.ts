import { chmodSync, existsSync, realpathSync } from "node:fs";
import { StateError } from "@dirsync/sdk";
import { connect, type SqliteDatabase } from "./sqlite.ts";
import { sqliteCode } from "./sqlite-errors.ts";

/** A look at the lock takes it for a moment, and must not turn away a tail that starts just then. */
const looksMsMax = 500;

/**
 * Keeps every other holder of the state file at `path` out until it is closed or the process ends. It is an open
 * transaction on a file beside the state file, so the operating system gives it back however the process ends, and
 * the state file itself stays readable for visitors.
 * @throws StateError `locked`, naming the process that holds it.
 */
export function takeLock(path: string): SqliteDatabase {
  const lockPath = lockPathOf(path);
  const lock = connect(lockPath, { busyTimeoutMs: 0 });
  try {
    begin(lock, path);
    // By path: opening and closing the file ourselves would drop the lock (POSIX fcntl, "Advisory record locking").
    chmodSync(lockPath, 0o600);
    return lock;
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    const message = `${path} is held by another process${holderOf(path)}. Stop that one first, or give this one its own --state file.`;
    throw new StateError(message, { code: "locked", cause: error });
  }
}

/** SQLite waits without giving the event loop a turn, so only a look is waited for, and no holder. */
function begin(lock: SqliteDatabase, path: string): void {
  try {
    lock.pragma("journal_mode = DELETE");
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    if (!isBusy(error) || isLocked(path)) throw error;
    lock.pragma(`busy_timeout = ${looksMsMax}`);
    lock.pragma("journal_mode = DELETE");
    lock.exec("BEGIN EXCLUSIVE");
  }
}

function isBusy(error: unknown): boolean {
  return sqliteCode(error).startsWith("SQLITE_BUSY");
}

/** True while a process holds the lock of the state file at `path`. @throws what SQLite says of a lock that cannot be read. */
export function isLocked(path: string): boolean {
  const lockPath = lockPathOf(path);
  if (!existsSync(lockPath)) return false;
  const lock = connect(lockPath, { busyTimeoutMs: 0 });
  try {
    // Whatever is read wants a lock that others may share, which the holder's does not allow.
    lock.pragma("schema_version");
    return false;
  } catch (error) {
    if (!isBusy(error)) throw error;
    return true;
  } finally {
    lock.close();
  }
}

/** Beside the file itself: SQLite follows symbolic links, and two names must not be two locks. */
export function lockPathOf(path: string): string {
  return `${existsSync(path) ? realpathSync(path) : path}.lock`;
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
