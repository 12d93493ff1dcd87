import { describe, expect, test } from "vitest";
import { patched, profile } from "../../fixtures/patched-user.ts";
import { applyPatch, parsePatch } from "./patch.ts";

describe("a PATCH that cannot be done is refused as a whole, with the reason", () => {
  test.each([
    {
      title: "unknown verb (generic-04)",
      operations: [{ op: "frobnicate", path: "title", value: "x" }],
      scimType: "invalidSyntax",
    },
    { title: "no verb", operations: [{ path: "title", value: "x" }], scimType: "invalidSyntax" },
    { title: "an operation that is no object", operations: ["replace"], scimType: "invalidSyntax" },
    { title: "remove without a path", operations: [{ op: "remove" }], scimType: "noTarget" },
    { title: "no path and no object", operations: [{ op: "add", value: "x" }], scimType: "invalidValue" },
    { title: "path of a wrong type", operations: [{ op: "add", path: 7, value: "x" }], scimType: "invalidPath" },
    {
      title: "broken filter",
      operations: [{ op: "add", path: 'emails[type eq "work".value', value: "x" }],
      scimType: "invalidFilter",
    },
    {
      title: "path behind the filter",
      operations: [{ op: "add", path: 'emails[type eq "work"]value', value: "x" }],
      scimType: "invalidPath",
    },
    {
      title: "two filters",
      operations: [{ op: "add", path: "emails[type pr][value pr].value", value: "x" }],
      scimType: "invalidPath",
    },
    {
      title: "filter on a single value",
      operations: [{ op: "add", path: 'name[givenName eq "x"].familyName', value: "x" }],
      scimType: "invalidPath",
    },
    {
      title: "part of a simple value",
      operations: [{ op: "add", path: "title.text", value: "x" }],
      scimType: "invalidPath",
    },
    { title: "too deep", operations: [{ op: "add", path: "a.b.c", value: "x" }], scimType: "invalidPath" },
    {
      title: "order on a flag",
      operations: [{ op: "add", path: "emails[primary gt true].value", value: "x" }],
      scimType: "invalidFilter",
    },
    {
      title: "nothing to create",
      operations: [{ op: "replace", path: 'ims[value co "x"].type', value: "x" }],
      scimType: "noTarget",
    },
    { title: "read-only", operations: [{ op: "replace", path: "id", value: "x" }], scimType: "mutability" },
    {
      title: "read-only part",
      operations: [{ op: "replace", path: "meta.created", value: "x" }],
      scimType: "mutability",
    },
    {
      title: "groups of a user",
      operations: [{ op: "add", path: "groups", value: [{ value: "g" }] }],
      scimType: "mutability",
    },
    {
      title: "active that is no flag",
      operations: [{ op: "replace", path: "active", value: "maybe" }],
      scimType: "invalidSyntax",
    },
    {
      title: "active that is a number",
      operations: [{ op: "replace", path: "active", value: 0 }],
      scimType: "invalidSyntax",
    },
    {
      title: "text for an object",
      operations: [{ op: "replace", path: "name", value: "Ann" }],
      scimType: "invalidSyntax",
    },
    {
      title: "a list for a single value",
      operations: [{ op: "replace", path: "title", value: ["a", "b"] }],
      scimType: "invalidSyntax",
    },
    { title: "userName removed", operations: [{ op: "remove", path: "userName" }], scimType: "mutability" },
    {
      title: "userName removed by its URN, after another change",
      operations: [
        { op: "add", path: "title", value: "x" },
        { op: "Remove", path: "urn:ietf:params:scim:schemas:core:2.0:User:USERNAME" },
      ],
      scimType: "mutability",
    },
    { title: "nothing added", operations: [{ op: "add", path: "title" }], scimType: "invalidValue" },
    { title: "nothing added to a list", operations: [{ op: "add", path: "emails" }], scimType: "invalidValue" },
    {
      title: "nothing added to an element",
      operations: [{ op: "add", path: 'emails[type eq "work"]' }],
      scimType: "invalidValue",
    },
    { title: "userName blank", operations: [{ op: "replace", value: { userName: " " } }], scimType: "invalidValue" },
    {
      title: "the last usable e-mail",
      operations: [
        { op: "replace", path: "userName", value: "ann" },
        { op: "remove", path: "emails" },
      ],
      scimType: "invalidValue",
    },
  ])("$title", ({ operations, scimType }) => {
    expect(() => patched([{ op: "replace", path: "displayName", value: "Changed" }, ...operations])).toThrow(
      expect.objectContaining({ status: 400, scimType }),
    );
  });

  test.each([
    [undefined],
    [null],
    [[]],
    ["x"],
    [{}],
    [{ Operations: "x" }],
    [{ Operations: null }],
    [{ active: false }],
  ])("a body without operations: %j", (body) => {
    expect(() => parsePatch("User", body, profile)).toThrow(
      expect.objectContaining({ status: 400, scimType: "invalidSyntax" }),
    );
  });

  test("the message says which operation, and repeats no value", () => {
    expect(() =>
      patched([
        { op: "replace", path: "title", value: "fine" },
        { op: "replace", path: "active", value: "s3cret" },
      ]),
    ).toThrow(expect.objectContaining({ message: "Operation 2: 'active' is expected boolean, received string." }));
  });

  test("a user without an address stays changeable", () => {
    const noAddress = { userName: "ann", active: true };
    expect(patched([{ op: "replace", value: { active: false } }], noAddress)).toEqual({
      userName: "ann",
      active: false,
    });
  });
});

describe("a group keeps its attributes apart from its members", () => {
  const team = { displayName: "Team", externalId: "t1" };
  test.each([
    { operations: [{ op: "replace", value: { id: "g1", displayName: "Team" } }], after: team },
    {
      operations: [{ op: "replace", value: { id: "g1", displayName: "Crew" } }],
      after: { ...team, displayName: "Crew" },
    },
    { operations: [{ op: "Replace", path: "displayName", value: "Crew" }], after: { ...team, displayName: "Crew" } },
    { operations: [{ op: "add", path: "members", value: [{ value: "u1" }] }], after: team },
    { operations: [{ op: "replace", value: { members: [{ value: "u1" }] } }], after: team },
  ])("$operations", ({ operations, after }) => {
    expect(applyPatch("Group", team, parsePatch("Group", { Operations: operations }, profile))).toEqual(after);
  });

  test("a group cannot lose its name", () => {
    const operations = parsePatch("Group", { Operations: [{ op: "remove", path: "displayName" }] }, profile);
    expect(() => applyPatch("Group", team, operations)).toThrow(expect.objectContaining({ scimType: "mutability" }));
  });
});
