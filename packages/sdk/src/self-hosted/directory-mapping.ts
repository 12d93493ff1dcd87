import { check, dictionary, list, nullable, object, text, type Check } from "../contract/check.ts";

/**
 * How a directory's people are read. Only `@dirsync/server` tells and takes this by its API; at WorkOS it is set in the
 * dashboard.
 */
export interface DirectoryMapping {
  /** Names of `custom_attributes`, and the SCIM path each is read from: `{ office: 'addresses[type eq "work"].locality' }`. */
  readonly custom_attributes: Readonly<Record<string, string>>;
  /** Which role comes from which group; null (default) for no roles. */
  readonly role_assignment: RoleAssignment | null;
  readonly [field: string]: unknown;
}

/** Which role comes from which group. */
export interface RoleAssignment {
  /** `single` gives a person the highest role alone, `multiple` all of them, the highest first. */
  readonly mode: "single" | "multiple";
  /** For whoever is in none of the groups; null for none. */
  readonly default_role: string | null;
  /** The highest role first. A group is named by its name, in any letter case, or by its id. */
  readonly groups: readonly RoleOfGroup[];
  readonly [field: string]: unknown;
}

/** The role that a group gives. */
export interface RoleOfGroup {
  readonly group: string;
  readonly role: string;
  readonly [field: string]: unknown;
}

/** What to change. What is absent stays; what is given replaces what was there. */
export interface DirectoryMappingChanges {
  readonly custom_attributes?: DirectoryMapping["custom_attributes"] | undefined;
  readonly role_assignment?:
    | {
        /** Default `single`. */
        readonly mode?: RoleAssignment["mode"] | undefined;
        /** Default null. */
        readonly default_role?: string | null | undefined;
        readonly groups: readonly { readonly group: string; readonly role: string }[];
      }
    | null
    | undefined;
}

const roleModeCheck = check<RoleAssignment["mode"]>(
  (value) => value === "single" || value === "multiple",
  'expected "single" or "multiple"',
);

const roleAssignmentCheck = object<RoleAssignment>({
  mode: roleModeCheck,
  default_role: nullable(text),
  groups: list(object<RoleOfGroup>({ group: text, role: text })),
});

/** Checks the answer to GET and PATCH /directories/{id}/mapping. */
export const directoryMappingCheck: Check<DirectoryMapping> = object({
  custom_attributes: dictionary(text),
  role_assignment: nullable(roleAssignmentCheck),
});
