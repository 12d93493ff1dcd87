import type { RoleAssignment } from "./mapping.ts";

/** A group as far as roles go. */
export interface RoleGroup {
  readonly id: string;
  readonly name: string;
}

/** A user's roles, in wire names; `role` is the highest of them. */
export interface Roles {
  readonly role?: { readonly slug: string };
  readonly roles?: readonly { readonly slug: string }[];
}

/**
 * The roles of whoever is in these groups (contract.md section 7.8). Nothing where the directory assigns none, so that an
 * app without roles sees no such fields.
 */
export function rolesOf(assignment: RoleAssignment | null, groups: readonly RoleGroup[]): Roles {
  if (assignment === null) return {};
  const slugs = assignment.groups
    .filter((mapped) => groups.some((group) => isNamed(group, mapped.group)))
    .map(({ role }) => role);
  const unique = [...new Set(slugs.length === 0 ? defaultsOf(assignment) : slugs)];
  const kept = assignment.mode === "single" ? unique.slice(0, 1) : unique;
  const [highest] = kept;
  return { ...(highest === undefined ? {} : { role: { slug: highest } }), roles: kept.map((slug) => ({ slug })) };
}

/** True when who is in this group may get a role by it. */
export function givesRole(assignment: RoleAssignment | null, group: RoleGroup): boolean {
  return assignment?.groups.some((mapped) => isNamed(group, mapped.group)) ?? false;
}

/** True when a group that has become another one gives other roles, or the same ones in another place of their order. */
export function givesOtherRoles(assignment: RoleAssignment | null, before: RoleGroup, after: RoleGroup): boolean {
  return assignment?.groups.some((mapped) => isNamed(before, mapped.group) !== isNamed(after, mapped.group)) ?? false;
}

function isNamed({ id, name }: RoleGroup, asked: string): boolean {
  return id === asked || name.toLowerCase() === asked.toLowerCase();
}

function defaultsOf({ default_role: slug }: RoleAssignment): readonly string[] {
  return slug === null ? [] : [slug];
}
