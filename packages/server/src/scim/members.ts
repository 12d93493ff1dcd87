import type { Related } from "../store/related.ts";
import { badRequest, ScimError } from "./error.ts";
import type { Filter } from "./filter/parse.ts";
import { isObject, jsonTypeOf, ownValue } from "./json.ts";
import type { PatchTarget, PatchVerb } from "./patch/path.ts";
import { elementCondition } from "./filter/related.ts";

/** One member of a group as an identity provider names it. `value` is the SCIM id of a user. */
export interface MemberRef {
  readonly value: string;
  readonly display?: string;
}

/** One step on a group's members, in request order, that a store can run as a delta without loading the group. */
export type MemberOperation =
  | { readonly op: "add"; readonly members: readonly MemberRef[] }
  | { readonly op: "remove"; readonly ids: readonly string[] }
  /** Those members who meet a condition. No provider we know of sends this. */
  | { readonly op: "removeWhere"; readonly related: Related }
  | { readonly op: "replace"; readonly members: readonly MemberRef[] }
  | { readonly op: "removeAll" };

/** Most members one PATCH operation may name. Providers send at most some hundred at a time. */
const membersPerOperationMax = 10_000;

/**
 * The members in a list; a member named twice counts once.
 *
 * @throws scim_error 400 invalidSyntax when it is no list of members; invalidValue for a member without value
 */
export function parseMembers(value: unknown): readonly MemberRef[] {
  if (!Array.isArray(value))
    throw badRequest("invalidSyntax", `'members' is expected list, received ${jsonTypeOf(value)}.`);
  const members = new Map<string, MemberRef>();
  for (const item of value) {
    const member = parseMember(item);
    members.set(member.value, member);
  }
  return [...members.values()];
}

/**
 * The steps that an operation on `members` means; none when it changes nothing that is kept.
 *
 * `remove` with a value list removes exactly these, which is how Entra and JumpCloud remove; RFC 7644 gives `remove` no
 * value and would empty the group.
 *
 * @throws scim_error 400; 413 over `membersPerOperationMax`
 */
export function memberSteps(op: PatchVerb, target: PatchTarget, value: unknown): readonly MemberOperation[] {
  if (Array.isArray(value) && value.length > membersPerOperationMax) {
    throw new ScimError(
      `One operation names ${value.length} members; at most ${membersPerOperationMax} are taken. Send several.`,
      { status: 413 },
    );
  }
  if (target.where !== null) {
    // Of a member only its id is kept, so there is no other part of it to change or to remove.
    if (target.sub !== null && target.sub !== "value") return [];
    return filteredSteps(op, target.where, op === "remove" ? null : namedMembers(target, value));
  }
  if (target.sub !== null && target.sub !== "value") {
    throw badRequest("invalidPath", 'Name a member as members[value eq "id"] to change it.');
  }
  const members = namedMembers(target, value);
  switch (op) {
    case "add":
      if (value === undefined) throw badRequest("invalidValue", "Send the members to add as 'value'.");
      return members === null ? [] : [{ op, members }];
    case "replace":
      // A forgotten value must not empty a group; null, as in PUT, speaks of no members.
      if (value === undefined) throw badRequest("invalidValue", "Send the members as 'value', [] to remove all.");
      return members === null ? [] : [{ op, members }];
    case "remove":
      if (members !== null) return [{ op, ids: members.map((member) => member.value) }];
      if (target.sub !== null) throw badRequest("noTarget", "Say which members to remove, or remove 'members'.");
      return [{ op: "removeAll" }];
    default:
      return op satisfies never;
  }
}

function filteredSteps(op: PatchVerb, where: Filter, named: readonly MemberRef[] | null): readonly MemberOperation[] {
  const ids = idsOf(where);
  if (op === "remove")
    return [ids === null ? { op: "removeWhere", related: elementCondition("members", where) } : { op, ids }];
  if (ids === null) throw badRequest("noTarget", 'Members are named by value: members[value eq "id"].');
  const members = named ?? ids.map((id) => ({ value: id }));
  if (op === "add") return [{ op, members }];
  const gone = ids.filter((id) => !members.some((member) => member.value === id));
  return [...(gone.length === 0 ? [] : [{ op: "remove" as const, ids: gone }]), { op: "add", members }];
}

/** The members in the value of an operation; null when it has none. A path to `value` takes bare ids. */
function namedMembers(target: PatchTarget, value: unknown): readonly MemberRef[] | null {
  if (value === undefined || value === null) return null;
  if (target.where === null && target.sub === null) return parseMembers(value);
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return parseMembers(target.sub === null ? items : items.map((id) => ({ value: id })));
}

/** The ids of a filter made of `value eq "…"` joined by `or`; null for any other filter. */
function idsOf(filter: Filter): readonly string[] | null {
  if (filter.kind === "compare") {
    const isId =
      filter.operator === "eq" && filter.path.attribute?.toLowerCase() === "value" && filter.path.sub === null;
    return isId ? [filter.literal.text] : null;
  }
  if (filter.kind !== "or") return null;
  const ids = filter.terms.map(idsOf);
  return ids.every((id) => id !== null) ? ids.flat() : null;
}

function parseMember(item: unknown): MemberRef {
  if (!isObject(item)) throw badRequest("invalidSyntax", `A member is expected object, received ${jsonTypeOf(item)}.`);
  const value = ownValue(item, "value");
  if (typeof value !== "string" || value.trim() === "") {
    throw badRequest("invalidValue", "A member needs a 'value', the id of a user.");
  }
  const display = ownValue(item, "display");
  return typeof display === "string" && display !== "" ? { value, display } : { value };
}
