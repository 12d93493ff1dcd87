import { isStateFileHeld, type Journal, type ScanStatus } from "@dirsync/consumer";
import type { Runtime } from "@dirsync/sdk";
import type { Progress } from "../ui/progress.ts";
import { watchScan } from "./scans.ts";

/** What is watched, and who is told. */
export interface HeldWatch {
  readonly journal: Journal;
  /** Of the state file. */
  readonly path: string;
  readonly runtime: Runtime;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Whoever looks after a tail starts it again well within this. */
const absentMsMax = 60_000;
const lookMs = 1_000;

/**
 * Watches a scan that a tail makes, as `watchScan` does, and no longer than there is a tail to make it: once nobody has held the state
 * file for a minute, it says so and resolves to where the scan stands. Whoever asks by cron would wait for ever.
 */
export async function watchWhileHeld(id: string, watch: HeldWatch): Promise<ScanStatus> {
  const { journal, path, runtime, progress } = watch;
  const over = new AbortController();
  const signal = AbortSignal.any([watch.signal, over.signal]);
  const watching = watchScan(journal, id, { runtime, progress, signal });
  const abandoned = isAbandoned(path, runtime, signal);
  try {
    if (await Promise.race([watching.then(() => false), abandoned])) {
      const message = "no tail runs any more; the scan goes on when one is started, or when this command is";
      runtime.log.warn({ scan: id, state: path }, message);
      over.abort();
    }
    return await watching;
  } finally {
    over.abort();
    await abandoned.catch(() => false);
  }
}

/** Resolves to true once nobody has held the state file for so long, and to false when `signal` is aborted before. */
async function isAbandoned(path: string, runtime: Runtime, signal: AbortSignal): Promise<boolean> {
  let heldAtMs = runtime.now();
  while (!signal.aborted) {
    if (await isStateFileHeld(path)) heldAtMs = runtime.now();
    else if (runtime.now() - heldAtMs >= absentMsMax) return true;
    await runtime.sleep(lookMs, signal).catch(() => undefined);
  }
  return false;
}
