import type { UnknownType } from "@dirsync/consumer";
import { isoOf } from "./gaps.ts";

/** Named at once; the JSON has them all. */
const namedMax = 3;

/** Types of events that this version does not know, for people; null where there are none. */
export function tellUnknownTypes(types: readonly UnknownType[]): string | null {
  if (types.length === 0) return null;
  const count = types.reduce((sum, each) => sum + each.count, 0);
  const names = types.slice(0, namedMax).map(({ type }) => (type === "*" ? "others" : type));
  const more = types.length > namedMax ? ` and ${types.length - namedMax} more` : "";
  const events = count === 1 ? "1 event of a type" : `${count} events of types`;
  return `${events} that this version does not know: ${names.join(", ")}${more}; sinks do with them what onUnknownEvent says`;
}

/** One of them as JSON output has it. */
export function unknownTypeToJson({ type, count, firstAtMs, lastEventId, lastAtMs }: UnknownType): object {
  return { type, count, first_at: isoOf(firstAtMs), last_event_id: lastEventId, last_at: isoOf(lastAtMs) };
}
