import { subscribableEventNames } from "@dirsync/sdk";

/** True when these are all the names that this log ever holds, which is what most readers ask for. */
export function isEveryName(names: readonly string[]): boolean {
  return subscribableEventNames.every((name) => names.includes(name));
}
