import { describe, expect, test } from "vitest";
import { ann, annWith, enterprise, home, patched, profile, work } from "../../fixtures/patched-user.ts";
import { applyPatch, parsePatch } from "./patch.ts";
import { enterpriseUserUrn } from "../schema/schemas.ts";

describe("what identity providers send does what they mean", () => {
  test.each([
    {
      source: "okta-06",
      operations: [{ op: "replace", value: { active: false } }],
      after: annWith({ active: false }),
    },
    {
      source: "okta-10, one-element list",
      operations: [{ op: "replace", value: { active: [false] } }],
      after: annWith({ active: false }),
    },
    { source: "okta-11, password", operations: [{ op: "replace", value: { password: "N3w-Secret#9" } }], after: ann },
    {
      source: "okta-14, blank text clears",
      operations: [{ op: "replace", value: { displayName: "" } }],
      after: annWith({ displayName: undefined }),
    },
    {
      source: "entra-08",
      operations: [{ op: "Replace", path: "active", value: "False" }],
      after: annWith({ active: false }),
    },
    {
      source: "entra-09, op Add",
      operations: [{ op: "Add", path: "active", value: "False" }],
      after: annWith({ active: false }),
    },
    {
      source: "entra-03",
      operations: [
        { op: "Replace", path: 'emails[type eq "work"].value', value: "ann2@work.test" },
        { op: "Replace", path: "name.familyName", value: "Lee-Park" },
        { op: "Add", path: `${enterpriseUserUrn}:department`, value: "Finance" },
        { op: "Add", path: "title", value: "Lead" },
      ],
      after: {
        ...enterprise({ department: "Finance" }),
        emails: [{ ...work, value: "ann2@work.test" }, home],
        name: { givenName: "Ann", familyName: "Lee-Park", formatted: "Ann Lee" },
        title: "Lead",
      },
    },
    {
      source: "entra-04, an element that is not there is created",
      operations: [{ op: "Add", path: 'phoneNumbers[type eq "mobile"].value', value: "+46" }],
      after: annWith({ phoneNumbers: [{ type: "mobile", value: "+46" }] }),
    },
    {
      source: "entra-05",
      operations: [
        { op: "Replace", path: 'addresses[type eq "work"].streetAddress', value: "1 Main St" },
        { op: "Replace", path: 'addresses[type eq "work"].locality', value: "Umea" },
      ],
      after: annWith({ addresses: [{ type: "work", streetAddress: "1 Main St", locality: "Umea" }] }),
    },
    {
      source: "entra-06, the old manager's name goes with the old manager",
      operations: [{ op: "Add", path: `${enterpriseUserUrn}:manager`, value: "m2" }],
      after: enterprise({ manager: { value: "m2" } }),
    },
    {
      source: "entra-06, the same manager keeps its name",
      operations: [{ op: "Replace", path: `${enterpriseUserUrn}:manager`, value: "m1" }],
      after: ann,
    },
    {
      source: "RFC 7643 4.3, manager as an object",
      operations: [
        { op: "replace", path: `${enterpriseUserUrn}:manager`, value: { displayName: "New Boss", value: "m2" } },
      ],
      after: enterprise({ manager: { value: "m2", displayName: "New Boss" } }),
    },
    {
      source: "entra-07, cleared with blank text",
      operations: [{ op: "Replace", path: `${enterpriseUserUrn}:manager`, value: "" }],
      after: enterprise({ manager: undefined }),
    },
    {
      source: "entra-07, removed",
      operations: [{ op: "Remove", path: `${enterpriseUserUrn}:manager` }],
      after: enterprise({ manager: undefined }),
    },
    {
      source: "entra-07, .value",
      operations: [{ op: "Replace", path: `${enterpriseUserUrn}:manager.value`, value: "" }],
      after: enterprise({ manager: undefined }),
    },
    {
      source: "entra-10",
      operations: [
        {
          op: "replace",
          value: {
            displayName: "Ann Park",
            "name.familyName": "Park",
            'emails[type eq "work"].value': "park@work.test",
            [`${enterpriseUserUrn}:department`]: "People",
            active: false,
          },
        },
      ],
      after: {
        ...enterprise({ department: "People" }),
        displayName: "Ann Park",
        name: { givenName: "Ann", familyName: "Park", formatted: "Ann Lee" },
        emails: [{ ...work, value: "park@work.test" }, home],
        active: false,
      },
    },
    {
      source: "entra-12, null clears one part and leaves its siblings",
      operations: [{ op: "Replace", path: "name", value: { familyName: null } }],
      after: annWith({ name: { givenName: "Ann", formatted: "Ann Lee" } }),
    },
    {
      source: "entra-13, the last one counts",
      operations: [
        { op: "Add", path: "displayName", value: "A" },
        { op: "Replace", path: "displayName", value: "B" },
        { op: "Add", path: "nickName", value: "x" },
        { op: "Remove", path: "nickName" },
      ],
      after: annWith({ displayName: "B" }),
    },
    {
      source: "entra-14, text for a flag in the filter",
      operations: [{ op: "Add", path: 'roles[primary eq "True"].value', value: "Admin" }],
      after: annWith({ roles: [{ primary: true, value: "Admin" }] }),
    },
    {
      source: "entra-14, the element is there",
      current: annWith({ roles: [{ primary: true, value: "User" }] }),
      operations: [{ op: "Add", path: 'roles[primary eq "True"].value', value: "Admin" }],
      after: annWith({ roles: [{ primary: true, value: "Admin" }] }),
    },
    {
      source: "azure-docs #42220, a value in a list of one object",
      operations: [{ op: "Replace", path: "displayName", value: [{ $ref: null, value: "Ann X" }] }],
      after: annWith({ displayName: "Ann X" }),
    },
    {
      source: "generic-02",
      operations: [{ Op: "REPLACE", Path: "NAME.givenname", Value: "Iain" }],
      after: annWith({ name: { ...ann.name, givenName: "Iain" } }),
    },
    {
      source: "generic-14",
      operations: [{ op: "replace", value: { id: "other", displayName: "B" } }],
      after: annWith({ displayName: "B" }),
    },
    {
      source: "onelogin, legacy URN in a path",
      operations: [{ op: "replace", path: "urn:scim:schemas:extension:enterprise:2.0:department", value: "Ops" }],
      after: enterprise({ department: "Ops" }),
    },
    {
      source: "onelogin, legacy URN without a path",
      operations: [{ op: "replace", value: { "urn:scim:schemas:extension:enterprise:1.0": { department: "Ops" } } }],
      after: enterprise({ department: "Ops" }),
    },
    {
      source: "scimmy #59, Microsoft's validator sends no operations",
      operations: [],
      after: ann,
    },
  ])("$source", ({ operations, after, current = ann }) => {
    const result = patched(operations, current);
    expect(result).toEqual(after);
    expect(Object.values(result)).not.toContain(undefined);
  });

  test("Operations may be spelled in any letter case, stand alone, and lack schemas", () => {
    const operation = { op: "replace", path: "title", value: "Lead" };
    for (const body of [{ operations: [operation] }, { OPERATIONS: operation }]) {
      expect(applyPatch("User", ann, parsePatch("User", body, profile))).toEqual(annWith({ title: "Lead" }));
    }
  });
});

