/** What can be wrong with a state file before anybody has looked into it. */
import { existsSync, statSync } from "node:fs";
import { StateError } from "@dirsync/sdk";
import { isLocked, lockPathOf } from "./lock.ts";
import { corrupt } from "./sqlite-errors.ts";

/**
 * Refuses a file with a second name (a hard link). SQLite names the write-ahead log after the name it is given, so that what
 * one name has written the other neither sees nor keeps ("How To Corrupt An SQLite Database File", section 2.4).
 * @throws StateError `unreadable`
 */
export function refuseSecondName(path: string): void {
  if (statSync(path).nlink <= 1) return;
  throw new StateError(
    `${path} is a file with more than one name (hard links), and two processes that use different ones damage it. Remove the others (\`find / -samefile ${path}\` shows them), or put a copy in its place.`,
    { code: "unreadable" },
  );
}

/** Refuses an empty file beside which changes to it are left: SQLite would throw them away. @throws StateError `corrupt` */
export function refuseLostFile(path: string): void {
  if (sizeOf(path) === 0 && sizeOf(`${path}-wal`) > 0)
    throw corrupt(path, new Error("It is empty, and its -wal is not."));
}

/**
 * True for an empty file at a path that a holder has used before: the file was lost, such as by a copy onto a full disk, or its
 * first start was cut short, which looks the same. A file that was only made to be there, by `touch`, had no holder.
 */
export function isEmptied(path: string): boolean {
  return sizeOf(path) === 0 && existsSync(lockPathOf(path));
}

/** Why nobody can look into a state file that has nothing in it: most often because its first tail has only just started. */
export function nothingIn(path: string): StateError {
  if (isLocked(path)) {
    return new StateError(`${path} is being begun by another process just now. Try again.`, { code: "busy" });
  }
  const advice = existsSync(lockPathOf(path))
    ? "It was in use: if it was lost, restore a backup before `dirsync tail` begins it anew."
    : "The first `dirsync tail` fills it.";
  return new StateError(`${path} is empty. ${advice}`, { code: "unreadable" });
}

/** -1 where there is none, and where none can be seen: whoever opens it says why. */
function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : -1;
}
