import { defaultPolicy, laneBy, type Policy } from "@dirsync/consumer";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * The schedule that Standard Webhooks 1.0 recommends: at once, and then after these times. Together about three days,
 * as long as the service itself goes on trying. Up to half of each is taken off at random, so that what failed together
 * does not come back together.
 */
export const delaysMsDefault: readonly number[] = [
  5_000,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
];

/** An endpoint that has taken nothing for this long, and was tried, is disabled. */
export const failingMsMax = 5 * 24 * hourMs;

/** Longest that a receiver may take to answer. */
const timeoutMs = 15_000;

/** Requests to one endpoint at once. */
export const requestsMax = 8;

/** How one endpoint is delivered to. Events are not ordered, as the service does not promise it either. */
export function policyOf(delaysMs: readonly number[]): Policy {
  const last = delaysMs.at(-1) ?? 0;
  return {
    ...defaultPolicy,
    attemptsMax: delaysMs.length + 1,
    delayMs: (attempt) => delaysMs[attempt - 1] ?? last,
    timeoutMs,
    onDeadLetter: "continue",
    concurrency: requestsMax,
    locks: laneBy.none,
    runMax: 1,
  };
}
