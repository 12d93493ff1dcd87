import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { openJournal } from "@dirsync/consumer";
import Database from "better-sqlite3";

/** Whose state file it is. */
export interface LifeFolders {
  readonly seed: number;
  /** Of the life. */
  readonly home: string;
  /** Of all lives of a process. */
  readonly folder: string;
  /** The table of an app that has its own in the state file. Who makes one later has every other connection read all tables anew. */
  readonly table?: string;
}

/** One life in so many begins without a state file. */
const makesItsOwnEvery = 8;

/**
 * Returns where the state file of a life is, and puts one there that another process has made and let go. In some lives it is
 * left to the first process: to make it is an eighth of what a simulated life costs.
 */
export async function stateFileOf({ seed, home, folder, table }: LifeFolders): Promise<string> {
  const path = join(home, "state.db");
  if (seed % makesItsOwnEvery === 0) return path;
  const made = join(folder, "made.db");
  if (!existsSync(made)) await make(made, table);
  copyFileSync(made, path);
  return path;
}

async function make(path: string, table: string | undefined): Promise<void> {
  await (await openJournal({ path, role: "holder", holder: "who made it" })).close();
  if (table === undefined) return;
  const database = new Database(path);
  database.exec(table);
  // Closing takes it over from the log into the file, which is all that is copied.
  database.close();
}
