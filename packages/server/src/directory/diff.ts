import { sameJson, type JsonObject } from "../scim/json.ts";
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
  const previous = changed(before as object as JsonObject, after as object as JsonObject, "custom_attributes");
  const previousCustom = changed(customOf(before), customOf(after), null);
  if (Object.keys(previousCustom).length > 0) previous["custom_attributes"] = previousCustom;
  return Object.keys(previous).length === 0 ? null : previous;
}

function customOf(snapshot: UserSnapshot | GroupSnapshot): JsonObject {
  return "custom_attributes" in snapshot ? snapshot.custom_attributes : {};
}

/** Former values of what differs, without the one of the name that is `apart`. */
function changed(before: JsonObject, after: JsonObject, apart: string | null): Record<string, unknown> {
  const previous: Record<string, unknown> = {};
  const compare = (name: string): void => {
    const former = Object.hasOwn(before, name) ? (before[name] ?? null) : null;
    const current = Object.hasOwn(after, name) ? (after[name] ?? null) : null;
    if (name !== apart && !sameJson(former, current)) previous[name] = former;
  };
  for (const name of Object.keys(before)) compare(name);
  for (const name of Object.keys(after)) if (!Object.hasOwn(before, name)) compare(name);
  return previous;
}
