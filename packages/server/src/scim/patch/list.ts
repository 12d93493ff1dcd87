import { assertListLength, isPrimary, saysSomething, withOnePrimary, withoutTwins } from "../schema/canonical.ts";
import { badRequest } from "../error.ts";
import { isObject, ownKey, sameJson, type JsonObject } from "../json.ts";
import type { WorkBudget } from "./limits.ts";
import type { PatchTarget, PatchVerb } from "./path.ts";

/** The elements of a list that a filter selects, and what a new element needs to be selected by it. */
export interface Selector {
  readonly test: (element: unknown) => boolean;
  readonly comparisons: number;
  /** Null when the filter does not say what to create. */
  readonly seed: JsonObject | null;
  /** True where the directory refuses to create an element for a filter that selects none, whatever the filter says. */
  readonly createsNothing?: boolean;
}

/** A step on the selected elements of a list. */
export interface SelectedChange {
  readonly op: PatchVerb;
  readonly sub: string | null;
  readonly value: unknown;
  readonly selector: Selector;
  readonly target: PatchTarget;
}

/**
 * Adds values to a list. A value that is there already, by `value` and `type`, is updated in place, because providers
 * repeat themselves after a timeout. One that is there as it is changes nothing (RFC 7644 section 3.5.2.1), whatever else has
 * the same `value`. The first value that is added as primary is the primary one.
 */
export function addToList(
  list: readonly unknown[],
  values: readonly unknown[],
  context: { readonly target: PatchTarget; readonly budget: WorkBudget },
): readonly unknown[] {
  const next = [...list];
  let isChanged = false;
  // By its place, because what stands there may still be updated by a value that follows.
  let winnerAt = -1;
  for (const value of values) {
    context.budget.spend(next.length);
    const { at, isExact } = placeOf(next, value, context.target);
    const present = next[at];
    const added = isObject(present) && isObject(value) ? { ...present, ...value } : value;
    if (at === -1) next.push(added);
    else next[at] = added;
    isChanged ||= !isExact;
    if (winnerAt === -1 && isPrimary(added)) winnerAt = at === -1 ? next.length - 1 : at;
  }
  if (!isChanged) return list;
  assertListLength(context.target.attribute ?? "value", next.length);
  const winner = next[winnerAt];
  return withOnePrimary(next, isPrimary(winner) ? winner : undefined);
}

/** The list without the given values. A value without a `value` of its own stands for every element that agrees with it. */
export function removeFromList(
  list: readonly unknown[],
  values: readonly unknown[],
  context: { readonly target: PatchTarget; readonly budget: WorkBudget },
): readonly unknown[] {
  context.budget.spend(list.length * values.length);
  return list.filter(
    (element) => !values.some((value) => isSameElement(element, value, context.target) || agrees(element, value)),
  );
}

/**
 * Changes the elements a filter selects. Where it selects none, `add` and `replace` create the element, as Entra
 * expects of `emails[type eq "work"].value`; RFC 7644 section 3.5.2.3 would refuse.
 *
 * @throws scim_error 400 noTarget when the filter does not say what to create
 */
export function changeSelected(
  list: readonly unknown[],
  change: SelectedChange,
  budget: WorkBudget,
): readonly unknown[] {
  const { op, sub, value, selector } = change;
  budget.spend(list.length * (selector.comparisons + copyCost));
  const isClearing = op === "remove" || value === undefined;
  const touched = new Set<unknown>();
  const next = list.flatMap((element) => {
    if (!selector.test(element)) return [element];
    const changed = isClearing && sub === null ? undefined : changedElement(element, change, isClearing);
    if (changed === undefined) return [];
    touched.add(changed);
    return [changed];
  });
  const hasSelected = touched.size > 0 || next.length < list.length;
  if (!hasSelected && !isClearing) {
    const created = createdElement(change);
    next.push(created);
    touched.add(created);
    assertListLength(change.target.attribute ?? "value", next.length);
  }
  if (touched.size === 0) return withOnePrimary(next);
  const { definition } = change.target;
  budget.spend(next.length * copyCost);
  // One may have become what another is, or several the same.
  const settled = definition === null ? next : withoutTwins(definition, next);
  const winner = [...touched].find(isPrimary);
  const isWinner = (element: unknown): boolean =>
    isPrimary(element) && (element === winner || isSameElement(element, winner, change.target));
  return withOnePrimary(settled, winner === undefined ? undefined : settled.find(isWinner));
}

