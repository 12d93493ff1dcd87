import { badRequest } from "../error.ts";
import { assignedJson, isObject, jsonTypeOf, safeEntries, type JsonObject } from "../json.ts";
import type { AttributeDefinition } from "./definition.ts";

/**
 * Most values in one list. People have a handful of e-mails and, at worst, some hundred entitlements; the limit bounds
 * what a PATCH with many filters can cost.
 */
const listValuesMax = 1000;

/**
 * A value in the form the schema asks for: names in its spelling, at most one primary, unsafe names gone. Undefined
 * when nothing is assigned: null, blank text, an empty list or an object without content.
 *
 * @throws scim_error 400 invalidSyntax when the type is wrong; invalidValue when a list is too long
 */
export function canonicalValue(definition: AttributeDefinition | null, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (definition === null) return assignedJson(value);
  return definition.multiValued ? canonicalList(definition, value) : canonicalSingle(definition, value);
}

/** One element of a list attribute in canonical form; undefined when it says nothing. */
export function canonicalElement(definition: AttributeDefinition | null, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (definition === null) return assignedJson(value);
  const element = canonicalSingle(definition, value);
  return isObject(element) && !saysSomething(element) ? undefined : element;
}

/**
 * The elements of a list in canonical form, of which several may be primary: those that are to be added to others. Which one stays
 * it is known when they are there. Undefined when nothing is assigned.
 *
 * @throws scim_error 400 as `canonicalValue`
 */
export function canonicalElements(definition: AttributeDefinition, value: unknown): readonly unknown[] | undefined {
  if (value === null || value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongType(definition, "list", value);
  assertListLength(definition.name, value.length);
  const elements = value
    .map((element) => canonicalElement(definition, element))
    .filter((element) => element !== undefined);
  return elements.length === 0 ? undefined : elements;
}

/** The list with `primary` left on one element only: on `winner` where given, else on the first that has it. */
export function withOnePrimary(list: readonly unknown[], winner?: unknown): readonly unknown[] {
  const primary = winner ?? list.find(isPrimary);
  if (primary === undefined) return list;
  return list.map((element) => (element !== primary && isPrimary(element) ? { ...element, primary: false } : element));
}

/** True for an element marked as the preferred one. */
export function isPrimary(element: unknown): element is JsonObject {
  return isObject(element) && element["primary"] === true;
}

/** False for an element that names nothing: a type or a flag alone are no e-mail and no telephone. */
export function saysSomething(element: JsonObject): boolean {
  return Object.keys(element).some((name) => name !== "type" && name !== "primary" && name !== "$ref");
}

/** Refuses a list over `listValuesMax`. @throws scim_error 400 invalidValue */
export function assertListLength(name: string, length: number): void {
  if (length > listValuesMax) {
    throw badRequest("invalidValue", `'${name}' has ${length} values; at most ${listValuesMax} are kept.`);
  }
}

function canonicalList(definition: AttributeDefinition, value: unknown): unknown {
  const elements = canonicalElements(definition, value);
  return elements === undefined ? undefined : withOnePrimary(withoutTwins(definition, elements));
}

/**
 * The list without what says again, of the same `type`, what an element before it says: RFC 7643 section 2.4 asks not to return
 * one pair of both twice. The later one adds to the first, as it would if a PATCH had added it.
 */
export function withoutTwins(definition: AttributeDefinition, elements: readonly unknown[]): readonly unknown[] {
  const isExact = definition.byName.get("value")?.caseExact ?? false;
  const places = new Map<string, number>();
  const kept: unknown[] = [];
  for (const element of elements) {
    const pair = isObject(element) ? pairOf(element, isExact) : null;
    const at = pair === null ? undefined : places.get(pair);
    if (at === undefined) {
      if (pair !== null) places.set(pair, kept.length);
      kept.push(element);
    } else {
      kept[at] = { ...(kept[at] as JsonObject), ...(element as JsonObject) };
    }
  }
  return kept;
}

function pairOf({ type, value }: JsonObject, isExact: boolean): string | null {
  if (typeof value !== "string") return null;
  const kind = typeof type === "string" ? type.toLowerCase() : null;
  return JSON.stringify([kind, isExact ? value : value.toLowerCase()]);
}

function canonicalSingle(definition: AttributeDefinition, value: unknown): unknown {
  switch (definition.type) {
    case "complex":
      if (!isObject(value)) throw wrongType(definition, "object", value);
      return canonicalComplex(definition, value);
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(definition, "boolean", value);
      return value;
    case "integer":
      if (!Number.isInteger(value)) throw wrongType(definition, "integer", value);
      return value;
    case "decimal":
      if (typeof value !== "number") throw wrongType(definition, "number", value);
      return value;
    case "string":
    case "dateTime":
    case "reference":
    case "binary":
      if (typeof value !== "string") throw wrongType(definition, "string", value);
      return value.trim() === "" ? undefined : value;
    default:
      return definition.type satisfies never;
  }
}

function canonicalComplex(definition: AttributeDefinition, value: JsonObject): unknown {
  const object: Record<string, unknown> = {};
  for (const [name, item] of safeEntries(value)) {
    const subDefinition = definition.byName.get(name.toLowerCase());
    const canonical = canonicalValue(subDefinition ?? null, item);
    if (canonical !== undefined) object[subDefinition?.name ?? name] = canonical;
  }
  return Object.keys(object).length === 0 ? undefined : object;
}

function wrongType(definition: AttributeDefinition, expected: string, value: unknown): Error {
  return badRequest("invalidSyntax", `'${definition.name}' is expected ${expected}, received ${jsonTypeOf(value)}.`);
}
