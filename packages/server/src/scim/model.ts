import type { SchemaDefinition } from "./schema/definition.ts";

/** The names of the resource types this service keeps. */
export type TypeName = "User" | "Group";

/** A resource type with the schemas that one directory has added to it. */
export interface ExtendedType {
  readonly name: TypeName;
  readonly extensions: readonly SchemaDefinition[];
}

/** A resource type, as every directory has it or as one has extended it. */
export type ResourceType = TypeName | ExtendedType;

/** The name of a resource type. */
export function nameOf(type: ResourceType): TypeName {
  return typeof type === "string" ? type : type.name;
}

/** The schemas that a directory has added to a resource type. */
export function extensionsOf(type: ResourceType): readonly SchemaDefinition[] {
  return typeof type === "string" ? [] : type.extensions;
}

/**
 * The attributes of a resource in canonical form: names in the spelling of the schema, nothing unassigned, extensions
 * under their URN. Without `id`, `meta` and `schemas`, which the service adds; without `password`; without the `groups`
 * of a user and the `members` of a group, which are rows of their own.
 */
export interface ScimResource {
  readonly [attribute: string]: unknown;
}
