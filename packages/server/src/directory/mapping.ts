import type { DirectoryRow } from "../store/tables.ts";

/** How a directory's people are read, in wire names. Every directory has one; it can be changed at any time. */
export interface DirectoryMapping {
  /** Names of `custom_attributes` and the SCIM path each is read from. They add to the predefined ones, or replace them. */
  readonly custom_attributes: Readonly<Record<string, string>>;
  /** Null: people have no roles. */
  readonly role_assignment: RoleAssignment | null;
}

/** Which role comes from which group. */
export interface RoleAssignment {
  /** `single` gives the highest role alone; `multiple` all of them, the highest first. */
  readonly mode: "single" | "multiple";
  /** For whoever is in none of the groups; null for no role. */
  readonly default_role: string | null;
  /** The highest role first. A group is named by its name, in any letter case, or by its id. */
  readonly groups: readonly { readonly group: string; readonly role: string }[];
}

/** What a directory starts with. */
export const defaultMapping: DirectoryMapping = { custom_attributes: {}, role_assignment: null };

/** The mapping of a directory. */
export function mappingOf({ mapping }: Pick<DirectoryRow, "mapping">): DirectoryMapping {
  // Nearly every directory has none of its own, and this runs for every request.
  if (mapping === "{}") return defaultMapping;
  return { ...defaultMapping, ...(JSON.parse(mapping) as Partial<DirectoryMapping>) };
}
