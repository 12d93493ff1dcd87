import type { Runtime } from "@dirsync/sdk";
import type { Journal } from "./journal/model.ts";

/** What is forgotten, and when. */
export interface PruneOptions {
  readonly journal: Pick<Journal, "prune" | "sweep">;
  /** How long events that every sink has finished stay, in milliseconds. Default seven days. */
  readonly keptMs: number | undefined;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}

/** Events that every sink has finished are kept this long, for dead letters' context and replay. */
const keptMsDefault = 7 * 24 * 60 * 60 * 1_000;
const pruneEveryMs = 60 * 60 * 1_000;
/** Forgotten in one transaction: more would hold deliveries up for a noticeable time. */
const pruneMax = 5_000;
const pruneRestMs = 100;

/** Forgets old events until aborted. At once too, because a run by cron is over before the hour is. */
export async function pruneNowAndThen(options: PruneOptions): Promise<void> {
  const { runtime, signal } = options;
  while (!signal.aborted) {
    const isDone = await prune(options);
    // The rest lets other work in between two steps.
    await runtime.sleep(isDone ? pruneEveryMs : pruneRestMs, signal).catch(() => undefined);
  }
}

/** One step. Resolves to true when there is no more to forget for now. */
async function prune({ journal, keptMs = keptMsDefault, runtime }: PruneOptions): Promise<boolean> {
  try {
    const count = await journal.prune(runtime.now() - keptMs, pruneMax);
    if (count > 0) runtime.log.info({ count }, "forgot old events that every sink has finished");
    return count < pruneMax && !(await journal.sweep(pruneMax));
  } catch (error) {
    // Keeping events longer than needed is no reason to stop delivering, and what is wrong will stop that by itself.
    runtime.log.warn({ reason: String(error) }, "could not forget old events; will try again");
    return true;
  }
}
