import type { Runtime } from "@dirsync/sdk";

/** Long enough for a slow network; without an answer our own clock has to do. */
const timeoutMs = 5_000;

/**
 * The service's time in epoch milliseconds, from the Date header of whatever it answers (RFC 9110 section 6.6.1; whole
 * seconds, rounded down). Events carry the service's time, so "now" by a clock of ours that is ahead would leave a
 * gap. Falls back to our own clock, with a warning.
 */
export async function serviceNowMs(baseUrl: string, { now, log }: Runtime): Promise<number> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await fetch(baseUrl, { method: "HEAD", redirect: "manual", signal });
    const theirMs = Date.parse(answer.headers.get("date") ?? "");
    if (!Number.isNaN(theirMs)) return Math.min(theirMs, now());
  } catch {
    // Not reachable: said below, and again by whoever reads the log.
  }
  log.warn({ source: baseUrl }, "the service does not tell its time; --from now goes by the clock of this machine");
  return now();
}
