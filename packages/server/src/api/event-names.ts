import { eventDataSchemas, subscribableEventNames } from "@dirsync/sdk";

/** Names the `events` filter takes: those of directory sync. Any other name refuses the whole request. */
export const filterableEventNames: ReadonlySet<string> = new Set(Object.keys(eventDataSchemas));

/** True when these are all the names that this log ever holds, which is what most readers ask for. */
export function isEveryName(names: readonly string[]): boolean {
  return subscribableEventNames.every((name) => names.includes(name));
}
