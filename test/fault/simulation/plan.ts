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
  ["poison", "redrive", "forced", "discard", "replay", "replayBefore", "forcedReplay"],
  ["filterFails", "batchHalf"],
].flat();

/** Which events a sink is to get: those of which all that is given is true. */
export interface Filter {
  readonly nameBegins?: string;
  readonly nameEnds?: string;
  readonly directory?: string;
}

/**
 * One event at a time, with side effects that are kept on record, several at once, or inside the transaction of the state
 * file.
 */
export type Manner = "plain" | "effects" | "batches" | "applies";

/** A sink of a simulated life. */
export interface SinkPlan {
  readonly name: string;
  readonly laneBy: LaneBy;
  readonly policy: Policy;
  readonly manner: Manner;
  /** Null when it gets all. */
  readonly filter: Filter | null;
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
  /** In the end a person decides about every dead letter that has something parked behind it. */
  readonly isTidied: boolean;
}

/** Rates of what happens at each step of a process rather than at each request or try. */
const rareFaults: ReadonlySet<string> = new Set(["killBefore", "killAfter", "killInTry", "storageLies"]);
/**
 * What seldom finds anything to happen to, before a life becomes calm: a batch, or a dead letter that a person looks at. These are on
 * where others are off.
 */
const scarceFaults: ReadonlySet<string> = new Set(["batchHalf", "redrive"]);

/** Draws what a seed does. Each fault is on or off for itself, so that every combination comes up (swarm testing). */
export function drawPlan(seed: number, random: Random): Plan {
  const sinks = Array.from({ length: between(random, 1, 3) }, (_, index) => drawSink(`sink${index + 1}`, random));
  const rates = new Map<FaultName, number>();
  for (const name of faultNames) {
    const isOn = random() < (scarceFaults.has(name) ? 0.8 : 0.35);
    if (isOn) rates.set(name, (oneOf(random, [0.05, 0.15, 0.4]) ?? 0) * weightOf(name));
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
    isTidied: random() < 0.5,
  };
}

function weightOf(name: FaultName): number {
  if (rareFaults.has(name)) return 0.06;
  return scarceFaults.has(name) ? 2 : 1;
}

function drawSink(name: string, random: Random): SinkPlan {
  const by = oneOf<LaneBy>(random, ["directory", "directory", "organization", "user", "group", "none"]) ?? "directory";
  const delayFirstMs = between(random, 50, 2_000);
  const policy: Policy = {
    ...defaultPolicy,
    attemptsMax: between(random, 2, 5),
    delayMs: (attempt) => Math.min(delayFirstMs * 2 ** (attempt - 1), 5_000),
    timeoutMs: between(random, 1_000, 5_000),
    onDeadLetter: oneOf<DeadLetterPolicy>(random, ["continue", "continue", "park", "park", "halt"]) ?? "continue",
    concurrency: between(random, 1, 5),
    locks: laneBy[by],
    runMax: random() < 0.5 ? 1 : between(random, 2, 6),
  };
  const manner = oneOf<Manner>(random, ["plain", "effects", "batches", "applies"]) ?? "plain";
  // In runs of one event there are no batches, and such a sink would be a plain one.
  const runMax = manner === "batches" && policy.runMax === 1 ? between(random, 2, 6) : policy.runMax;
  return { name, laneBy: by, policy: { ...policy, runMax }, manner, filter: drawFilter(random) };
}

function drawFilter(random: Random): Filter | null {
  const filters: readonly Filter[] = [
    { nameBegins: "dsync.user." },
    { nameBegins: "dsync.group." },
    { nameEnds: "ed" },
    { nameEnds: ".deleted" },
    { directory: "directory_1" },
    { nameBegins: "dsync.user.", directory: "directory_1" },
  ];
  return random() < 0.4 ? (oneOf(random, filters) ?? null) : null;
}