/** What copying an element costs, in comparisons. */
const copyCost = 4;

/** Sets or clears one part of every element; sets it on a new element when there is none. */
export function withPart(
  list: readonly unknown[],
  part: { readonly sub: string; readonly value: unknown },
  budget: WorkBudget,
): readonly unknown[] {
  const { sub, value } = part;
  budget.spend(list.length * copyCost);
  const elements = list.length === 0 && value !== undefined ? [{}] : list;
  return withOnePrimary(elements.flatMap((element) => setPart(element, sub, value) ?? []));
}

/**
 * An object with one part set, or cleared when `value` is undefined; undefined when nothing is left that says
 * something. A new `value` takes the display name and address of the old one with it.
 */
export function setPart(object: unknown, sub: string, value: unknown): JsonObject | undefined {
  const next: Record<string, unknown> = isObject(object) ? { ...object } : {};
  const key = ownKey(next, sub) ?? sub;
  if (key === "value" && !sameJson(next[key], value)) {
    for (const derived of ["$ref", "display", "displayName"]) delete next[derived];
  }
  if (value === undefined) delete next[key];
  else next[key] = value;
  return saysSomething(next) ? next : undefined;
}

function changedElement(element: unknown, change: SelectedChange, isClearing: boolean): unknown {
  const { op, sub, value, selector } = change;
  if (sub !== null) {
    if (isClearing) return sub === "value" ? undefined : setPart(element, sub, undefined);
    // Kept although it may say nothing yet: Entra sends `primary` of an address first and its `value` next, and repeats both.
    return setPart(element, sub, value) ?? { ...(isObject(element) ? element : {}), [sub]: value };
  }
  if (!isObject(value)) return value;
  const kept = op === "add" && isObject(element) ? element : selector.seed;
  return { ...kept, ...value };
}

function createdElement(change: SelectedChange): unknown {
  const { sub, value, selector } = change;
  if (selector.createsNothing === true) throw badRequest("noTarget", "The filter in the path selects nothing.");
  if (selector.seed === null) {
    throw badRequest("noTarget", "The filter in the path selects nothing and does not say what to create.");
  }
  if (sub !== null) return { ...selector.seed, [sub]: value };
  return isObject(value) ? { ...selector.seed, ...value } : value;
}

/** Where a value stands in a list: what equals it, else the first element that is the same; -1 where it is new. */
function placeOf(list: readonly unknown[], value: unknown, target: PatchTarget): { at: number; isExact: boolean } {
  let similarAt = -1;
  for (const [at, element] of list.entries()) {
    if (!isSameElement(element, value, target)) continue;
    if (sameJson(element, value)) return { at, isExact: true };
    if (similarAt === -1) similarAt = at;
  }
  return { at: similarAt, isExact: false };
}

function isSameElement(element: unknown, value: unknown, target: PatchTarget): boolean {
  if (!isObject(element) || !isObject(value)) {
    return sameJson(element, value) || (target.definition?.caseExact === false && folded(element) === folded(value));
  }
  if (element["value"] === undefined || value["value"] === undefined) return sameJson(element, value);
  const isExact = target.definition?.byName.get("value")?.caseExact ?? false;
  const hasSameValue = isExact
    ? element["value"] === value["value"]
    : folded(element["value"]) === folded(value["value"]);
  return hasSameValue && (value["type"] === undefined || folded(element["type"]) === folded(value["type"]));
}

function agrees(element: unknown, value: unknown): boolean {
  if (!isObject(element) || !isObject(value) || value["value"] !== undefined) return false;
  return Object.keys(value).every((name) => sameJson(element[name], value[name]));
}

function folded(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : value;
}
