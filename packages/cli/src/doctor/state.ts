/** The state file: where it is, who can read it, whether it is whole, and whether there is room for it to grow. */
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { checkStateFile, isStateFileEmptied, openJournal } from "@dirsync/consumer";
import { isDirsyncError } from "@dirsync/sdk";
import { exitCodeOf, exitCodes } from "../exit-codes.ts";
import { filesystemOf, nearestExisting, readMounts } from "../filesystem.ts";
import { failed, type Finding, ok, skipped, warning } from "./check.ts";
import { judgeFilesystem, judgeRoom } from "./disk.ts";
import type { Progress } from "../ui/progress.ts";
import { checkAgainstJournal, notCompared } from "./mirror.ts";

/** How much is looked at, and where it is said how far that has come. */
interface StateChecks {
  readonly isDeep: boolean;
  readonly progress: Progress;
}

/** What can be said about the state file at `path`; `isDeep` to compare the mirror with the events as well. */
export async function checkState(path: string, { isDeep, progress }: StateChecks): Promise<readonly Finding[]> {
  const place = [checkPlace(path), judgeFilesystem(filesystemOf(path, readMounts())), judgeRoom(freeBytesAt(path))];
  if (!existsSync(path)) {
    const content = skipped("state.content", "there is no state file yet; the first `dirsync tail` makes it");
    return [...place, content, ...(isDeep ? [notCompared("there is no state file yet")] : [])];
  }
  const content = await checkContent(path);
  const found = [...place, checkPrivacy(path), content];
  if (!isDeep) return found;
  const onFolded = (done: number): void => progress.show({ doing: "comparing", done, total: null, unit: "events" });
  return [
    ...found,
    content.verdict === "ok" ? await checkAgainstJournal(path, onFolded) : notCompared("see state.content"),
  ];
}

function checkPlace(path: string): Finding {
  const folder = nearestExisting(dirname(path));
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
    return ok("state.place", path);
  } catch {
    return failed("state.place", {
      detail: `${path} cannot be written by this user`,
      advice: `Make it and its folder ${folder} writable, or name another file with --state.`,
      exitCode: exitCodes.stateUnusable,
    });
  }
}

function freeBytesAt(path: string): number {
  const { bavail, bsize } = statfsSync(nearestExisting(path));
  return bavail * bsize;
}

/** The journal holds people's data. */
function checkPrivacy(path: string): Finding {
  const open = [path, `${path}-wal`].filter((file) => existsSync(file) && (statSync(file).mode & 0o077) !== 0);
  if (open.length === 0) return ok("state.privacy", "only its owner can read it");
  return warning("state.privacy", `others can read ${open.join(" and ")}`, `Run: chmod 600 ${open.join(" ")}`);
}

async function checkContent(path: string): Promise<Finding> {
  if (isStateFileEmptied(path)) {
    return warning(
      "state.content",
      "it is empty, and was in use before",
      "Unless its first start was cut short, restore a backup; else the next `dirsync tail` begins it anew, from --from.",
    );
  }
  if (statSync(path).size === 0) return skipped("state.content", "it is empty; the first `dirsync tail` fills it");
  try {
    await checkStateFile(path);
    const journal = await openJournal({ path, role: "visitor" });
    try {
      const { headSeq, holder } = await journal.status();
      return ok("state.content", `whole; ${headSeq} events so far, last held by ${holder ?? "nobody"}`);
    } finally {
      await journal.close();
    }
  } catch (error) {
    if (!isDirsyncError(error)) throw error;
    return failed("state.content", { detail: error.message, advice: null, exitCode: exitCodeOf(error) });
  }
}
