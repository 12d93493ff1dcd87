import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { openJournal } from "@dirsync/consumer";

/** Whose state file it is. */
export interface LifeFolders {
  readonly seed: number;
  /** Of the life. */
  readonly home: string;
  /** Of all lives of a process. */
  readonly folder: string;
}

/** One life in so many begins without a state file. */
const makesItsOwnEvery = 8;

/**
 * Returns where the state file of a life is, and puts one there that another process has made and let go. In some lives it is
 * left to the first process: to make it is an eighth of what a simulated life costs.
 */
export async function stateFileOf({ seed, home, folder }: LifeFolders): Promise<string> {
  const path = join(home, "state.db");
  if (seed % makesItsOwnEvery === 0) return path;
  const made = join(folder, "made.db");
  if (!existsSync(made)) await (await openJournal({ path: made, role: "holder", holder: "who made it" })).close();
  copyFileSync(made, path);
  return path;
}
