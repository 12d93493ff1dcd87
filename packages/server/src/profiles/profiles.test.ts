import { describe, expect, test } from "vitest";
import { enterpriseUserUrn, userSchemaUrn } from "../scim/schema/schemas.ts";
import { profileOf } from "./index.ts";

const generic = profileOf("generic scim v2.0");
const patchSchemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];

/** The operations that a profile makes of some. */
function plain(...operations: readonly unknown[]): unknown {
  return generic.patch("User", { Operations: operations });
}

test.each([
  { type: "okta scim v2.0", name: "okta" },
  { type: "azure scim v2.0", name: "entra" },
  { type: "Onelogin SCIM v2.0", name: "onelogin" },
  { type: "jump cloud scim v2.0", name: "jumpcloud" },
  { type: "pingfederate scim v2.0", name: "pingfederate" },
  { type: "rippling scim v2.0", name: "rippling" },
  { type: "cyberark scim v2.0", name: "cyberark" },
  { type: "sailpoint scim v2.0", name: "sailpoint" },
  { type: "generic scim v2.0", name: "generic" },
  { type: "a provider nobody has heard of", name: "generic" },
  { type: "__proto__", name: "generic" },
])("$type has the profile $name", ({ type, name }) => {
  expect(profileOf(type).name).toBe(name);
});

describe("after a profile no dialect is left", () => {
  test.each([
    {
      source: "entra-08",
      operation: { op: "Replace", path: "active", value: "False" },
      plain: [{ op: "replace", path: "active", value: false }],
    },
    {
      source: "okta-10",
      operation: { op: "replace", value: { active: [false] } },
      plain: [{ op: "replace", value: { active: false } }],
    },
    {
      source: "entra-06",
      operation: { op: "Add", path: `${enterpriseUserUrn}:manager`, value: "m1" },
      plain: [{ op: "add", path: `${enterpriseUserUrn}:manager`, value: { value: "m1" } }],
    },
    {
      source: "entra-07",
      operation: { op: "Replace", path: `${enterpriseUserUrn}:manager`, value: "" },
      plain: [{ op: "replace", path: `${enterpriseUserUrn}:manager`, value: null }],
    },
    {
      source: "entra-10, in the order of the text",
      operation: { op: "replace", value: { title: "a", "name.givenName": "A", locale: "en", active: "True" } },
      plain: [
        { op: "replace", value: { title: "a" } },
        { op: "replace", path: "name.givenName", value: "A" },
        { op: "replace", value: { locale: "en", active: true } },
      ],
    },
    {
      source: "entra-10, URN",
      operation: { op: "replace", value: { [`${enterpriseUserUrn}:department`]: "People" } },
      plain: [{ op: "replace", path: `${enterpriseUserUrn}:department`, value: "People" }],
    },
    {
      source: "a whole extension stays one",
      operation: { op: "add", value: { [enterpriseUserUrn]: { department: "People", manager: "m1" } } },
      plain: [{ op: "add", value: { [enterpriseUserUrn]: { department: "People", manager: { value: "m1" } } } }],
    },
    {
      source: "onelogin",
      operation: { op: "remove", path: "urn:scim:schemas:extension:enterprise:1.0:department" },
      plain: [{ op: "remove", path: `${enterpriseUserUrn}:department` }],
    },
    ...[
      ["urn:scim:schemas:extension:enterprise:2.0:manager.managerId", "m1", `${enterpriseUserUrn}:manager.value`, "m1"],
      [`${enterpriseUserUrn}.Manager.ManagerId`, 7, `${enterpriseUserUrn}:manager.value`, "7"],
      [`${enterpriseUserUrn}:manager`, { managerId: "m1" }, `${enterpriseUserUrn}:manager`, { value: "m1" }],
      [enterpriseUserUrn, { manager: { managerId: "m1" } }, enterpriseUserUrn, { manager: { value: "m1" } }],
      ["manager.managerId", "m1", "manager.managerId", "m1"],
    ].map(([path, value, plainPath, plainValue]) => ({
      source: `the manager of SCIM 1.1 at ${JSON.stringify(path)}`,
      operation: { op: "replace", path, value },
      plain: [{ op: "replace", path: plainPath, value: plainValue }],
    })),
    {
      source: "the manager of SCIM 1.1 without a path",
      operation: {
        op: "replace",
        value: { "urn:scim:schemas:extension:enterprise:2.0": { manager: { managerId: "m1" } } },
      },
      plain: [{ op: "replace", value: { [enterpriseUserUrn]: { manager: { value: "m1" } } } }],
    },
    {
      source: "the current URN begins like a legacy one",
      operation: { op: "remove", path: `${enterpriseUserUrn}.department` },
      plain: [{ op: "remove", path: `${enterpriseUserUrn}.department` }],
    },
    {
      source: "generic-02",
      operation: { OP: " Remove ", PATH: "title" },
      plain: [{ op: "remove", path: "title" }],
    },
    {
      source: "one object for a list",
      operation: { op: "add", path: "phoneNumbers", value: { value: 123, primary: "true" } },
      plain: [{ op: "add", path: "phoneNumbers", value: [{ value: "123", primary: true }] }],
    },
    {
      source: "a list of one for a selected element",
      operation: { op: "add", path: 'emails[type eq "work"]', value: [{ value: "a@x" }] },
      plain: [{ op: "add", path: 'emails[type eq "work"]', value: { value: "a@x" } }],
    },
  ])("$source", ({ operation, plain: expected }) => {
    expect(plain(operation)).toEqual({ schemas: patchSchemas, Operations: expected });
  });

  test.each([
    {
      source: "the manager of SCIM 1.1, in an extension with its old name",
      body: {
        "urn:scim:schemas:extension:enterprise:1.0": {
          department: "QA",
          manager: { managerId: "m1", displayName: "M" },
        },
      },
      plain: { [enterpriseUserUrn]: { department: "QA", manager: { value: "m1", displayName: "M" } } },
    },
    {
      source: "the same by its path",
      body: { "urn:scim:schemas:extension:enterprise:2.0:manager.managerId": "m1" },
      plain: { [enterpriseUserUrn]: { manager: { value: "m1" } } },
    },
    {
      source: "a manager by both names",
      body: { [enterpriseUserUrn]: { Manager: { ManagerID: "old", Value: "m1" } } },
      plain: { [enterpriseUserUrn]: { Manager: { Value: "m1" } } },
    },
    {
      source: "onelogin-02",
      body: { schemas: ["urn:scim:schemas:core:2.0"], "urn:scim:schemas:core:2.0": { title: "x", active: "false" } },
      plain: { [userSchemaUrn]: { title: "x", active: false } },
    },
    {
      source: "attributes by the path of their extension, also where they are objects",
      body: {
        [`${enterpriseUserUrn}:department`]: "People",
        [`${enterpriseUserUrn}:manager`]: { value: "m1" },
        "urn:acme:2.0:User:desk": { floor: 3 },
        "urn:acme:staff": { badge: "7" },
      },
      plain: {
        [enterpriseUserUrn]: { department: "People", manager: { value: "m1" } },
        "urn:acme:2.0:User": { desk: { floor: 3 } },
        "urn:acme:staff": { badge: "7" },
      },
    },
    {
      source:
        "an extension that `schemas` names is one, whatever its name looks like (Okta's own extensions end in `custom`)",
      body: {
        schemas: [userSchemaUrn, "urn:okta:onprem_app:1.0:user:custom", "URN:acme:1.0:Badges"],
        "urn:okta:onprem_app:1.0:user:custom": { badge: "7" },
        "urn:okta:onprem_app:1.0:user:custom:floor": "3",
        "urn:acme:1.0:badges": { red: true },
      },
      plain: {
        "urn:okta:onprem_app:1.0:user:custom": { badge: "7", floor: "3" },
        "urn:acme:1.0:badges": { red: true },
      },
    },
    {
      source: "what is already plain stays as it is",
      body: { userName: "a", active: true, emails: [{ value: "a@x", primary: true }], custom: { a: "True" } },
      plain: { userName: "a", active: true, emails: [{ value: "a@x", primary: true }], custom: { a: "True" } },
    },
    {
      source: "what cannot be meant is left to be refused",
      body: { active: "maybe", title: ["a", "b"], name: "Ann", userName: { a: 1 } },
      plain: { active: "maybe", title: ["a", "b"], name: "Ann", userName: { a: 1 } },
    },
  ])("$source", ({ body, plain: expected }) => {
    expect(generic.resource("User", body)).toMatchObject(expected);
  });
});

