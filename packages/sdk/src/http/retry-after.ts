import { answeredAtMs, httpDateMs } from "./http-date.ts";

const dayMs = 24 * 60 * 60 * 1000;

/**
 * How long a `Retry-After` header (RFC 9110 §10.2.3) asks to wait, in milliseconds, or null when it is absent or is
 * neither whole seconds nor an HTTP date. A date counts from the answer's own `Date` header, so that a clock of ours
 * that is wrong by an hour does not make us wait an hour; `nowMs` serves where that header is missing. Never negative,
 * and at most one day, which also keeps it inside what a timer can hold.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const value = headers["retry-after"]?.trim();
  if (value === undefined) return null;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, dayMs);
  const at = httpDateMs(value);
  if (at === null) return null;
  const from = answeredAtMs(headers) ?? nowMs;
  return Math.min(Math.max(at - from, 0), dayMs);
}
