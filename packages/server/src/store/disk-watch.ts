/** Knows whether the disk takes changes, by what became of the newest one. */
import { StateError, isDirsyncError } from "@dirsync/sdk";
import type { Connection } from "./connection.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Answers } from "./model.ts";

/** Runs changes, and tells what the disk does with them. */
export interface DiskWatch {
  readonly run: GroupCommit["run"];
  /** False while changes are refused; each time it is asked then, it tries one. */
  takesWrites(): Promise<boolean>;
}

/** What is watched, and what there is to try it with. */
export interface WatchedDisk {
  readonly connection: Connection;
  readonly commits: GroupCommit;
  readonly answers: Answers;
}

/**
 * What is written and removed again to try. It takes more room than any change but an import: what fits where they do not
 * would be no answer. No answer of a client that may be repeated is as old.
 */
const ballast = { key_digest: "ballast", request_digest: "", sealed: "x".repeat(256 * 1_024), made_ms: 0 };

/** Watches the changes that are run through it. */
export function watchDisk({ connection, commits, answers }: WatchedDisk): DiskWatch {
  let isRefusing = false;

  const run: GroupCommit["run"] = async (work, how) => {
    let hasWritten = false;
    try {
      const value = await commits.run(async () => {
        const before = connection.writes;
        const made = await work();
        hasWritten = connection.writes > before;
        return made;
      }, how);
      if (hasWritten) isRefusing = false;
      return value;
    } catch (error) {
      if (isRefusedByDisk(error)) isRefusing = true;
      throw error;
    }
  };

  const removeBallast = (): Promise<void> => answers.removeUntil(ballast.made_ms);
  const tryWriting = async (): Promise<void> => {
    await run(async () => {
      // That of the last time, where the disk took it and was full right after.
      await removeBallast();
      await answers.insert(ballast);
    });
    await run(removeBallast);
  };

  return {
    run,
    takesWrites: async () => {
      if (!isRefusing) return true;
      try {
        await tryWriting();
        return true;
      } catch (error) {
        if (isDirsyncError(error)) return false;
        throw error;
      }
    },
  };
}

/** Whether a change failed because the disk takes none, as when it is full. It may be made again once that is over. */
export function isRefusedByDisk(error: unknown): boolean {
  return error instanceof StateError && ["full", "io", "read_only"].includes(error.code);
}
