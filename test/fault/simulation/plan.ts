/** What one seed does: how much there is to deliver, to whom, and which faults come how often. */
import { type DeadLetterPolicy, defaultPolicy, laneBy, type LaneBy, type Policy } from "@dirsync/consumer";
import { between, oneOf, type Random } from "../../support/random.ts";

/** The name of a fault. */
export type FaultName = string;

/** Everything that can go wrong, one line for each place it comes from. */
export const faultNames: readonly FaultName[] = [
  ["refused", "timeout", "cut", "tls", "serverError", "busyService", "keyRefused", "clientError", "redirect"],
  ["html", "truncated", "wrongTypes", "noId", "hugeId", "deep", "emptyPages", "repeated", "twice", "descending"],
  ["restarted", "circle", "endLie", "slowAnswer"],
  ["storageBusy", "storageFull", "storageLies", "slowStorage"],
  ["killBefore", "killAfter", "killInTry", "pause", "takeover", "drain", "secondHolder", "clockJump"],
  ["tryFails", "tryDead", "tryHalts", "tryHangs", "tryAmbiguous", "trySlow", "tryThrows", "tryLater", "sinkDown"],
  ["poison", "redrive", "forced", "discard"],
].flat();

/** A sink of a simulated life. */
export interface SinkPlan {
  readonly name: string;
  readonly laneBy: LaneBy;
  readonly policy: Policy;
}

/** What one seed does. */
export interface Plan {
  readonly seed: number;
  readonly events: number;
  readonly directories: number;
  /** Events of one page. */
  readonly pageSize: number;
  readonly pollMs: number;
  readonly drainTimeoutMs: number;
  readonly sinks: readonly SinkPlan[];
  /** How likely a fault is each time it could happen; one that is not here never happens. */
  readonly rates: ReadonlyMap<FaultName, number>;
  /** A sink that stays down for some time after everything else has become calm; the others must not wait for it. */
  readonly lameSink: string | null;
}

/** Rates of what happens at each step of a process rather than at each request or try. */
const rareFaults: ReadonlySet<string> = new Set(["killBefore", "killAfter", "killInTry", "storageLies"]);

/** Draws what a seed does. Each fault is on or off for itself, so that every combination comes up (swarm testing). */
export function drawPlan(seed: number, random: Random): Plan {
  const sinks = Array.from({ length: between(random, 1, 3) }, (_, index) => drawSink(`sink${index + 1}`, random));
  const rates = new Map<FaultName, number>();
  for (const name of faultNames) {
    if (random() < 0.35) rates.set(name, (oneOf(random, [0.05, 0.15, 0.4]) ?? 0) * (rareFaults.has(name) ? 0.06 : 1));
  }
  return {
    seed,
    events: between(random, 6, 24),
    directories: between(random, 1, 4),
    pageSize: between(random, 1, 12),
    pollMs: between(random, 500, 2_000),
    drainTimeoutMs: between(random, 500, 10_000),
    sinks,
    rates,
    lameSink: sinks.length > 1 && random() < 0.5 ? (sinks[0]?.name ?? null) : null,
  };
}

function drawSink(name: string, random: Random): SinkPlan {
  const by = oneOf<LaneBy>(random, ["directory", "directory", "organization", "none"]) ?? "directory";
  const delayFirstMs = between(random, 50, 2_000);
  const policy: Policy = {
    ...defaultPolicy,
    attemptsMax: between(random, 2, 5),
    delayMs: (attempt) => Math.min(delayFirstMs * 2 ** (attempt - 1), 5_000),
    timeoutMs: between(random, 1_000, 5_000),
    onDeadLetter: oneOf<DeadLetterPolicy>(random, ["continue", "continue", "halt"]) ?? "continue",
    concurrency: between(random, 1, 5),
    locks: laneBy[by],
  };
  return { name, laneBy: by, policy };
}
