import { randomUUID } from "node:crypto";
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StateError } from "@dirsync/sdk";
import { migrations } from "./migrations/index.ts";
import type { Journal } from "./model.ts";
import { SqliteJournal } from "./sqlite-journal.ts";
import { connect, corrupt, sqliteCode, translateSqliteError, type SqliteDatabase } from "./sqlite.ts";
import { isStreamSealed, sealStream } from "./stream-seal.ts";

/** How a state file is opened. */
export interface OpenJournalOptions {
  readonly path: string;
  /**
   * `holder` takes the journal over and keeps every other holder out; `visitor` reads and changes dead letters beside
   * a running holder, and never creates a file.
   */
  readonly role: "holder" | "visitor";
  /** Who takes it over, for the message another process gets. Default `pid <n>`. */
  readonly holder?: string;
  /**
   * `normal` (default): a power cut may take back the last commits, which repeats deliveries and loses none.
   * `full`: every commit is on disk before it counts.
   */
  readonly durability?: "normal" | "full";
}

/** "DSYC", so that `file` and we can tell a state file from any other SQLite database. */
const applicationId = 0x44535943;

/** Above this a full structure check at start would delay the first delivery by more than about a second. */
const checkedBytesMax = 64 * 1024 * 1024;

/** A holder must not block its event loop on a visitor's commit; it tries again itself. */
const holderBusyTimeoutMs = 50;
const visitorBusyTimeoutMs = 5_000;

/**
 * Opens the state file at `path`, creating and upgrading it when this process is to hold it.
 * @throws StateError `locked`, `missing`, `read_only`, `unreadable`, `corrupt`, `newer_version` or `full`. The file is
 * unchanged in each of these cases.
 */
export function openJournal(options: OpenJournalOptions): Promise<Journal> {
  const path = resolve(options.path);
  return Promise.resolve().then(() => (options.role === "holder" ? openAsHolder(path, options) : openAsVisitor(path)));
}

function openAsHolder(path: string, options: OpenJournalOptions): Journal {
  prepareFile(path);
  const lock = takeLock(path);
  try {
    const database = openDatabase(path, holderBusyTimeoutMs);
    try {
      configure(database, options.durability ?? "normal");
      checkAndMigrate(path, database);
      const epoch = takeOver(database, options.holder ?? `pid ${process.pid}`);
      return new SqliteJournal({ database, path, epoch, release: () => lock.close() });
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    lock.close();
    throw translateSqliteError(error, path);
  }
}

function openAsVisitor(path: string): Journal {
  if (!existsSync(path)) {
    throw new StateError(`There is no state file at ${path}. Name the one \`dirsync tail\` uses with --state.`, {
      code: "missing",
    });
  }
  try {
    const database = openDatabase(path, visitorBusyTimeoutMs);
    try {
      database.pragma("synchronous = NORMAL");
      checkVersion(path, database);
      const epoch = database.prepare("SELECT epoch FROM stream").pluck().get();
      return new SqliteJournal({ database, path, epoch: Number(epoch), release: () => undefined });
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw translateSqliteError(error, path);
  }
}

function prepareFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // The journal holds personal data, so it is never readable by others, not even for a moment.
    if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
  } catch (error) {
    throw translateSqliteError(error, path);
  }
}

/**
 * Holds a lock for the life of the process. It is an open transaction on a file beside the state file, so the
 * operating system gives it back whenever and however the process ends; the state file itself stays readable.
 */
function takeLock(path: string): SqliteDatabase {
  const lockPath = `${path}.lock`;
  let lock: SqliteDatabase | undefined;
  try {
    lock = connect(lockPath, { busyTimeoutMs: 0 });
    lock.pragma("journal_mode = DELETE");
    lock.exec("BEGIN EXCLUSIVE");
    chmodSync(lockPath, 0o600);
    return lock;
  } catch (error) {
    lock?.close();
    if (sqliteCode(error).startsWith("SQLITE_BUSY")) {
      throw new StateError(
        `${path} is held by another process${holderOf(path)}. Stop that one first, or give this one its own --state file.`,
        { code: "locked", cause: error },
      );
    }
    throw translateSqliteError(error, lockPath);
  }
}

function holderOf(path: string): string {
  try {
    const database = connect(path, { readonly: true, busyTimeoutMs: holderBusyTimeoutMs });
    try {
      return ` (${String(database.prepare("SELECT holder FROM stream").pluck().get())})`;
    } finally {
      database.close();
    }
  } catch {
    // The name only helps the reader of the message; the lock already said what matters.
    return "";
  }
}

function openDatabase(path: string, busyTimeoutMs: number): SqliteDatabase {
  const database = connect(path, { busyTimeoutMs });
  // better-sqlite3 opens lazily in parts: this is the first statement that reads the file.
  database.pragma("schema_version");
  return database;
}

function configure(database: SqliteDatabase, durability: "normal" | "full"): void {
  database.pragma("journal_mode = WAL");
  // better-sqlite3 changes this silently between the first and later opens of one file, so it is always set.
  database.pragma(`synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
  // Pages of purged events are overwritten: they held personal data.
  database.pragma("secure_delete = ON");
}

function checkAndMigrate(path: string, database: SqliteDatabase): void {
  const isNew = database.prepare("SELECT count(*) FROM sqlite_master").pluck().get() === 0;
  if (!isNew) {
    checkVersion(path, database);
    checkStructure(path, database);
    if (!isStreamSealed(database)) throw corrupt(path, new Error("The cursor row does not match its checksum."));
  }
  const version = Number(database.pragma("user_version", { simple: true }));
  const upgrade = database.transaction(() => {
    for (const sql of migrations.slice(version)) database.exec(sql);
    if (isNew) createStream(database);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${migrations.length}`);
  });
  if (version < migrations.length) upgrade.immediate();
}

function checkVersion(path: string, database: SqliteDatabase): void {
  if (database.pragma("application_id", { simple: true }) !== applicationId) {
    throw new StateError(`${path} is a database, but not a Dirsync state file. Name another file with --state.`, {
      code: "unreadable",
    });
  }
  const version = Number(database.pragma("user_version", { simple: true }));
  if (version > migrations.length) {
    throw new StateError(
      `${path} was written by a newer Dirsync (schema ${version}; this one knows ${migrations.length}). Upgrade this one.`,
      { code: "newer_version" },
    );
  }
}

function checkStructure(path: string, database: SqliteDatabase): void {
  if (statSync(path).size > checkedBytesMax) return;
  const verdict = database.pragma("quick_check(1)", { simple: true });
  if (verdict !== "ok") throw corrupt(path, new Error(String(verdict)));
}

function createStream(database: SqliteDatabase): void {
  database.prepare("INSERT INTO stream (only_row, instance_id, checksum) VALUES (1, ?, '')").run(randomUUID());
  sealStream(database);
}

function takeOver(database: SqliteDatabase, holder: string): number {
  const take = database.transaction(() => {
    database.prepare("UPDATE stream SET epoch = epoch + 1, holder = ?").run(holder);
    sealStream(database);
    return Number(database.prepare("SELECT epoch FROM stream").pluck().get());
  });
  return take.immediate();
}
