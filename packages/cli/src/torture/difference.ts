import type { Difference } from "./model.ts";

/** What a record is known by in a snapshot, likeliest first. */
const identities = ["id", "key", "user_id", "userId", "group_id", "groupId", "directory_id", "email", "name"];

/**
 * Differences between two JSON values, by path. Arrays are compared as bags: rows of a database come in any order.
 * Records of an array that have the same id, or the like, are compared with each other.
 */
export function differences(expected: unknown, actual: unknown, path = "$"): readonly Difference[] {
  if (canonical(expected) === canonical(actual)) return [];
  if (Array.isArray(expected) && Array.isArray(actual)) return inArrays(expected, actual, path);
  if (isRecord(expected) && isRecord(actual)) return inRecords(expected, actual, path);
  return [{ path, kind: "changed", expected, actual }];
}

/** A JSON value as text that is the same for values that count as equal. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? "null";
  const fields = Object.keys(value).sort();
  return `{${fields.map((field) => `${JSON.stringify(field)}:${canonical(value[field])}`).join(",")}}`;
}

function inRecords(
  expected: Readonly<Record<string, unknown>>,
  actual: Readonly<Record<string, unknown>>,
  path: string,
): readonly Difference[] {
  const fields = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort();
  return fields.flatMap((field): readonly Difference[] => {
    const own = /^\w+$/.test(field) ? `${path}.${field}` : `${path}[${JSON.stringify(field)}]`;
    if (!Object.hasOwn(actual, field)) return [missing(own, expected[field])];
    if (!Object.hasOwn(expected, field)) return [extra(own, actual[field])];
    return differences(expected[field], actual[field], own);
  });
}

function inArrays(expected: readonly unknown[], actual: readonly unknown[], path: string): readonly Difference[] {
  const absent = without(expected, actual);
  const found = without(actual, expected);
  const pairs: Difference[] = [];
  for (const one of without(expected, actual)) {
    const name = nameOf(one);
    const index = name === null ? -1 : found.findIndex((other) => nameOf(other) === name);
    // Two that are there twice cannot be told apart, and one too many is what matters.
    if (index < 0 || isTwice(name, found) || isTwice(name, absent)) continue;
    pairs.push(...differences(one, found[index], `${path}[${String(name)}]`));
    found.splice(index, 1);
    absent.splice(absent.indexOf(one), 1);
  }
  return [
    ...pairs,
    ...absent.map((value) => missing(`${path}[]`, value)),
    ...found.map((value) => extra(`${path}[]`, value)),
  ];
}

/** What is in `values` more often than in `others`. */
function without(values: readonly unknown[], others: readonly unknown[]): unknown[] {
  const rest = others.map(canonical);
  return values.filter((value) => {
    const index = rest.indexOf(canonical(value));
    if (index < 0) return true;
    rest.splice(index, 1);
    return false;
  });
}

function isTwice(name: string | null, values: readonly unknown[]): boolean {
  return values.filter((value) => nameOf(value) === name).length > 1;
}

function nameOf(value: unknown): string | null {
  if (!isRecord(value)) return null;
  const field = identities.find((name) => typeof value[name] === "string" || typeof value[name] === "number");
  return field === undefined ? null : `${field}=${String(value[field])}`;
}

function missing(path: string, expected: unknown): Difference {
  return { path, kind: "missing", expected, actual: undefined };
}

function extra(path: string, actual: unknown): Difference {
  return { path, kind: "extra", expected: undefined, actual };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
