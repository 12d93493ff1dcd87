import { resolvePath, type AttributePath, type ResolvedPath } from "../schema/attribute-path.ts";
import { badRequest } from "../error.ts";
import type { CompareOperator, Filter, FilterLeaf, Literal } from "./parse.ts";
import { isObject, ownValue, type JsonObject } from "../json.ts";
import { nameOf } from "../model.ts";
import type { ResourceType, ScimResource } from "../model.ts";
import type { AttributeDefinition } from "../schema/definition.ts";
import { enterpriseUserUrn } from "../schema/schemas.ts";

/** A resource as a filter sees it. Add `id`, `meta`, and `groups` or `members` where you have them. */
export type FilterableResource = ScimResource & { readonly id?: string; readonly meta?: JsonObject };

/** True when the resource meets the filter; see `compileFilter`, which is faster for many resources. */
export function matches(filter: Filter, resource: FilterableResource, type: ResourceType): boolean {
  return compileFilter(filter, type)(resource);
}

/**
 * The filter as a test for resources of one type.
 *
 * Values are compared in the letter case rules of the schema. A list meets a comparison when one of its values does,
 * and a list of complex values means their `value`. `ne` is exactly the opposite of `eq`, so it also holds where the
 * attribute is not assigned. `null` without quotes means "not assigned". A user without `active` is active.
 *
 * `leafTest` answers for parts of the filter about what is not in the resource.
 *
 * @throws scim_error 400 invalidFilter for an order on a boolean (RFC 7644 section 3.4.2.2)
 */
export function compileFilter(
  filter: Filter,
  type: ResourceType,
  leafTest: LeafTest = () => null,
): (resource: FilterableResource) => boolean {
  const readerOf = (path: AttributePath): Reader => {
    const { schema, attribute, sub, definition, subDefinition } = meantBy(path, type);
    const isWithoutUrn = schema !== path.schema;
    return {
      definition: sub === null ? definition : subDefinition,
      elementDefinition: definition,
      read: (resource) => {
        const own = isWithoutUrn && attribute !== null ? ownValue(resource, attribute) : undefined;
        const holder = schema === null ? resource : ownValue(resource, schema);
        const value = own ?? (isObject(holder) && attribute !== null ? ownValue(holder, attribute) : undefined);
        if (value === undefined && definition?.name === "active" && nameOf(type) === "User") return [true];
        return valuesOf(value, sub);
      },
    };
  };
  return testOf(filter, readerOf, leafTest);
}

/**
 * What a filter on users names: an attribute of the enterprise extension also without its URN, unless the core schema has one of
 * that name. Entra asks `id eq … and manager eq …` before it writes a manager (Microsoft's documentation of its SCIM client).
 */
function meantBy(path: AttributePath, type: ResourceType): ResolvedPath {
  const resolved = resolvePath(type, path);
  if (path.schema !== null || resolved.definition !== null || nameOf(type) !== "User") return resolved;
  const extended = resolvePath(type, { ...path, schema: enterpriseUserUrn });
  return extended.definition === null ? resolved : extended;
}

/**
 * The filter inside brackets, as a test for one element of the list that `definition` describes. An element that is
 * not an object is its own `value`.
 */
export function compileElementFilter(
  filter: Filter,
  definition: AttributeDefinition | null,
): (element: unknown) => boolean {
  const test = testOf(filter, (path) => {
    const name = path.sub ?? path.attribute ?? "value";
    const subDefinition = definition?.byName.get(name.toLowerCase()) ?? null;
    return {
      definition: subDefinition,
      elementDefinition: subDefinition,
      read: (element) => valuesOf(ownValue(element, subDefinition?.name ?? name), null),
    };
  });
  return (element) => test(isObject(element) ? element : { value: element });
}

interface Reader {
  readonly definition: AttributeDefinition | null;
  /** Describes the elements of the list the path names, for a filter in brackets. */
  readonly elementDefinition: AttributeDefinition | null;
  readonly read: (object: JsonObject) => readonly unknown[];
}

type Test = (object: JsonObject) => boolean;

/** The test for a part of a filter that is about one attribute; null for the usual one. */
export type LeafTest = (leaf: FilterLeaf) => Test | null;

function testOf(filter: Filter, readerOf: (path: AttributePath) => Reader, leafTest: LeafTest = () => null): Test {
  switch (filter.kind) {
    case "and": {
      const tests = filter.terms.map((term) => testOf(term, readerOf, leafTest));
      return (object) => tests.every((test) => test(object));
    }
    case "or": {
      const tests = filter.terms.map((term) => testOf(term, readerOf, leafTest));
      return (object) => tests.some((test) => test(object));
    }
    case "not": {
      const test = testOf(filter.term, readerOf, leafTest);
      return (object) => !test(object);
    }
    case "present":
    case "compare":
    case "element":
      return leafTest(filter) ?? leafTestOf(filter, readerOf);
    default:
      return filter satisfies never;
  }
}

