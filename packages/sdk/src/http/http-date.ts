/** The three spellings of a date that RFC 9110 §5.6.7 asks every recipient to accept. */
const datePatterns = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

/** Milliseconds since the Unix epoch, or null for what is not one of the dates of HTTP. */
export function httpDateMs(value: string): number | null {
  if (!datePatterns.some((pattern) => pattern.test(value))) return null;
  // The third spelling carries no zone, and Date.parse would read it in ours.
  const ms = Date.parse(value.endsWith("GMT") ? value : `${value} GMT`);
  return Number.isNaN(ms) ? null : ms;
}

/**
 * When the service sent an answer, by its own clock, in whole seconds rounded down: its `Date` header (RFC 9110 §6.6.1).
 * Null where it does not tell.
 */
export function answeredAtMs(headers: Readonly<Record<string, string>>): number | null {
  return httpDateMs(headers["date"]?.trim() ?? "");
}
