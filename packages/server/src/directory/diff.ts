import { isObject, sameJson, type JsonObject } from "../scim/json.ts";
import type { GroupSnapshot, UserSnapshot } from "./normalize.ts";

/**
 * The `previous_attributes` of an update event: each changed attribute with its former value, null where it had none.
 * Null when nothing changed, and then no event is due.
 *
 * The comparison is shallow, over the snapshot and over its `custom_attributes`; the changes of the latter stand in an
 * object of their own under `custom_attributes` (contract.md section 4.2). An attribute that only goes from absent to
 * null, or back, has not changed.
 */
export function previousAttributes<S extends UserSnapshot | GroupSnapshot>(
  before: S,
  after: S,
): Record<string, unknown> | null {
  const { custom_attributes: customBefore, ...rootBefore }: JsonObject = { ...before };
  const { custom_attributes: customAfter, ...rootAfter }: JsonObject = { ...after };
  const previous = changed(rootBefore, rootAfter);
  const previousCustom = changed(isObject(customBefore) ? customBefore : {}, isObject(customAfter) ? customAfter : {});
  if (Object.keys(previousCustom).length > 0) previous["custom_attributes"] = previousCustom;
  return Object.keys(previous).length === 0 ? null : previous;
}

function changed(before: JsonObject, after: JsonObject): Record<string, unknown> {
  const previous: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const former = Object.hasOwn(before, name) ? (before[name] ?? null) : null;
    const current = Object.hasOwn(after, name) ? (after[name] ?? null) : null;
    if (!sameJson(former, current)) previous[name] = former;
  }
  return previous;
}
