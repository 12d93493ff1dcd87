import { timestampMs } from "@dirsync/sdk";

/** An ISO 8601 date or time in epoch milliseconds, rounded down; null for anything else. A date alone is its midnight in UTC. */
export function parseIsoTime(text: string): number | null {
  const isDate = /^\d{4}-\d{2}-\d{2}$/u.test(text);
  const timeMs = timestampMs(isDate ? `${text}T00:00` : text);
  return isDay(text.slice(0, 10)) ? timeMs : null;
}

/** Date.parse takes the 30th of February and means the 2nd of March. */
function isDay(date: string): boolean {
  const dayMs = Date.parse(`${date}T00:00Z`);
  return !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(date);
}
