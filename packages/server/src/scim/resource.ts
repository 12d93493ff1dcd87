import type { Profile } from "../profiles/index.ts";

export type ResourceType = "User" | "Group";

/** Canonical attributes: names in the letter case of the schema; without id, meta, schemas, password, groups, members. */
export interface ScimResource {
  readonly [attribute: string]: unknown;
}

/** One member of a group as an identity provider names it. `value` is the SCIM id of a user. */
export interface MemberRef {
  readonly value: string;
  readonly display?: string;
}

/** A group without its members, and the members apart. `members` is null when the body did not speak of them. */
export interface ParsedGroup {
  readonly resource: ScimResource;
  readonly members: readonly MemberRef[] | null;
}

/** @throws scim_error 400 */
export function parseUser(_body: unknown, _profile: Profile): ScimResource {
  throw new Error("being written");
}

/** @throws scim_error 400 */
export function parseGroup(_body: unknown, _profile: Profile): ParsedGroup {
  throw new Error("being written");
}

/** What a PUT leaves: the replacement, with `active` and `externalId` kept where the replacement does not speak of them. */
export function mergePut(_type: ResourceType, _current: ScimResource, _replacement: ScimResource): ScimResource {
  throw new Error("being written");
}

/** The `schemas` value of an answer: the core schema and every extension the resource carries. */
export function schemasOf(_type: ResourceType, _resource: ScimResource): string[] {
  throw new Error("being written");
}
