import { describe, expect, test } from "vitest";
import { profileOf } from "../profiles/index.ts";
import { mergePut, parseGroup, parseUser, schemasOf } from "./resource.ts";
import { enterpriseUserUrn, groupSchemaUrn, userSchemaUrn } from "./schema/schemas.ts";

const profile = profileOf("generic scim v2.0");
const email = "ann@x.test";

describe("a user body becomes canonical attributes", () => {
  test.each([
    {
      source: "okta-02, read-only and secret attributes go",
      body: {
        schemas: [userSchemaUrn],
        id: "x",
        meta: {},
        groups: [],
        password: "p",
        userName: email,
        locale: "en-US",
      },
      resource: { userName: email, locale: "en-US" },
    },
    {
      source: "RFC 7643 2.1, names in any letter case",
      body: { USERNAME: email, Name: { GIVENNAME: "Ann" }, Emails: [{ VALUE: email, Type: "work" }] },
      resource: { userName: email, name: { givenName: "Ann" }, emails: [{ value: email, type: "work" }] },
    },
    {
      source: "okta-14, blank text is unset",
      body: { userName: email, title: "", nickName: "  ", name: { middleName: "" }, addresses: "" },
      resource: { userName: email },
    },
    {
      source: "onelogin, null is unset",
      body: { userName: email, title: null, name: null, emails: null, active: null, [enterpriseUserUrn]: null },
      resource: { userName: email },
    },
    {
      source: "onelogin, one object for a list",
      body: { userName: email, emails: { value: email, type: "work" } },
      resource: { userName: email, emails: [{ value: email, type: "work" }] },
    },
    {
      source: "onelogin-02, legacy URNs",
      body: { userName: email, "urn:scim:schemas:extension:enterprise:2.0": { department: "QA", Manager: "m1" } },
      resource: { userName: email, [enterpriseUserUrn]: { department: "QA", manager: { value: "m1" } } },
    },
    {
      source: "both names of the extension",
      body: {
        userName: email,
        "urn:scim:schemas:extension:enterprise:1.0": { department: "A", division: "D" },
        [enterpriseUserUrn.toUpperCase()]: { department: "B" },
      },
      resource: { userName: email, [enterpriseUserUrn]: { department: "B" } },
    },
    {
      source: "entra-02, blank manager and an extension without content",
      body: { userName: email, roles: [], [enterpriseUserUrn]: { manager: "" } },
      resource: { userName: email },
    },
    {
      source: "entra, text for a flag",
      body: { userName: email, active: "False" },
      resource: { userName: email, active: false },
    },
    {
      source: "okta-10, a list of one flag",
      body: { userName: email, active: [false] },
      resource: { userName: email, active: false },
    },
    {
      source: "entra, text for a flag in a list",
      body: { userName: email, emails: [{ value: email, primary: "True" }] },
      resource: { userName: email, emails: [{ value: email, primary: true }] },
    },
    {
      source: "rippling-02, no type",
      body: { userName: "ann", emails: [{ value: email, primary: true }] },
      resource: { userName: "ann", emails: [{ value: email, primary: true }] },
    },
    {
      source: "RFC 7643 2.4, one primary",
      body: {
        userName: "ann",
        emails: [
          { value: "a@x", primary: true },
          { value: "b@x", primary: true },
        ],
      },
      resource: {
        userName: "ann",
        emails: [
          { value: "a@x", primary: true },
          { value: "b@x", primary: false },
        ],
      },
    },
    {
      source: "elements that say nothing",
      body: { userName: email, phoneNumbers: [{ type: "work", value: "" }, null, {}, { value: "+1" }] },
      resource: { userName: email, phoneNumbers: [{ value: "+1" }] },
    },
    {
      source: "pingone-02, a custom extension is kept",
      body: { userName: email, "urn:example:acme:2.0:User": { badge: "B-9", none: null } },
      resource: { userName: email, "urn:example:acme:2.0:User": { badge: "B-9" } },
    },
    {
      source: "unknown attributes are kept",
      body: { userName: email, favourite: { color: "red", list: [1, null, ""] } },
      resource: { userName: email, favourite: { color: "red", list: [1] } },
    },
    {
      source: "numbers for text",
      body: { userName: email, externalId: 42, [enterpriseUserUrn]: { employeeNumber: 7 } },
      resource: { userName: email, externalId: "42", [enterpriseUserUrn]: { employeeNumber: "7" } },
    },
    {
      source: "core attributes under their URN",
      body: { [userSchemaUrn]: { userName: email, active: "true", id: "x" } },
      resource: { userName: email, active: true },
    },
    {
      source: "names that are paths",
      body: {
        userName: email,
        "name.givenName": "Ann",
        "name.familyName": "Lee",
        [`${enterpriseUserUrn}:department`]: "QA",
      },
      resource: {
        userName: email,
        name: { givenName: "Ann", familyName: "Lee" },
        [enterpriseUserUrn]: { department: "QA" },
      },
    },
  ])("$source", ({ body, resource }) => {
    expect(parseUser(body, profile)).toEqual(resource);
  });

  test("the body itself does not change", () => {
    const body = { userName: email, emails: [{ value: email, primary: "True" }], "name.givenName": "Ann" };
    const before = structuredClone(body);
    parseUser(body, profile);
    expect(body).toEqual(before);
  });
});