function leafTestOf(filter: FilterLeaf, readerOf: (path: AttributePath) => Reader): Test {
  switch (filter.kind) {
    case "present": {
      const { read } = readerOf(filter.path);
      return (object) => read(object).some(isAssigned);
    }
    case "compare":
      return comparisonTest(readerOf(filter.path), filter.operator, filter.literal);
    case "element": {
      const { read, elementDefinition } = readerOf({ ...filter.path, sub: null });
      const where = compileElementFilter(filter.where, elementDefinition);
      const also = filter.also === null ? () => true : compileElementFilter(filter.also, elementDefinition);
      return (object) => read(object).some((element) => where(element) && also(element));
    }
    default:
      return filter satisfies never;
  }
}

function comparisonTest(reader: Reader, operator: CompareOperator, literal: Literal): Test {
  const { read } = reader;
  if (!literal.isQuoted && literal.text.toLowerCase() === "null") {
    const wantsAssigned = operator === "ne";
    return (object) => read(object).some(isAssigned) === wantsAssigned;
  }
  const definition = implicitDefinition(reader.definition);
  if (definition?.type === "boolean" && isOrder(operator)) {
    throw badRequest("invalidFilter", `'${definition.name}' is a boolean and has no order; compare it with eq or ne.`);
  }
  const compare = comparatorOf(definition, literal.text);
  const expected = operator === "ne" ? "eq" : operator;
  const test: Test = (object) => read(object).some((value) => compare(implicitValue(value), expected));
  return operator === "ne" ? (object) => !test(object) : test;
}

/** `emails eq "x"` means the `value` of an e-mail (RFC 7643 section 2.4). */
function implicitDefinition(definition: AttributeDefinition | null): AttributeDefinition | null {
  return definition?.type === "complex" ? (definition.byName.get("value") ?? null) : definition;
}

function implicitValue(value: unknown): unknown {
  return isObject(value) ? ownValue(value, "value") : value;
}

type Comparator = (value: unknown, operator: CompareOperator) => boolean;

function comparatorOf(definition: AttributeDefinition | null, text: string): Comparator {
  const isExact = definition?.caseExact ?? false;
  const expected = isExact ? text : text.toLowerCase();
  const expectedNumber = text.trim() === "" ? Number.NaN : Number(text);
  const expectedTime = definition?.type === "dateTime" ? Date.parse(text) : Number.NaN;
  return (value, operator) => {
    switch (typeof value) {
      case "string": {
        // Times are compared by what they mean, whatever their zone; a part of one is only text.
        const time = Number.isNaN(expectedTime) || isOnText(operator) ? Number.NaN : Date.parse(value);
        if (!Number.isNaN(time)) return holdsForOrdered(operator, time - expectedTime);
        return holdsForText(operator, isExact ? value : value.toLowerCase(), expected);
      }
      case "number":
        return holdsForOrdered(operator, value - expectedNumber);
      case "boolean":
        // Entra writes "True" where it means true.
        return operator === "eq" && String(value) === text.toLowerCase();
      default:
        return false;
    }
  };
}

/** True when the text meets the comparison; `ne` is for the caller to turn around. */
export function holdsForText(operator: CompareOperator, value: string, expected: string): boolean {
  switch (operator) {
    case "co":
      return value.includes(expected);
    case "sw":
      return value.startsWith(expected);
    case "ew":
      return value.endsWith(expected);
    default:
      return holdsForOrdered(operator, value === expected ? 0 : value < expected ? -1 : 1);
  }
}

/** False for NaN, which is what comparing with something that is no number gives. */
function holdsForOrdered(operator: CompareOperator, difference: number): boolean {
  switch (operator) {
    case "eq":
      return difference === 0;
    case "gt":
      return difference > 0;
    case "ge":
      return difference >= 0;
    case "lt":
      return difference < 0;
    case "le":
      return difference <= 0;
    default:
      return false;
  }
}

function isOnText(operator: CompareOperator): boolean {
  return operator === "co" || operator === "sw" || operator === "ew";
}

function isOrder(operator: CompareOperator): boolean {
  return operator === "gt" || operator === "ge" || operator === "lt" || operator === "le";
}

/** The values a path names: those of every element for a list, none where nothing is assigned. */
function valuesOf(value: unknown, sub: string | null): readonly unknown[] {
  if (value === undefined || value === null) return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (sub === null) return items;
  return items.flatMap((item) => {
    const inner = isObject(item) ? ownValue(item, sub) : undefined;
    return inner === undefined || inner === null ? [] : [inner];
  });
}

function isAssigned(value: unknown): boolean {
  if (value === "" || value === null || value === undefined) return false;
  return !isObject(value) || Object.keys(value).length > 0;
}
