import { describe, expect, test } from "vitest";
import { parseAttributePath, resolvePath } from "./attribute-path.ts";
import { enterpriseUserUrn } from "./schemas.ts";

const core = "urn:ietf:params:scim:schemas:core:2.0:User";

describe("a path is taken apart at the right place", () => {
  test.each([
    { text: "userName", path: [null, "userName", null] },
    { text: "name.familyName", path: [null, "name", "familyName"] },
    { text: "members.$ref", path: [null, "members", "$ref"] },
    { text: `${core}:userName`, path: [null, "userName", null] },
    { text: `${core}:name.familyName`, path: [null, "name", "familyName"] },
    { text: core, path: [null, null, null] },
    { text: enterpriseUserUrn, path: [enterpriseUserUrn, null, null] },
    { text: `${enterpriseUserUrn}:department`, path: [enterpriseUserUrn, "department", null] },
    { text: `${enterpriseUserUrn}.department`, path: [enterpriseUserUrn, "department", null] },
    { text: `${enterpriseUserUrn.toUpperCase()}:manager.value`, path: [enterpriseUserUrn, "manager", "value"] },
    { text: "urn:acme:2.0:User:badge", path: ["urn:acme:2.0:User", "badge", null] },
    { text: "urn:acme:2.0:User.badge", path: ["urn:acme:2.0:User", "badge", null] },
    { text: "urn:acme:2.0:User:desk.floor", path: ["urn:acme:2.0:User", "desk", "floor"] },
    { text: "urn:acme:2.0:CustomUser", path: ["urn:acme:2.0:CustomUser", null, null] },
    { text: "urn:acme:2.0", path: ["urn:acme:2.0", null, null] },
    { text: "urn:acme:2.0:badge", path: ["urn:acme:2.0", "badge", null] },
    { text: "urn:acme:badge", path: ["urn:acme", "badge", null] },
  ])("$text", ({ text, path: [schema, attribute, sub] }) => {
    expect(parseAttributePath(text, "invalidPath")).toEqual({ schema, attribute, sub });
  });

  test("a value that is an object tells an unknown schema from an attribute", () => {
    expect(parseAttributePath("urn:acme:staff", "invalidPath", { valueIsObject: true })).toMatchObject({
      schema: "urn:acme:staff",
    });
    expect(parseAttributePath("urn:acme:2.0:User:desk", "invalidPath", { valueIsObject: true })).toMatchObject({
      attribute: "desk",
    });
  });
});

describe("a path that cannot be one is refused", () => {
  test.each([
    "",
    ".",
    "a.",
    ".a",
    "a.b.c",
    "a b",
    "1a",
    "-a",
    "a/b",
    "http://x/y",
    "user name",
    "é",
    `${core}:`.concat("a.b.c"),
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "name.__proto__",
    "__proto__.polluted",
    "urn:acme:2.0:User:constructor",
    `${enterpriseUserUrn}:valueOf`,
  ])("%s", (text) => {
    expect(() => parseAttributePath(text, "invalidPath")).toThrow(
      expect.objectContaining({ status: 400, scimType: "invalidPath" }),
    );
  });
});

test("names resolve to the spelling of the schema, unknown ones to themselves", () => {
  const spelled = (text: string): unknown => {
    const { attribute, sub } = resolvePath("User", parseAttributePath(text, "invalidPath"));
    return [attribute, sub];
  };
  expect(spelled("EMAILS.VALUE")).toEqual(["emails", "value"]);
  expect(spelled("ExternalID")).toEqual(["externalId", null]);
  expect(spelled(`${enterpriseUserUrn}:DEPARTMENT`)).toEqual(["department", null]);
  expect(spelled("Shoe.Size")).toEqual(["Shoe", "Size"]);
});