describe("a body that cannot be a user or a group is refused", () => {
  const deep = (levels: number): unknown => (levels === 0 ? "x" : { inner: deep(levels - 1) });
  test.each([
    { body: undefined, scimType: "invalidSyntax" },
    { body: null, scimType: "invalidSyntax" },
    { body: [], scimType: "invalidSyntax" },
    { body: "user", scimType: "invalidSyntax" },
    { body: {}, scimType: "invalidValue" },
    { body: { userName: "" }, scimType: "invalidValue" },
    { body: { userName: null }, scimType: "invalidValue" },
    { body: { userName: {} }, scimType: "invalidSyntax" },
    { body: { userName: "ann" }, scimType: "invalidValue" },
    { body: { userName: "ann", emails: [{ value: " " }] }, scimType: "invalidValue" },
    { body: { userName: email, active: "maybe" }, scimType: "invalidSyntax" },
    { body: { userName: email, active: 1 }, scimType: "invalidSyntax" },
    { body: { userName: email, active: {} }, scimType: "invalidSyntax" },
    { body: { userName: email, name: "Ann" }, scimType: "invalidSyntax" },
    { body: { userName: email, title: ["a", "b"] }, scimType: "invalidSyntax" },
    { body: { userName: email, emails: [[1, 2]] }, scimType: "invalidSyntax" },
    { body: { userName: email, [enterpriseUserUrn]: [] }, scimType: "invalidSyntax" },
    { body: { userName: email, unknown: deep(32) }, scimType: "invalidSyntax" },
    { body: { userName: email, roles: Array.from({ length: 1001 }, (_, i) => `r${i}`) }, scimType: "invalidValue" },
    {
      body: { userName: email, more: Object.fromEntries(Array.from({ length: 251 }, (_, i) => [`n${i}`, 1])) },
      scimType: "invalidSyntax",
    },
  ])("user $#: $scimType", ({ body, scimType }) => {
    expect(() => parseUser(body, profile)).toThrow(expect.objectContaining({ status: 400, scimType }));
  });

  test.each([{ body: {} }, { body: { displayName: "" } }, { body: { displayName: null, members: [] } }])(
    "group $body",
    ({ body }) => {
      expect(() => parseGroup(body, profile)).toThrow(expect.objectContaining({ scimType: "invalidValue" }));
    },
  );

  test("at the limits it is taken", () => {
    expect(parseUser({ userName: email, unknown: deep(30) }, profile)).toHaveProperty("unknown");
    expect(
      parseUser({ userName: email, roles: Array.from({ length: 1000 }, (_, i) => `r${i}`) }, profile),
    ).toHaveProperty("roles");
  });

  test("a message names the attribute and never repeats the value", () => {
    expect(() => parseUser({ userName: email, active: "s3cret" }, profile)).toThrow(
      expect.objectContaining({ message: "'active' is expected boolean, received string." }),
    );
  });
});

test.each([groupSchemaUrn, "urn:scim:schemas:core:2.0", "URN:scim:schemas:core:1.0:Group"])(
  "a group under %s keeps its members",
  (urn) => {
    expect(parseGroup({ [urn]: { displayName: "G", Members: ["u1"] } }, profile)).toEqual({
      resource: { displayName: "G" },
      members: [{ value: "u1" }],
    });
  },
);

describe("a PUT replaces everything it may", () => {
  const current = { userName: "a@x", active: false, externalId: "e1", title: "Lead" };
  test.each([
    {
      source: "sailpoint-05, absent active stays",
      replacement: { userName: "b@x" },
      after: { userName: "b@x", active: false, externalId: "e1" },
    },
    {
      source: "active is set",
      replacement: { userName: "a@x", active: true, externalId: "e2" },
      after: { userName: "a@x", active: true, externalId: "e2" },
    },
  ])("$source", ({ replacement, after }) => {
    expect(mergePut(current, replacement)).toEqual(after);
  });
});

test("schemas name the core and what the resource carries", () => {
  expect(schemasOf("User", { userName: "a@x", [enterpriseUserUrn]: { department: "QA" } })).toEqual([
    userSchemaUrn,
    enterpriseUserUrn,
  ]);
  expect(schemasOf("Group", { displayName: "G" })).toEqual([groupSchemaUrn]);
});
