import { readdirSync, readFileSync } from "node:fs";
import type { Runtime } from "@dirsync/sdk";

const markName = "DIRSYNC_JOURNAL";

/** The environment variable that marks every process started for a journal, and is inherited by what those start. */
export function orphanMark(instanceId: string): Record<string, string> {
  return { [markName]: instanceId };
}

/** How long we wait for ended orphans to disappear. KILL cannot be refused, so this is only the kernel's own time. */
const goneMs = 2_000;
const lookMs = 20;

/**
 * Ends the processes that a killed predecessor started for this journal and left running, and returns how many there
 * were. Without this the event is delivered again while the orphan still works on it, and the order is broken.
 *
 * Works where /proc exists (Linux); elsewhere it finds nothing.
 */
export async function reapOrphans(instanceId: string, runtime: Runtime): Promise<number> {
  const orphans = findOrphans(instanceId);
  for (const pid of orphans) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended between looking and here.
    }
  }
  for (let waitedMs = 0; waitedMs < goneMs && findOrphans(instanceId).length > 0; waitedMs += lookMs) {
    await runtime.sleep(lookMs);
  }
  return orphans.length;
}

function findOrphans(instanceId: string): readonly number[] {
  const mark = `${markName}=${instanceId}`;
  return listProcesses().filter((pid) => pid !== process.pid && environmentOf(pid).includes(mark));
}

function listProcesses(): readonly number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    // Another user's process, or one that has just ended.
    return [];
  }
}
