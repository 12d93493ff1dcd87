import { type DirsyncError, isDirsyncError } from "@dirsync/sdk";
import { withJitter } from "../policy.ts";

/** Wait after an error that passes by itself. */
const backoffMsMin = 500;
const backoffMsMax = 60_000;

/** Wait after an error that a person must mend: asking often helps nobody and may lock the key out. */
const attendedBackoffMsMin = 5_000;
const attendedBackoffMsMax = 300_000;

/** Nobody puts a certificate right within seconds, and each look at it is a failed handshake in somebody's log. */
const certificateBackoffMsMin = 60_000;

/** A service that asks us to stay away for longer than this is asked again anyway. */
const retryAfterMsMax = 15 * 60_000;

/** How long to wait after `failures` errors in a row: never less than the service asked for, nor all consumers at once. */
export function backoffMs(error: unknown, failures: number, random: number): number {
  const doubled = 2 ** (failures - 1);
  const leastMs = Math.max(askedMs(error), attendedMs(error, doubled));
  const ownMs = withJitter(Math.min(backoffMsMin * doubled, backoffMsMax), random);
  return Math.max(ownMs, Math.round(leastMs * (1 + random / 5)));
}

/** How long an error is left alone that a person must mend. */
function attendedMs(error: unknown, doubled: number): number {
  if (!isDirsyncError(error) || error.retryable) return 0;
  const leastMs = error.code === "tls" ? certificateBackoffMsMin : attendedBackoffMsMin;
  return Math.max(leastMs, Math.min(attendedBackoffMsMin * doubled, attendedBackoffMsMax));
}

/** True for an error that a person can mend while we wait: a key, an address, a certificate, the service itself. */
export function isMendable(error: DirsyncError): boolean {
  return "status" in error || mendableCodes.has(error.code);
}

/** What is said of the key or of the request itself: a configuration that has been changed since may be wrong. */
const refusalStatuses: ReadonlySet<unknown> = new Set([400, 401, 403, 422]);

/** True for any other answer (a redirect, a 404, a proxy's 407): where the address is known to be right, something stands in between. */
export function isInTheWay(error: DirsyncError): boolean {
  return "status" in error && !refusalStatuses.has(error.status);
}

const mendableCodes: ReadonlySet<string> = new Set(["tls", "headers_too_large", "unknown_log"]);

/** How long the service asked to be left alone, as far as that is heeded. By property: the client may be another copy's. */
export function askedMs(error: unknown): number {
  if (!isDirsyncError(error) || !("retryAfterMs" in error) || typeof error.retryAfterMs !== "number") return 0;
  return Math.min(error.retryAfterMs, retryAfterMsMax);
}