describe("what other implementations get wrong is right here", () => {
  // Every row of the failure lists in scim-libs.md, "Correctness on IdP bodies".
  test.each([
    {
      source: "scimmy: adding a value again",
      operations: [{ op: "add", path: "emails", value: [{ value: "ANN@work.test", type: "work" }] }],
      after: annWith({ emails: [{ ...work, value: "ANN@work.test" }, home] }),
    },
    {
      source: "scimmy: replace name drops siblings",
      operations: [{ op: "replace", path: "name", value: { familyName: "X" } }],
      after: annWith({ name: { givenName: "Ann", familyName: "X", formatted: "Ann Lee" } }),
    },
    {
      source: "scim-patch: UserName makes a second key",
      operations: [{ op: "replace", path: "UserName", value: "b@work.test" }],
      after: annWith({ userName: "b@work.test" }),
    },
    {
      source: "scimmy: a list without a path is replaced",
      operations: [{ op: "replace", value: { emails: [{ value: "n@work.test", type: "work" }] } }],
      after: annWith({ emails: [{ value: "n@work.test", type: "work" }] }),
    },
    {
      source: "scimmy, scim-patch: a new primary takes the flag",
      operations: [{ op: "add", path: "emails", value: [{ value: "n@x.test", primary: true }] }],
      after: annWith({ emails: [{ ...work, primary: false }, home, { value: "n@x.test", primary: true }] }),
    },
    {
      source: "a new primary by filter takes the flag",
      operations: [{ op: "replace", path: 'emails[type eq "home"].primary', value: "true" }],
      after: annWith({
        emails: [
          { ...work, primary: false },
          { ...home, primary: true },
        ],
      }),
    },
    {
      source: "scimmy: escaped quotes in value paths",
      current: annWith({ entitlements: [{ value: 'the "x"' }, { value: "y" }] }),
      operations: [{ op: "remove", path: 'entitlements[value eq "the \\"x\\""]' }],
      after: annWith({ entitlements: [{ value: "y" }] }),
    },
    {
      source: "scimmy: a different id without a path",
      operations: [{ op: "replace", value: { id: "different" } }],
      after: ann,
    },
    {
      source: "scim-patch: an extension object without a path",
      operations: [{ op: "replace", value: { [enterpriseUserUrn]: { division: "D" } } }],
      after: enterprise({ division: "D" }),
    },
    {
      source: "scimmy: sub-attribute under the core URN",
      operations: [{ op: "replace", path: "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName", value: "An" }],
      after: annWith({ name: { ...ann.name, givenName: "An" } }),
    },
    {
      source: "scimmy: case of filter values",
      operations: [{ op: "replace", path: 'emails[type eq "WORK"].value', value: "n@work.test" }],
      after: annWith({ emails: [{ ...work, value: "n@work.test" }, home] }),
    },
  ])("$source", ({ operations, after, current = ann }) => {
    expect(patched(operations, current)).toEqual(after);
  });
});
