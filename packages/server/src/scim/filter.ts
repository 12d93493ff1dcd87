import type { ResourceType, ScimResource } from "./resource.ts";

/** A parsed filter. */
export interface Filter {
  readonly kind: string;
}

/** An equality a store can answer from an index. */
export interface Lookup {
  /** `userName`, `displayName` and `emails.value` are compared in lower case; `id` and `externalId` exactly. */
  readonly attribute: "id" | "userName" | "externalId" | "displayName" | "emails.value" | "members.value";
  /** As written in the filter, not folded. */
  readonly value: string;
  /** True when the candidates must still be run through `matches`. */
  readonly needsMatch: boolean;
}

/** @throws scim_error 400 invalidFilter */
export function parseFilter(_text: string): Filter {
  throw new Error("being written");
}

/** True when the resource meets the filter. Pass `id`, `meta`, `groups` or `members` in the resource where you have them. */
export function matches(_filter: Filter, _resource: ScimResource, _type: ResourceType): boolean {
  throw new Error("being written");
}

/** The index look-up that narrows this filter, or null when only a scan answers it. */
export function lookupOf(_filter: Filter, _type: ResourceType): Lookup | null {
  throw new Error("being written");
}

/** True when the filter asks about this attribute, so that a store loads members only for filters that need them. */
export function mentionsAttribute(_filter: Filter, _attribute: string): boolean {
  throw new Error("being written");
}
