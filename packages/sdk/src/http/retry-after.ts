const dayMs = 24 * 60 * 60 * 1000;

/** The three spellings of a date that RFC 9110 §5.6.7 asks every recipient to accept. */
const datePatterns = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

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
  const from = httpDateMs(headers["date"]?.trim() ?? "") ?? nowMs;
  return Math.min(Math.max(at - from, 0), dayMs);
}

function httpDateMs(value: string): number | null {
  if (!datePatterns.some((pattern) => pattern.test(value))) return null;
  // The third spelling carries no zone, and Date.parse would read it in ours.
  const ms = Date.parse(value.endsWith("GMT") ? value : `${value} GMT`);
  return Number.isNaN(ms) ? null : ms;
}
