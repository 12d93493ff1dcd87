import { laneBy } from "./locks.ts";
import type { Failure, Outcome, Policy } from "./model.ts";

/** Waits double from one second and stop growing at one minute. */
export const doublingToOneMinute = (attempt: number): number => Math.min(1_000 * 2 ** (attempt - 1), 60_000);

/**
 * For handlers that write to the app's own database: twelve tries over about six minutes, one directory at a time in
 * strict order, and a poison event never keeps a later leaver waiting for ever.
 */
export const defaultPolicy: Policy = {
  attemptsMax: 12,
  delayMs: doublingToOneMinute,
  timeoutMs: 30_000,
  onDeadLetter: "continue",
  // More than two processes at once gain nothing on a small machine, and in-process handlers share one thread anyway;
  // this bounds what may be delivered twice after a crash.
  concurrency: 16,
  locks: laneBy.directory,
  // A crash never takes a lane back by more than the event that was in flight. More would be faster, and would bring a
  // leaver's account back for as long as it takes to come to the deletion once more.
  runMax: 1,
};

/** A try that failed, and what the decision about it depends on. */
export interface FailedTry {
  readonly seq: number;
  /** 1 for the first try. */
  readonly number: number;
  readonly failure: Failure;
  /** False when the sink is down for every event, so that the failure says nothing about this one. */
  readonly isCharged: boolean;
  readonly nowMs: number;
  /** In [0, 1), for jitter. */
  readonly random: number;
}

/** What becomes of an event whose try failed. */
export function outcomeOf({ seq, number, failure, isCharged, nowMs, random }: FailedTry, policy: Policy): Outcome {
  const isSpent = failure.verdict === "retry" && isCharged && number >= policy.attemptsMax;
  if (failure.verdict === "dead" || isSpent) return { seq, result: "dead", failure };
  // A sink that halts says that it is at fault and not the event.
  const counts = isCharged && failure.verdict !== "halt";
  return {
    seq,
    result: "retry",
    failure,
    nextAtMs: nowMs + Math.max(withJitter(policy.delayMs(number), random), askedMs(failure, random)),
    attempts: counts ? number : number - 1,
  };
}

/**
 * A receiver that says when it can take more is believed, up to a limit: one that says "next year" must not keep a leaver
 * waiting until then. Up to a fifth more, so that all who were told the same do not come back at once.
 */
const askedMsMax = 15 * 60 * 1_000;

/** The longest that an event waits for its next try. The last try has the longest delay before it. */
export function longestWaitMs({ attemptsMax, delayMs }: Policy): number {
  return Math.max(delayMs(attemptsMax), askedMsMax * 1.2);
}

function askedMs({ retryAfterMs = 0 }: Failure, random: number): number {
  return Math.round(Math.min(retryAfterMs, askedMsMax) * (1 + random / 5));
}

/** Between half and the whole of the delay, so that lanes that failed together do not come back together. */
export function withJitter(delayMs: number, random: number): number {
  return Math.round(delayMs * (0.5 + random / 2));
}
