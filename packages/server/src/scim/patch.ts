import type { Profile } from "../profiles/index.ts";
import type { Filter } from "./filter.ts";
import type { MemberRef, ResourceType, ScimResource } from "./resource.ts";

/** One checked step of a PATCH. Opaque outside this module: pass it to `applyPatch` and `memberOperations`. */
export interface PatchOperation {
  readonly op: "add" | "replace" | "remove";
}

/** One step on a group's members, in request order, that a store can run as a delta. */
export type MemberOperation =
  | { readonly op: "add"; readonly members: readonly MemberRef[] }
  | { readonly op: "remove"; readonly ids: readonly string[] }
  | { readonly op: "removeWhere"; readonly filter: Filter }
  | { readonly op: "replace"; readonly members: readonly MemberRef[] }
  | { readonly op: "removeAll" };

/** @throws scim_error 400, 413 */
export function parsePatch(_type: ResourceType, _body: unknown, _profile: Profile): readonly PatchOperation[] {
  throw new Error("being written");
}

/** Pure; never touches group members. @throws scim_error 400 */
export function applyPatch(
  _type: ResourceType,
  _current: ScimResource,
  _operations: readonly PatchOperation[],
): ScimResource {
  throw new Error("being written");
}

/** The steps of a group PATCH that concern members. */
export function memberOperations(_operations: readonly PatchOperation[]): readonly MemberOperation[] {
  throw new Error("being written");
}
