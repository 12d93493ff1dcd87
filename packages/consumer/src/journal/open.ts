import { randomUUID } from "node:crypto";
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StateError } from "@dirsync/sdk";
import { buildMirror } from "../mirror/rebuild.ts";
import { isLocked, takeLock } from "./lock.ts";
import { migrations } from "./migrations/index.ts";
import type { Journal } from "./model.ts";
import { SqliteJournal } from "./sqlite-journal.ts";
import { connect, setDurability, type Durability, type SqliteDatabase } from "./sqlite.ts";
import { corrupt, translateSqliteError } from "./sqlite-errors.ts";
import { isEmptied, nothingIn, refuseLostFile, refuseSecondName } from "./state-place.ts";
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
  readonly durability?: Durability;
}

/** "DSYC", so that `file` and we can tell a state file from any other SQLite database. */
const applicationId = 0x44535943;

/** The version that brought the mirror. */
const mirrorVersion = 4;

/** Above this a full structure check at start would delay the first delivery by more than about a second. */
const checkedBytesMax = 64 * 1024 * 1024;

/** A holder must not block its event loop on a visitor's commit; it tries again itself. */
const holderBusyTimeoutMs = 50;
const visitorBusyTimeoutMs = 5_000;

/**
 * Opens the state file at `path`, creating and upgrading it when this process is to hold it.
 * @throws StateError `locked`, `missing`, `read_only`, `unreadable`, `corrupt`, `newer_version`, `older_version` or `busy` (both for a visitor, the
 * latter while its first holder begins it) or `full`. The file is unchanged in each of these cases.
 */
export function openJournal(options: OpenJournalOptions): Promise<Journal> {
  const path = resolve(options.path);
  return Promise.resolve().then(() => {
    try {
      return options.role === "holder" ? openAsHolder(path, options) : openAsVisitor(path);
    } catch (error) {
      throw translateSqliteError(error, path);
    }
  });
}

/**
 * True when a process holds the state file at `path`. It may have let go, or another may have taken it, right after.
 * @throws what `openJournal` throws for a file that cannot be used.
 */
export function isStateFileHeld(path: string): Promise<boolean> {
  return Promise.resolve().then(() => {
    if (!existsSync(path)) return false;
    try {
      return isLocked(resolve(path));
    } catch (error) {
      throw translateSqliteError(error, path);
    }
  });
}

/**
 * True when the state file at `path` is empty although a process has held it before: its next holder begins it anew. That is what
 * is left of a file that was lost, as by a copy onto a full disk, and of a first start that was cut short.
 */
export function isStateFileEmptied(path: string): boolean {
  return isEmptied(resolve(path));
}

/**
 * Reads the whole state file at `path` and looks for damage, through a connection that cannot write; a tail may run
 * meanwhile. Takes about a second for each gigabyte.
 * @throws StateError `missing`, `unreadable`, `corrupt` or `newer_version`.
 */
export function checkStateFile(path: string): Promise<void> {
  return Promise.resolve().then(() => {
    try {
      if (!existsSync(path)) throw new StateError(`There is no state file at ${path}.`, { code: "missing" });
      refuseSecondName(path);
      refuseLostFile(path);
      inspect(path, Number.POSITIVE_INFINITY);
    } catch (error) {
      throw translateSqliteError(error, path);
    }
  });
}

