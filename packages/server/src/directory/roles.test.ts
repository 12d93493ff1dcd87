import { expect, test } from "vitest";
import type { RoleAssignment } from "./mapping.ts";
import { givesOtherRoles, givesRole, rolesOf, type RoleGroup } from "./roles.ts";

const [admins, owners, editors, others] = ["Admins", "Owners", "Editors", "Others"].map((name): RoleGroup => ({
  id: `group_${name}`,
  name,
})) as [RoleGroup, RoleGroup, RoleGroup, RoleGroup];

const several: RoleAssignment = {
  mode: "multiple",
  default_role: "member",
  groups: [
    { group: "admins", role: "admin" },
    { group: owners.id, role: "admin" },
    { group: "Editors", role: "editor" },
  ],
};
const single: RoleAssignment = { ...several, mode: "single" };

test.each<[name: string, assignment: RoleAssignment, groups: readonly RoleGroup[], slugs: readonly string[]]>([
  ["all of them, the highest of the mapping first", several, [editors, admins], ["admin", "editor"]],
  ["the highest alone, where one is to be had", single, [editors, admins], ["admin"]],
  ["one that two groups give, once", several, [owners, admins], ["admin"]],
  ["the default one, in none of the groups", several, [others], ["member"]],
  ["no default one beside another", several, [others, editors], ["editor"]],
  ["none, where there is no default one", { ...several, default_role: null }, [others], []],
])("a person gets %s", (_name, assignment, groups, slugs) => {
  const roles = rolesOf(assignment, groups);
  expect(roles.roles?.map(({ slug }) => slug)).toEqual(slugs);
  expect(roles.role?.slug).toBe(slugs[0]);
});

test("a directory that assigns no roles says nothing of any, whatever becomes of its groups", () => {
  expect(rolesOf(null, [admins])).toEqual({});
  expect([givesRole(null, admins), givesOtherRoles(null, admins, editors)]).toEqual([false, false]);
});

test("a group that becomes another one gives other roles only where a name or an id of the mapping is in it", () => {
  expect(givesOtherRoles(several, others, { ...others, name: "Strangers" })).toBe(false);
  expect(givesOtherRoles(several, owners, { ...owners, name: "Strangers" })).toBe(false);
  expect(givesOtherRoles(several, admins, { ...admins, name: "ADMINS" })).toBe(false);
  expect(givesOtherRoles(several, others, { ...others, name: "editors" })).toBe(true);
  expect(givesOtherRoles(several, admins, owners)).toBe(true);
});
