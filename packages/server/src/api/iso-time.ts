const isoTime =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?<zone>Z|[+-]\d{2}:\d{2})?)?$/u;

/**
 * An ISO 8601 date or time in epoch milliseconds, rounded down; null for anything else. Without a zone it is UTC, as
 * times of the service are (contract.md section 2.8), a date alone is its midnight, and a space may stand for the `T`:
 * fixtures of the service have `2023-04-28 20:05:31.093`.
 */
export function parseIsoTime(text: string): number | null {
  const groups = isoTime.exec(text)?.groups;
  if (groups === undefined) return null;
  const { date = "", time = "00:00", zone = "Z" } = groups;
  // Put together with a zone: Date.parse reads a time without one in the zone of the machine.
  const timeMs = Date.parse(`${date}T${time}${zone}`);
  return isDay(date) && !Number.isNaN(timeMs) ? timeMs : null;
}

/** Date.parse takes the 30th of February and means the 2nd of March. */
function isDay(date: string): boolean {
  const dayMs = Date.parse(`${date}T00:00Z`);
  return !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(date);
}