function openAsHolder(path: string, { durability = "normal", holder }: OpenJournalOptions): Journal {
  prepareFile(path);
  const lock = takeLock(path);
  try {
    inspect(path, checkedBytesMax);
    const database = connect(path, { busyTimeoutMs: holderBusyTimeoutMs });
    try {
      setDurability(database, durability);
      // Pages of forgotten events are overwritten: they held personal data.
      database.pragma("secure_delete = ON");
      migrate(database);
      const epoch = takeOver(database, holder ?? `pid ${process.pid}`);
      return new SqliteJournal({ database, path, epoch, isHolder: true, release: () => lock.close() });
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    lock.close();
    throw error;
  }
}

function openAsVisitor(path: string): Journal {
  if (!existsSync(path)) {
    throw new StateError(`There is no state file at ${path}. Name the one \`dirsync tail\` uses with --state.`, {
      code: "missing",
    });
  }
  refuseSecondName(path);
  refuseEmpty(path);
  const database = connect(path, { busyTimeoutMs: visitorBusyTimeoutMs });
  try {
    database.pragma("synchronous = NORMAL");
    checkReadable(path, database);
    const epoch = Number(database.prepare("SELECT epoch FROM stream").pluck().get());
    return new SqliteJournal({ database, path, epoch, isHolder: false, release: () => undefined });
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Throws when what is open there is not a whole state file of this version. */
export function checkReadable(path: string, database: SqliteDatabase): void {
  if (isEmpty(database)) throw nothingIn(path);
  checkKind(path, database);
  checkAge(path, database);
  checkSeal(path, database);
}

function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // The journal holds personal data, so it is never readable by others, not even for a moment.
  if (existsSync(path)) refuseLostFile(path);
  else closeSync(openSync(path, "a", 0o600));
  if (!statSync(path).isFile()) {
    throw new StateError(`${path} is not a file. Name another one with --state.`, { code: "unreadable" });
  }
  refuseSecondName(path);
  // SQLite would call a folder without write permission "cannot open", which helps nobody.
  accessSync(dirname(path), constants.W_OK);
  accessSync(path, constants.R_OK | constants.W_OK);
}

/** A visitor must not make a database of it. */
function refuseEmpty(path: string): void {
  if (statSync(path).size === 0) throw nothingIn(path);
}

/** Looks at the file through a connection that cannot write, so that what is not ours or is damaged stays as it is. */
function inspect(path: string, structureBytesMax: number): void {
  const { size } = statSync(path);
  if (size === 0) return;
  const database = connect(path, { busyTimeoutMs: holderBusyTimeoutMs, readonly: true });
  try {
    if (isEmpty(database)) return;
    checkKind(path, database);
    if (size <= structureBytesMax) checkStructure(path, database);
    checkSeal(path, database);
  } finally {
    database.close();
  }
}

/** A first start that was cut short leaves a database without tables, and one that is under way has none yet. */
function isEmpty(database: SqliteDatabase): boolean {
  return database.prepare("SELECT count(*) FROM sqlite_master").pluck().get() === 0;
}

function checkKind(path: string, database: SqliteDatabase): void {
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

/** Only a holder upgrades: beside a holder of the version before, that would pull the tables away from under it. */
function checkAge(path: string, database: SqliteDatabase): void {
  const version = Number(database.pragma("user_version", { simple: true }));
  if (version === migrations.length) return;
  throw new StateError(
    `${path} was written by an older Dirsync (schema ${version}; this one knows ${migrations.length}). Start \`dirsync tail\` of this version on it first.`,
    { code: "older_version" },
  );
}

function checkStructure(path: string, database: SqliteDatabase): void {
  const verdict = database.pragma("quick_check(1)", { simple: true });
  if (verdict !== "ok") throw corrupt(path, new Error(String(verdict)));
}

function checkSeal(path: string, database: SqliteDatabase): void {
  if (isStreamSealed(database)) return;
  throw corrupt(path, new Error("The cursor row does not match its checksum."));
}

function migrate(database: SqliteDatabase): void {
  const version = Number(database.pragma("user_version", { simple: true }));
  const upgrade = database.transaction(() => {
    for (const sql of migrations.slice(version)) database.exec(sql);
    if (version === 0) createStream(database);
    else if (version < mirrorVersion) buildMirror(database);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${migrations.length}`);
  });
  if (version < migrations.length) upgrade.immediate();
}

function createStream(database: SqliteDatabase): void {
  database.prepare("INSERT INTO stream (only_row, instance_id, checksum) VALUES (1, ?, '')").run(randomUUID());
  sealStream(database);
}

function takeOver(database: SqliteDatabase, holder: string): number {
  const take = database.transaction(() => {
    database.prepare("UPDATE stream SET epoch = epoch + 1, holder = ?, holder_note = NULL").run(holder);
    sealStream(database);
    return Number(database.prepare("SELECT epoch FROM stream").pluck().get());
  });
  return take.immediate();
}
