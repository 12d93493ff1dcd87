import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type DeadLetter, openJournal, type StreamStatus } from "@dirsync/consumer";
import Database from "better-sqlite3";

/** What a state file holds. */
export interface StateContent {
  /** What SQLite finds wrong with the file; "ok" when nothing. */
  readonly integrity: string;
  readonly status: StreamStatus;
  readonly deadLetters: readonly DeadLetter[];
}

/**
 * Reads the state file a killed process left behind, from a copy: opening the original would repair it, which is what
 * the next process has to do by itself. Null when the process was killed before it had created anything.
 */
export async function readStateFile(path: string): Promise<StateContent | null> {
  return await onCopy(path, async (copy) => {
    const integrity = integrityOf(copy);
    if (integrity === null) return null;
    const journal = await openJournal({ path: copy, role: "visitor" });
    try {
      return { integrity, status: await journal.status(), deadLetters: await journal.deadLetters() };
    } finally {
      await journal.close();
    }
  });
}

/** What SQLite finds wrong with a copy of this database; "ok" when nothing. */
export async function checkIntegrity(path: string): Promise<string> {
  return (await onCopy(path, (copy) => Promise.resolve(integrityOf(copy)))) ?? "empty";
}

async function onCopy<T>(path: string, read: (copy: string) => Promise<T | null>): Promise<T | null> {
  if (!existsSync(path)) return null;
  const folder = mkdtempSync(join(dirname(path), "copy-"));
  try {
    const copy = join(folder, "copy.db");
    copyFileSync(path, copy);
    // What was committed last is in the write-ahead log. Its index (-shm) is made anew after a crash.
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    return await read(copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Null for a database without a table. */
function integrityOf(path: string): string | null {
  const database = new Database(path);
  try {
    if (database.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() === 0) return null;
    return String(database.pragma("integrity_check", { simple: true }));
  } finally {
    database.close();
  }
}

/** Says in a state file that no person is missing in its mirror, as a scan does at its end. */
export function markMirrorComplete(path: string): void {
  const database = new Database(path);
  database.exec("UPDATE mirror SET complete_since_seq = 1");
  database.close();
}
