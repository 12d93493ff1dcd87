/**
 * Backups as files: made of a database or of a copy of one, looked at, and put in the place of a database. A backup is one
 * file without a log beside it, packed anew, so that nothing that was deleted is in it, and marked as a backup, so that a
 * server that opens it knows (reliability I34).
 */
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ConfigError, StateError } from "@dirsync/sdk";
import Database from "better-sqlite3";
import { lineageSchema } from "./migrations/008-lineage.ts";
import { migrations } from "./migrations/index.ts";
import { toStateError } from "./sqlite-errors.ts";
import { applicationId } from "./sqlite.ts";

/** What is in a backup. */
export interface BackupFacts {
  /** ISO 8601; null when the file is no backup but a database that a server has had. */
  readonly madeAt: string | null;
  /** Names the database it was made of, and every other copy of that. */
  readonly instanceId: string;
  /** Tells which encryption key its secrets were sealed with. */
  readonly keyFingerprint: string;
  readonly schemaVersion: number;
  readonly directories: number;
  readonly users: number;
  readonly events: number;
  /** Null for an empty log. */
  readonly lastEventId: string | null;
  /** Size of the file. */
  readonly bytes: number;
}

/** What a backup is made of, and where it goes. */
export interface BackupPaths {
  /** A data file that no server holds, or a copy that one has handed out. */
  readonly from: string;
  /** Nothing may be there yet. */
  readonly to: string;
}

/**
 * Makes a backup file by `VACUUM INTO`, marks it, looks whether it is sound, and has it on disk when it returns. Only its
 * owner may read it. Where anything fails, nothing is left at `to`.
 * @throws StateError `locked` while a server holds `from`; `corrupt` when `from` is damaged or of another program.
 * @throws ConfigError when there is something at `to`.
 */
export function makeBackup({ from, to }: BackupPaths, madeAt: string): BackupFacts {
  if (existsSync(to)) throw new ConfigError(`${to} is already there; name another file.`, { where: "to" });
  try {
    // VACUUM INTO takes an empty file and keeps its mode.
    closeSync(openSync(to, "wx", 0o600));
    using(from, { readonly: true }, (database) => {
      identify(database, from);
      database.prepare("vacuum into ?").run(to);
    });
    markBackup(to, madeAt);
    const facts = readBackup(to);
    flush(to);
    return facts;
  } catch (error) {
    rmSync(to, { force: true });
    throw error;
  }
}

/** Says in a copy that it is a backup, unless it does already, and has it be one file: it is opened from now on as such. */
export function markBackup(file: string, madeAt: string): void {
  using(file, { readonly: false }, (database) => {
    database.pragma("journal_mode = DELETE");
    database.prepare("update instance set backup_made_at = coalesce(backup_made_at, ?)").run(madeAt);
  });
}

/**
 * Reads a backup through, and tells what is in it.
 * @throws StateError `corrupt` when it is damaged or no database of a server; `newer_version`; `missing`.
 */
export function readBackup(file: string): BackupFacts {
  return using(file, { readonly: true }, (database) => {
    identify(database, file);
    const found = database.pragma("integrity_check(1)", { simple: true });
    if (found !== "ok")
      throw new StateError(`${file} is damaged: ${String(found)}. Go back to an earlier backup.`, { code: "corrupt" });
    const one = (query: string): unknown => database.prepare(query).pluck().get();
    const instance = database.prepare("select * from instance").get() as Record<string, string | null>;
    const newest = one("select id from event order by seq desc limit 1");
    return {
      madeAt: instance["backup_made_at"] ?? null,
      instanceId: String(instance["instance_id"]),
      keyFingerprint: String(instance["key_fingerprint"]),
      schemaVersion: Number(database.pragma("user_version", { simple: true })),
      directories: Number(one("select count(*) from directory")),
      users: Number(one("select count(*) from directory_user")),
      events: Number(one("select count(*) from event")),
      lastEventId: typeof newest === "string" ? newest : null,
      bytes: statSync(file).size,
    };
  });
}

