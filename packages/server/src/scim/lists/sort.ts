import type { IndexedOrder } from "../../store/model.ts";
import { parseAttributePath, resolvePath } from "../schema/attribute-path.ts";
import type { AttributePath } from "../schema/attribute-path.ts";
import { badRequest } from "../error.ts";
import { isObject, ownValue, type JsonObject } from "../json.ts";
import { nameOf } from "../model.ts";
import type { ResourceType } from "../model.ts";
import type { AttributeDefinition } from "../schema/definition.ts";

/** By what a list is sorted, and which way (RFC 7644 section 3.4.2.3). */
export interface Sort {
  readonly by: AttributePath;
  readonly isDescending: boolean;
}

/** What a resource is sorted by; null when it has nothing there. */
export type SortKey = string | number | null;

/** A resource in a sorted list: its key, and its place in creation order, which decides between equal keys. */
export interface Ranked {
  readonly key: SortKey;
  readonly seq: number;
  /**
   * Decides between equal keys before `seq` does. Of users and groups in one list: `seq` counts each kind for itself and in all
   * directories, so that between kinds it would tell how much other directories hold.
   */
  readonly kind?: number;
}

/** Reads `sortBy` and `sortOrder`; null without `sortBy`. @throws scim_error 400 invalidPath, invalidValue */
export function parseSort(query: URLSearchParams, type: ResourceType): Sort | null {
  const by = query.get("sortBy")?.trim() ?? "";
  const order = query.get("sortOrder")?.trim().toLowerCase() ?? "";
  if (!["", "ascending", "descending"].includes(order)) {
    throw badRequest("invalidValue", "sortOrder must be ascending or descending.");
  }
  if (by === "") return null;
  const path = parseAttributePath(by, "invalidPath", { type });
  if (path.attribute === null)
    throw badRequest("invalidPath", "sortBy names a schema where it should name an attribute.");
  return { by: path, isDescending: order === "descending" };
}

/** The index that has this order; null when there is none. */
export function indexedOrder(type: ResourceType, { by }: Sort): IndexedOrder | null {
  const { schema, attribute, sub } = resolvePath(type, by);
  if (schema !== null) return null;
  // Ids and times of creation only grow, and `seq` decides between those that are equal.
  if ((attribute === "id" && sub === null) || (attribute === "meta" && sub === "created")) return "seq";
  if (sub !== null) return null;
  if (nameOf(type) === "User") return attribute === "userName" ? "user_name_folded" : null;
  return attribute === "displayName" ? "display_name_folded" : null;
}

/**
 * How to find the key of a resource. Of a list, the primary value counts, or else the first; of a complex value its
 * `value`. Text without a letter case of its own is compared in lower case.
 *
 * @throws scim_error 400 invalidPath for an attribute that has parts and no `value`
 */
export function sortKeyOf(type: ResourceType, { by }: Sort): (resource: JsonObject) => SortKey {
  const { schema, attribute, sub, definition, subDefinition } = resolvePath(type, by);
  if (schema === null && attribute === "members")
    throw badRequest("invalidPath", "Groups cannot be sorted by members.");
  const part = sub ?? (definition?.type === "complex" ? "value" : null);
  if (part === "value" && sub === null && definition?.byName.has("value") === false) {
    throw badRequest("invalidPath", `Name the part of '${definition.name}' to sort by.`);
  }
  const compared = part === null ? definition : (subDefinition ?? definition?.byName.get(part) ?? null);
  return (resource) => {
    const holder = schema === null ? resource : ownValue(resource, schema);
    const value = isObject(holder) && attribute !== null ? ownValue(holder, attribute) : undefined;
    const chosen = Array.isArray(value) ? chosenOf(value) : value;
    return keyOf(part !== null && isObject(chosen) ? ownValue(chosen, part) : chosen, compared);
  };
}

/**
 * The order of two resources: by key, those without one last, and by creation where keys are equal. Descending is
 * exactly the reverse.
 */
export function compareRanked(left: Ranked, right: Ranked): number {
  const byKey = compareKeys(left.key, right.key);
  if (byKey !== 0) return byKey;
  const byKind = (left.kind ?? 0) - (right.kind ?? 0);
  return byKind === 0 ? left.seq - right.seq : byKind;
}

function compareKeys(left: SortKey, right: SortKey): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  // Numbers before text, where clients disagree about what an attribute holds.
  if (typeof left !== typeof right) return typeof left === "number" ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}

function chosenOf(list: readonly unknown[]): unknown {
  return list.find((element) => isObject(element) && element["primary"] === true) ?? list[0];
}

function keyOf(value: unknown, definition: AttributeDefinition | null): SortKey {
  switch (typeof value) {
    case "number":
      return value;
    case "boolean":
      return Number(value);
    case "string": {
      const time = definition?.type === "dateTime" ? Date.parse(value) : Number.NaN;
      if (!Number.isNaN(time)) return time;
      return definition?.caseExact === true ? value : value.toLowerCase();
    }
    default:
      return null;
  }
}
