/** The resource types this service keeps. */
export type ResourceType = "User" | "Group";

/**
 * The attributes of a resource in canonical form: names in the spelling of the schema, nothing unassigned, extensions
 * under their URN. Without `id`, `meta` and `schemas`, which the service adds; without `password`; without the `groups`
 * of a user and the `members` of a group, which are rows of their own.
 */
export interface ScimResource {
  readonly [attribute: string]: unknown;
}
