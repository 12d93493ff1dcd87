import { isKnownEventName, knownEventNames, subscribableEventNames } from "@dirsync/sdk";
import type { EventFilter } from "../store/model.ts";

type Names = readonly [string, ...string[]];

const [all, usual] = [new Set<string>(knownEventNames), new Set<string>(subscribableEventNames)];
const unusual = [...all].filter((name) => !usual.has(name));

/** Those of the names that can be in this log; where none can, one that finds nothing. */
export function namesOfLog([first, ...others]: Names): Names {
  const [known, ...more] = [first, ...others].filter(isKnownEventName);
  return known === undefined ? [first] : [known, ...more];
}

/**
 * What to read from the log for readers of these names. Most ask for all that can be subscribed to: then the log is walked
 * as it lies, and the few events of other names are passed over.
 */
export function filterOfNames(names: Names): EventFilter {
  const asked = new Set<string>(names);
  if (![...usual].every((name) => asked.has(name))) return { names };
  const left = unusual.filter((name) => !asked.has(name));
  if (left.length === 0) return { names: [] };
  return left.length === unusual.length ? { names: [], except: left } : { names };
}
