/** Which events a sink is given. What it does not want counts as finished: the log moves on without it. */
import type { DirectoryEvent } from "@dirsync/sdk";
import type { Condition } from "../settings/condition.ts";
import { globPattern } from "../settings/glob.ts";

/** A sink's filters. All that are given must hold. */
export interface Filters {
  /** Names of events; a `*` stands for any text. */
  readonly events?: readonly string[] | undefined;
  /** Ids of directories. */
  readonly directory?: readonly string[] | undefined;
  readonly where?: readonly Condition[] | undefined;
}

/** Whether an event is wanted; undefined when every event is. */
export function wantsOf({ events, directory, where }: Filters): ((event: DirectoryEvent) => boolean) | undefined {
  const tests: ((event: DirectoryEvent) => boolean)[] = [];
  if (events !== undefined) {
    const names = events.map(globPattern);
    tests.push(({ event }) => names.some((name) => name.test(event)));
  }
  if (directory !== undefined) {
    const ids = new Set<unknown>(directory);
    tests.push((event) => ids.has(directoryIdOf(event)));
  }
  if (where !== undefined) tests.push(...where.map(testOf));
  return tests.length === 0 ? undefined : (event) => tests.every((test) => test(event));
}

/** An event about a directory names it by its own id. */
function directoryIdOf({ event, data }: DirectoryEvent): unknown {
  const isOwn = event === "dsync.activated" || event === "dsync.deleted";
  return isOwn ? data["id"] : data["directory_id"];
}

function testOf({ path, operator, value }: Condition): (event: DirectoryEvent) => boolean {
  const pattern = operator.endsWith("~") ? globPattern(value) : null;
  const isMatch = (found: string): boolean => (pattern === null ? found === value : pattern.test(found));
  const isWanted = !operator.startsWith("!");
  return (event) => valuesAt(event, path).some(isMatch) === isWanted;
}

/** The values below a path, as text. A list on the way means each of its entries. */
function valuesAt(value: unknown, path: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((entry: unknown) => valuesAt(entry, path));
  const [key, ...rest] = path;
  if (key === undefined) return typeof value === "object" && value !== null ? [] : [String(value)];
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return [];
  return valuesAt((value as Readonly<Record<string, unknown>>)[key], rest);
}
