/**
 * The three spellings of a date that RFC 9110 §5.6.7 asks every recipient to accept: `Sun, 06 Nov 1994 08:49:37 GMT`,
 * `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
 */
const datePattern =
  /^[A-Z][a-z]+(?:, \d{2}([ -])[A-Z][a-z]{2}\1(?:\d{2}){1,2} (?:\d{2}:){2}\d{2} GMT| [A-Z][a-z]{2} [ \d]\d (?:\d{2}:){2}\d{2} \d{4})$/;

/** Milliseconds since the Unix epoch, or null for what is not one of the dates of HTTP. */
export function httpDateMs(value: string): number | null {
  if (!datePattern.test(value)) return null;
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
