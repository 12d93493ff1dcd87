/** The disk under the state file: what kind it is, and whether there is room. */
import { exitCodes } from "../exit-codes.ts";
import type { Filesystem } from "../filesystem.ts";
import { failed, type Finding, ok, skipped, warning } from "./check.ts";

/** Below this, a busy day may fill the disk; a tail then waits and delivers nothing. */
const freeBytesMin = 100 * 1024 * 1024;
/** Below this, it is time to look. */
const freeBytesGood = 1024 * 1024 * 1024;

/** Whether a state file may lie on this; null where the system does not tell. */
export function judgeFilesystem(found: Filesystem | null): Finding {
  if (found === null) return skipped("state.filesystem", "this system does not tell what the state file is on");
  const detail = `${found.type}, mounted at ${found.mountPoint}`;
  if (found.isRemote) {
    const advice = "Keep the state file on a disk of this machine: over a network, SQLite cannot keep it whole.";
    return failed("state.filesystem", { detail, advice, exitCode: exitCodes.configuration });
  }
  if (found.isFleeting) {
    const advice = "It is gone with this machine or container. Mount a volume, or everything starts again at --from.";
    return warning("state.filesystem", detail, advice);
  }
  return ok("state.filesystem", detail);
}

/** Whether so much free space is enough. */
export function judgeRoom(freeBytes: number): Finding {
  const detail = `${Math.floor(freeBytes / 1024 / 1024)} MiB free`;
  const advice = "Free some space: a tail that cannot write its state delivers nothing.";
  if (freeBytes < freeBytesMin) return failed("state.room", { detail, advice, exitCode: exitCodes.stateUnusable });
  return freeBytes < freeBytesGood ? warning("state.room", detail, advice) : ok("state.room", detail);
}