describe("what is no SCIM body passes through, to be refused by the core", () => {
  test.each([[undefined], [null], [7], ["x"], [[1]], [{}], [{ Operations: 7 }]])("%j", (body) => {
    expect(generic.patch("User", body)).toBe(body);
  });

  test.each([[undefined], [null], [7], ["x"]])("%j as a resource", (body) => {
    expect(generic.resource("Group", body)).toBe(body);
  });

  test("operations that are no objects stay in their place", () => {
    expect(plain("x", null, { op: "add" })).toMatchObject({ Operations: ["x", null, { op: "add" }] });
  });
});

describe("a query has current names", () => {
  const legacy = "urn:scim:schemas:extension:enterprise:2.0";
  test.each([
    ["attributes", `userName, ${legacy}`, `userName,${enterpriseUserUrn}`],
    ["attributes", "URN:SCIM:Schemas:Core:1.0:userName", `${userSchemaUrn}:userName`],
    ["excludedAttributes", `${legacy}:manager.managerId`, `${enterpriseUserUrn}:manager.value`],
    ["sortBy", `${legacy}:User:department`, `${enterpriseUserUrn}:department`],
    [
      "filter",
      `not (${legacy}:department eq "${legacy}:department") and ${legacy}:manager[ value  eq "m\\"1" ]`,
      `not (${enterpriseUserUrn}:department eq "${legacy}:department") and ${enterpriseUserUrn}:manager[ value  eq "m\\"1" ]`,
    ],
    ["filter", `${legacy}:manager.managerId eq "m1"`, `${enterpriseUserUrn}:manager.value eq "m1"`],
  ])("%s=%s", (name, value, expected) => {
    const query = new URLSearchParams({ [name]: value, count: "7" });
    expect(Object.fromEntries(generic.query(query))).toEqual({ [name]: expected, count: "7" });
    expect(query.get(name)).toBe(value);
  });

  test.each([
    ["filter", `${legacy}:department eq "no end`],
    ["filter", `title eq "${legacy}"`],
    ["attributes", `userName,${enterpriseUserUrn}:department`],
    ["startIndex", legacy],
  ])("%s=%s stays as it is", (name, value) => {
    expect(generic.query(new URLSearchParams({ [name]: value })).get(name)).toBe(value);
  });
});

test("a rewrite applied twice changes nothing more", () => {
  const operations = [
    { op: "Replace", path: 'emails[type eq "work"].value', value: "a@x" },
    { op: "replace", value: { active: ["False"], "name.givenName": "A", [enterpriseUserUrn]: { manager: "m" } } },
  ];
  const once = plain(...operations);
  expect(generic.patch("User", once)).toEqual(once);
});
