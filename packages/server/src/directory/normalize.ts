import type { ScimResource } from "../scim/resource.ts";

/** What an event says about a person, in wire names. Equal snapshots mean that there is nothing to say. */
export interface UserSnapshot {
  readonly idp_id: string;
  readonly email: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly name: string | null;
  readonly state: "active" | "inactive";
  readonly custom_attributes: Readonly<Record<string, unknown>>;
}

/** What an event says about a group, in wire names. */
export interface GroupSnapshot {
  readonly idp_id: string;
  readonly name: string;
}

/** `before` keeps `idp_id` where the resource carries no externalId: an identity survives a rename. */
export function normalizeUser(_resource: ScimResource, _before: UserSnapshot | null = null): UserSnapshot {
  throw new Error("being written");
}

/** `before` keeps `idp_id` where the resource carries no externalId: an identity survives a rename. */
export function normalizeGroup(_resource: ScimResource, _before: GroupSnapshot | null = null): GroupSnapshot {
  throw new Error("being written");
}
