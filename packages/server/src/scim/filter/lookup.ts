import { resolvePath, type AttributePath } from "../schema/attribute-path.ts";
import type { Filter } from "./parse.ts";
import { nameOf } from "../model.ts";
import type { ResourceType } from "../model.ts";

/** An equality a store can answer from an index. */
export interface Lookup {
  /** `userName`, `displayName`, `emails.value` and what members and groups are shown as are compared in lower case; the ids exactly. */
  readonly attribute: LookupAttribute;
  /** As written in the filter, not folded. */
  readonly value: string;
  /** True when the index gives candidates that must still be run through `matches`. */
  readonly needsMatch: boolean;
}

/** What a store is expected to index. Users have no index on `displayName`, groups none on `userName` and e-mail. */
export type LookupAttribute =
  | "id"
  | "userName"
  | "externalId"
  | "displayName"
  | "emails.value"
  | "members.value"
  | "members.display"
  | "groups.value"
  | "groups.display";

/**
 * The index look-up that answers or at least narrows a filter, or null when only a scan does. Of several equalities
 * joined by `and` the most selective one is taken.
 */
export function lookupOf(filter: Filter, type: ResourceType): Lookup | null {
  switch (filter.kind) {
    case "compare": {
      if (filter.operator !== "eq" || isNull(filter)) return null;
      const attribute = lookupAttribute(filter.path, type);
      return attribute === null ? null : { attribute, value: filter.literal.text, needsMatch: false };
    }
    case "element":
      return elementLookup(filter, type);
    case "and": {
      const lookups = filter.terms.map((term) => lookupOf(term, type)).filter((lookup) => lookup !== null);
      lookups.sort((left, right) => selectivity.indexOf(left.attribute) - selectivity.indexOf(right.attribute));
      const [best] = lookups;
      return best === undefined ? null : { ...best, needsMatch: true };
    }
    case "or":
    case "not":
    case "present":
      return null;
    default:
      return filter satisfies never;
  }
}

/** Most selective first: a group has many members, so who is in it is the last resort. */
const selectivity: readonly LookupAttribute[] = [
  "id",
  "userName",
  "externalId",
  "emails.value",
  "displayName",
  "members.value",
  "members.display",
  "groups.value",
  "groups.display",
];

function elementLookup(filter: Filter & { kind: "element" }, type: ResourceType): Lookup | null {
  for (const part of ["value", "display"] as const) {
    const attribute = lookupAttribute({ ...filter.path, sub: part }, type);
    if (attribute === null) continue;
    const value = equalityOf(part, filter.where) ?? (filter.also === null ? null : equalityOf(part, filter.also));
    if (value === null) continue;
    return { attribute, value, needsMatch: filter.where.kind !== "compare" || filter.also !== null };
  }
  return null;
}

/** The x of `value eq "x"`, alone or as one of several terms that must all hold. */
function equalityOf(part: "value" | "display", filter: Filter): string | null {
  if (filter.kind === "and") {
    return filter.terms.map((term) => equalityOf(part, term)).find((value) => value !== null) ?? null;
  }
  if (filter.kind !== "compare" || filter.operator !== "eq" || isNull(filter)) return null;
  const { attribute, sub } = filter.path;
  return sub === null && attribute?.toLowerCase() === part ? filter.literal.text : null;
}

function lookupAttribute(path: AttributePath, type: ResourceType): LookupAttribute | null {
  const { schema, attribute, sub, definition } = resolvePath(type, path);
  if (schema !== null || definition === null) return null;
  if (sub === "display") return attribute === "members" || attribute === "groups" ? `${attribute}.display` : null;
  if (sub !== null && sub !== "value") return null;
  const isPlain = sub === null;
  switch (attribute) {
    case "id":
    case "externalId":
      return isPlain ? attribute : null;
    case "userName":
      return isPlain ? "userName" : null;
    case "displayName":
      return isPlain && nameOf(type) === "Group" ? "displayName" : null;
    case "emails":
      return "emails.value";
    case "members":
    case "groups":
      return `${attribute}.value`;
    default:
      return null;
  }
}

function isNull(filter: Filter & { kind: "compare" }): boolean {
  return !filter.literal.isQuoted && filter.literal.text.toLowerCase() === "null";
}
