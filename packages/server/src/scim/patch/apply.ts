import { compileElementFilter } from "../filter/match.ts";
import type { Filter } from "../filter/parse.ts";
import { isObject, ownKey } from "../json.ts";
import type { ScimResource } from "../model.ts";
import { WorkBudget } from "./limits.ts";
import { addToList, changeSelected, removeFromList, setPart, withPart, type Selector } from "./list.ts";
import type { PatchTarget, PatchVerb } from "./path.ts";
import type { AttributeDefinition } from "../schema/definition.ts";
import { schemaByUrnOf } from "../schema/schemas.ts";

/** One checked step on one attribute. `value` is canonical; undefined means "not assigned", whatever the verb. */
export interface AttributeOperation {
  readonly kind: "attribute";
  readonly op: PatchVerb;
  readonly target: PatchTarget;
  readonly value: unknown;
  readonly selector: Selector | null;
  /** The same, if what is read as an attribute of a schema that nobody defined is an extension: what is in it, one by one. */
  readonly asExtension?: readonly AttributeOperation[];
}

/**
 * The resource after the steps; `current` stays as it is.
 *
 * @throws scim_error 400, 413 as `applyPatch`
 */
export function applyAttributeOperations(
  current: ScimResource,
  operations: readonly AttributeOperation[],
): ScimResource {
  const draft: Record<string, unknown> = { ...current };
  const budget = new WorkBudget();
  for (const operation of operations) applyOne(draft, operation, budget);
  return draft;
}

/** What a filter in a path selects, ready to use. @throws scim_error 400 invalidFilter */
export function selectorOf(target: PatchTarget): Selector | null {
  if (target.where === null) return null;
  return {
    test: compileElementFilter(target.where, target.definition),
    comparisons: countComparisons(target.where),
    seed: seedOf(target.where, target.definition),
  };
}

function applyOne(draft: Record<string, unknown>, operation: AttributeOperation, budget: WorkBudget): void {
  const { schema, attribute } = operation.target;
  if (schema === null) return changeAttribute(draft, operation, budget);
  const schemaKey = ownKey(draft, schema) ?? schema;
  const wholeKey = attribute === null ? schemaKey : unknownSchemaKey(draft, `${schema}:${attribute}`, operation);
  if (wholeKey !== null) return changeWholeSchema(draft, { key: wholeKey, operation }, budget);
  const current = draft[schemaKey];
  const extension: Record<string, unknown> = isObject(current) ? { ...current } : {};
  changeAttribute(extension, operation, budget);
  if (Object.keys(extension).length === 0) delete draft[schemaKey];
  else draft[schemaKey] = extension;
}

/** The key of a whole extension whose URN was read as schema and attribute, for want of knowing better. */
function unknownSchemaKey(draft: ScimResource, urn: string, operation: AttributeOperation): string | null {
  const { op, target, value } = operation;
  if (target.definition !== null || target.sub !== null) return null;
  // What is no object is no extension, so an attribute was meant.
  if (op !== "remove" && value !== undefined && !isObject(value)) return null;
  return schemaByUrnOf(urn, "User") === undefined ? (ownKey(draft, urn) ?? null) : null;
}

function changeWholeSchema(
  draft: Record<string, unknown>,
  { key, operation }: { readonly key: string; readonly operation: AttributeOperation },
  budget: WorkBudget,
): void {
  if (operation.asExtension === undefined) delete draft[key];
  else for (const part of operation.asExtension) applyOne(draft, part, budget);
}

function changeAttribute(holder: Record<string, unknown>, operation: AttributeOperation, budget: WorkBudget): void {
  const name = operation.target.attribute;
  if (name === null) return;
  const key = ownKey(holder, name) ?? name;
  const next = nextValue(holder[key], operation, budget);
  if (next === undefined || (Array.isArray(next) && next.length === 0)) delete holder[key];
  else holder[key] = next;
}

/** The attribute's value after the step; undefined when nothing is left of it. */
function nextValue(current: unknown, operation: AttributeOperation, budget: WorkBudget): unknown {
  const { op, target, value, selector } = operation;
  const { definition, sub } = target;
  const isList = definition?.multiValued ?? (selector !== null || Array.isArray(current) || Array.isArray(value));
  if (isList) {
    const list: readonly unknown[] = Array.isArray(current) ? current : current === undefined ? [] : [current];
    if (selector !== null) return changeSelected(list, { op, sub, value, selector, target }, budget);
    if (sub !== null) return withPart(list, { sub, value: op === "remove" ? undefined : value }, budget);
    return nextList(list, operation, budget);
  }
  if (sub !== null) return setPart(current, sub, op === "remove" ? undefined : value);
  if (op === "remove") return undefined;
  return op === "add" && definition === null ? mergeObjects(current, value) : value;
}

function nextList(list: readonly unknown[], operation: AttributeOperation, budget: WorkBudget): unknown {
  const { op, target, value } = operation;
  const values: readonly unknown[] | undefined = Array.isArray(value)
    ? value
    : value === undefined
      ? undefined
      : [value];
  switch (op) {
    case "add":
      return values === undefined ? list : addToList(list, values, { target, budget });
    case "replace":
      return values;
    case "remove":
      return values === undefined ? undefined : removeFromList(list, values, { target, budget });
    default:
      return op satisfies never;
  }
}

function mergeObjects(current: unknown, value: unknown): unknown {
  return isObject(current) && isObject(value) ? { ...current, ...value } : value;
}

function countComparisons(filter: Filter): number {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.reduce((sum, term) => sum + countComparisons(term), 0);
    case "not":
      return countComparisons(filter.term);
    case "element":
      return countComparisons(filter.where) + 1;
    case "compare":
    case "present":
      return 1;
    default:
      return filter satisfies never;
  }
}

/**
 * What a new element must hold to meet a filter: the x of `type eq "x"`, alone or joined by `and`. Null for a filter
 * that does not say.
 */
function seedOf(filter: Filter, definition: AttributeDefinition | null): Readonly<Record<string, unknown>> | null {
  if (filter.kind === "and") {
    const seeds = filter.terms.map((term) => seedOf(term, definition));
    return seeds.reduce((all, seed) => (all === null || seed === null ? null : { ...all, ...seed }), {});
  }
  if (filter.kind !== "compare" || filter.operator !== "eq" || filter.path.sub !== null) return null;
  const { attribute } = filter.path;
  if (attribute === null) return null;
  const subDefinition = definition?.byName.get(attribute.toLowerCase());
  const { text, isQuoted } = filter.literal;
  const isBoolean = subDefinition?.type === "boolean" || (subDefinition === undefined && !isQuoted);
  const folded = text.toLowerCase();
  const value = isBoolean && (folded === "true" || folded === "false") ? folded === "true" : text;
  return { [subDefinition?.name ?? attribute]: value };
}
