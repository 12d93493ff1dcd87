import type { GroupSnapshot, UserSnapshot } from "./normalize.ts";

/** `previous_attributes` of an update event, or null when nothing changed and no event is due. */
export function previousAttributes<S extends UserSnapshot | GroupSnapshot>(
  _before: S,
  _after: S,
): Record<string, unknown> | null {
  throw new Error("being written");
}
