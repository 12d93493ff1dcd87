import type { Violation } from "./checker.ts";
import type { HistoryRecord } from "./history.ts";

/** Most violations that are explained: the first ones say what the others follow from. */
const explainedMax = 5;

/**
 * What a history has about the events its violations name, with kills and starts: what a failed run leaves to read. Empty when
 * there is no violation.
 */
export function explain(violations: readonly Violation[], history: readonly HistoryRecord[]): string {
  if (violations.length === 0) return "";
  const first = violations.slice(0, explainedMax);
  const ids = new Set(first.flatMap(({ message }) => message.match(/event_\w+/gu) ?? []));
  const places = history.flatMap((record, place) => ("id" in record && ids.has(record.id) ? [place] : []));
  const from = Math.min(...places);
  const to = Math.max(...places);
  const lines = history.flatMap((record, place) => {
    const isAbout = "id" in record ? ids.has(record.id) : place >= from && place <= to;
    return isAbout ? [`${place} ${JSON.stringify({ ...record, event: undefined })}`] : [];
  });
  return [...first.map(({ rule, message }) => `${rule}: ${message}`), ...lines].join("\n");
}
