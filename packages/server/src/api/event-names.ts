import { eventDataSchemas, subscribableEventNames } from "@dirsync/sdk";

/** Names the `events` filter takes: those of directory sync. Any other name refuses the whole request. */
export const filterableEventNames: ReadonlySet<string> = new Set(Object.keys(eventDataSchemas));

/** The names to look for; none when these are all that this log ever holds, which is what most readers ask for. */
export function narrowed(names: ReadonlySet<string>): string[] {
  return subscribableEventNames.every((name) => names.has(name)) ? [] : [...names];
}