/** Where a backup goes. */
export interface RestorePaths {
  readonly from: string;
  /** The data file. What is there keeps a name of its own, `keptAs` of the result. */
  readonly to: string;
}

/** What a restore has done. */
export interface Restored {
  readonly facts: BackupFacts;
  /** Where the data file that was there before is now; null when there was none. */
  readonly keptAs: string | null;
}

/**
 * Puts a backup in the place of a data file, which is kept beside it. The backup itself stays as it is. Nothing has changed
 * when this throws.
 * @throws StateError `locked` while a server holds `to`; `corrupt` when the backup is.
 */
export function restoreBackup({ from, to }: RestorePaths, nowText: string): Restored {
  const facts = readBackup(from);
  const partial = join(dirname(to), `.${basename(to)}.restoring`);
  try {
    rmSync(partial, { force: true });
    makeBackup({ from, to: partial }, nowText);
    const keptAs = existsSync(to) ? setAside(to, nowText) : null;
    renameSync(partial, to);
    flush(dirname(to));
    return { facts, keptAs };
  } catch (error) {
    rmSync(partial, { force: true });
    throw translated(error, to);
  }
}

/** Runs `work` on an open file and closes it. @throws StateError for what is wrong with the file */
function using<T>(
  file: string,
  { readonly }: { readonly readonly: boolean },
  work: (database: Database.Database) => T,
): T {
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { readonly, fileMustExist: true, timeout: busyTimeoutMs });
    return work(database);
  } catch (error) {
    throw translated(error, file);
  } finally {
    database?.close();
  }
}

// A server holds its file for good; whoever else has it lets go at once.
const busyTimeoutMs = 250;

/** The first schema that has `instance`. */
const schemaVersionMin = migrations.indexOf(lineageSchema) + 1;

function identify(database: Database.Database, file: string): void {
  if (database.pragma("application_id", { simple: true }) !== applicationId) {
    throw new StateError(`${file} is no database of a Dirsync server; check the path.`, { code: "corrupt" });
  }
  const version = Number(database.pragma("user_version", { simple: true }));
  if (version > migrations.length) {
    throw new StateError(`${file} was written by a newer Dirsync (schema ${String(version)}); upgrade Dirsync.`, {
      code: "newer_version",
    });
  }
  if (version < schemaVersionMin) {
    throw new StateError(
      `${file} is of an older Dirsync; start dirsync serve on it once, which brings it up to date.`,
      {
        code: "older_version",
      },
    );
  }
}

/**
 * Gives a data file another name, with the log beside it, which would be taken for the log of the next file. SQLite brings
 * the log into a file that is sound. Where it is damaged, which may be why a backup is restored, SQLite would throw the
 * log away; it is kept as it is, for whoever tries to save something.
 */
function setAside(file: string, nowText: string): string {
  const keptAs = `${file}.before-${nowText.replaceAll(/[:.]/gu, "-")}`;
  const [log, keptLog] = [`${file}-wal`, `${keptAs}-wal`];
  if (existsSync(log)) copyFileSync(log, keptLog);
  let isSettled = true;
  try {
    isSettled = settle(file);
  } finally {
    if (isSettled) rmSync(keptLog, { force: true });
  }
  renameSync(file, keptAs);
  for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
  return keptAs;
}

/** False for a file that is damaged. @throws StateError `locked` while a server holds it */
function settle(file: string): boolean {
  try {
    using(file, { readonly: false }, (database) => {
      database.pragma("locking_mode = EXCLUSIVE");
      database.prepare("select count(*) from sqlite_schema").get();
    });
    return true;
  } catch (error) {
    if (error instanceof StateError && error.code === "corrupt") return false;
    throw error;
  }
}

/** Has a file, or what a folder lists, on disk. */
function flush(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function translated(error: unknown, file: string): Error {
  return error instanceof StateError ? error : toStateError(error, file);
}
