import type { SimEvent } from "./log.ts";
import type { Filter } from "./plan.ts";

/** True when a sink with this filter is to get the event. */
export function isWantedBy(filter: Filter | null, { event, data }: Pick<SimEvent, "event" | "data">): boolean {
  if (filter === null) return true;
  const { nameBegins = "", nameEnds = "", directory } = filter;
  if (!event.startsWith(nameBegins) || !event.endsWith(nameEnds)) return false;
  return directory === undefined || data["directory_id"] === directory;
}
