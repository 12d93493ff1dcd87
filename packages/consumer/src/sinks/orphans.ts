import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Runtime } from "@dirsync/sdk";

/** An environment variable that a process carries and everything it starts inherits. */
export interface Mark {
  readonly name: string;
  readonly value: string;
}

const journalMark = (instanceId: string): Mark => ({ name: "DIRSYNC_JOURNAL", value: instanceId });

/** The environment variable that marks every process started for a journal, and is inherited by what those start. */
export function orphanMark(instanceId: string): Record<string, string> {
  const { name, value } = journalMark(instanceId);
  return { [name]: value };
}

/** How long we wait for ended processes to disappear. KILL cannot be refused, so this is only the kernel's own time. */
const goneMs = 2_000;
const lookMs = 10;

/**
 * Ends the processes that a killed predecessor started for this journal and left running, and returns how many there
 * were. Without this the event is delivered again while the orphan still works on it, and the order is broken.
 *
 * Works where /proc exists (Linux); elsewhere it finds nothing.
 */
export async function reapOrphans(instanceId: string, runtime: Runtime): Promise<number> {
  return endAll(journalMark(instanceId), (ms) => runtime.sleep(ms));
}

/**
 * Ends what process `ancestor` started and what carries its mark. Does not find processes of another user, as `sudo`
 * makes them, and nothing where there is no /proc.
 */
export async function endMarked(mark: Mark, ancestor: number): Promise<void> {
  await endAll({ ...mark, ancestor }, (ms) => pause(ms));
}

/** Which processes to look for. */
interface Wanted extends Mark {
  /** All of them began after this one. */
  readonly ancestor?: number;
}

/** Resolves to how many there were, once they are gone. */
async function endAll(wanted: Wanted, sleep: (ms: number) => Promise<unknown>): Promise<number> {
  const found = new Set<number>();
  let running = findProcesses(wanted);
  for (let waitedMs = 0; running.length > 0 && waitedMs < goneMs; waitedMs += lookMs) {
    for (const pid of running) kill(pid);
    for (const pid of running) found.add(pid);
    await sleep(lookMs);
    // Looked for anew: what one of them started in the meantime carries the mark as well.
    running = findProcesses(wanted);
  }
  return found.size;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended between looking and here, or belongs to somebody else by now.
  }
}

function findProcesses({ name, value, ancestor }: Wanted): readonly number[] {
  const text = `\0${name}=${value}\0`;
  const first = ancestor === undefined ? 0 : firstAfter(ancestor);
  return listProcesses().filter((pid) => pid > first && pid !== process.pid && environmentOf(pid).includes(text));
}

/**
 * The pid above which to look. Reading the environment of every process of a busy machine takes longer than the hook
 * that failed; pids are given out in order, and the last field of /proc/loadavg is the latest one (proc(5)).
 */
function firstAfter(ancestor: number): number {
  try {
    const latest = Number(readFileSync("/proc/loadavg", "utf8").trim().split(" ").at(-1));
    // A latest one below it means that they have begun again at the bottom in the meantime.
    return latest >= ancestor ? ancestor : 0;
  } catch {
    return 0;
  }
}

function listProcesses(): readonly number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function environmentOf(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, "latin1")}\0`;
  } catch {
    // Another user's process, or one that has just ended.
    return "";
  }
}
