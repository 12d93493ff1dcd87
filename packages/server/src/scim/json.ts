import { jsonDepthMax } from "../http/limits.ts";
import { badRequest } from "./error.ts";

/** A JSON object as it comes from outside. Read it only through own properties. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Most names in one object. Users have some forty attributes; the limit bounds what looking names up can cost. */
const jsonNamesMax = 250;

/** True for a JSON object: neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * True for a name that every object already answers to, such as `__proto__`, `constructor` or `toString`. Reading or
 * writing one would reach Object.prototype, so bodies lose them and paths with them are refused.
 */
export function isInheritedName(name: string): boolean {
  return name === "prototype" || name in Object.prototype;
}

/** The entries of an object without the inherited names. */
export function safeEntries(object: JsonObject): [string, unknown][] {
  return Object.entries(object).filter(([name]) => !isInheritedName(name));
}

/** The value of an own property whose name matches in any letter case; undefined when there is none. */
export function ownValue(object: JsonObject, name: string): unknown {
  const key = ownKey(object, name);
  return key === undefined ? undefined : object[key];
}

/** The spelling under which an object has this name; undefined when it has none. */
export function ownKey(object: JsonObject, name: string): string | undefined {
  if (Object.hasOwn(object, name)) return name;
  const folded = name.toLowerCase();
  return Object.keys(object).find((key) => key.length === name.length && key.toLowerCase() === folded);
}

/** Refuses JSON over `jsonDepthMax` or `jsonNamesMax`. @throws scim_error 400 invalidSyntax */
export function assertShape(value: unknown): void {
  assertWithin(value, jsonDepthMax);
}

/**
 * A copy without inherited names, nulls, blank strings and empty lists or objects: all of these mean "not assigned"
 * (RFC 7643 section 2.5, and the empty strings of identity providers). Undefined when nothing is left.
 */
export function assignedJson(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  if (Array.isArray(value)) {
    const items = value.map(assignedJson).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  if (!isObject(value)) return value;
  const object: Record<string, unknown> = {};
  for (const [name, item] of safeEntries(value)) {
    const assigned = assignedJson(item);
    if (assigned !== undefined) object[name] = assigned;
  }
  return Object.keys(object).length === 0 ? undefined : object;
}

/** The word for a value's JSON type, for messages that must not repeat the value. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

/** True when two JSON values are the same, whatever the order of their keys. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameJson(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]))
  );
}

function assertWithin(value: unknown, levelsLeft: number): void {
  if (typeof value !== "object" || value === null) return;
  if (levelsLeft === 0) {
    throw badRequest("invalidSyntax", `The document nests deeper than ${jsonDepthMax} levels. Send a flatter one.`);
  }
  const items = Object.values(value);
  if (!Array.isArray(value) && items.length > jsonNamesMax) {
    throw badRequest("invalidSyntax", `An object has ${items.length} attributes; at most ${jsonNamesMax} are taken.`);
  }
  for (const item of items) assertWithin(item, levelsLeft - 1);
}
