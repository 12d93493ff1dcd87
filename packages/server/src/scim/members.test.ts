import { describe, expect, test } from "vitest";
import { profileOf } from "../profiles/index.ts";
import { memberOperations, parsePatch, type MemberOperation } from "./patch/patch.ts";
import { parseGroup } from "./resource.ts";

const profile = profileOf("generic scim v2.0");

function stepsOf(...operations: readonly unknown[]): readonly MemberOperation[] {
  return memberOperations(parsePatch("Group", { Operations: operations }, profile));
}

describe("an operation on members becomes the delta that the provider means", () => {
  const one = [{ value: "u1" }];
  test.each([
    {
      source: "okta-16",
      operation: { op: "add", path: "members", value: [{ value: "u1", display: "one@x" }, { value: "u2" }] },
      steps: [{ op: "add", members: [{ value: "u1", display: "one@x" }, { value: "u2" }] }],
    },
    {
      source: "okta-16",
      operation: { op: "remove", path: 'members[value eq "u1"]' },
      steps: [{ op: "remove", ids: ["u1"] }],
    },
    {
      source: "okta-18, an empty list empties",
      operation: { op: "replace", path: "members", value: [] },
      steps: [{ op: "replace", members: [] }],
    },
    {
      source: "entra-19, $ref null",
      operation: { op: "Add", path: "members", value: [{ $ref: null, value: "u1" }] },
      steps: [{ op: "add", members: one }],
    },
    {
      source: "entra-20, removes exactly these",
      operation: { op: "Remove", path: "members", value: [{ $ref: null, value: "u1" }] },
      steps: [{ op: "remove", ids: ["u1"] }],
    },
    {
      source: "jumpcloud-05",
      operation: { op: "remove", path: "members", value: [{ value: "u1" }] },
      steps: [{ op: "remove", ids: ["u1"] }],
    },
    {
      source: "pingone-01, the whole list each time",
      operation: { op: "replace", value: { members: one } },
      steps: [{ op: "replace", members: one }],
    },
    {
      source: "without a path",
      operation: { op: "add", value: { members: one } },
      steps: [{ op: "add", members: one }],
    },
    {
      source: "generic, no value empties the group",
      operation: { op: "remove", path: "members" },
      steps: [{ op: "removeAll" }],
    },
    {
      source: "an empty list to remove removes nobody",
      operation: { op: "remove", path: "members", value: [] },
      steps: [{ op: "remove", ids: [] }],
    },
    {
      source: "a list of bare ids",
      operation: { op: "remove", path: "members", value: ["u1", 7] },
      steps: [{ op: "remove", ids: ["u1", "7"] }],
    },
    {
      source: "a single object",
      operation: { op: "add", path: "members", value: { value: "u1" } },
      steps: [{ op: "add", members: one }],
    },
    {
      source: "a single id",
      operation: { op: "add", path: "members", value: "u1" },
      steps: [{ op: "add", members: one }],
    },
    {
      source: "several ids in one filter",
      operation: { op: "remove", path: 'members[value eq "u1" or VALUE eq "u2"]' },
      steps: [{ op: "remove", ids: ["u1", "u2"] }],
    },
    {
      source: "path to the value",
      operation: { op: "add", path: "members.value", value: ["u1"] },
      steps: [{ op: "add", members: one }],
    },
    {
      source: "path to the value of a selected member",
      operation: { op: "remove", path: 'members[value eq "u1"].value' },
      steps: [{ op: "remove", ids: ["u1"] }],
    },
    {
      source: "upsert of a member",
      operation: { op: "add", path: 'members[value eq "u1"]' },
      steps: [{ op: "add", members: one }],
    },
    {
      source: "one member for another",
      operation: { op: "replace", path: 'members[value eq "u0"]', value: { value: "u1" } },
      steps: [
        { op: "remove", ids: ["u0"] },
        { op: "add", members: one },
      ],
    },
    {
      source: "a member for itself",
      operation: { op: "replace", path: 'members[value eq "u1"]', value: [{ value: "u1" }] },
      steps: [{ op: "add", members: one }],
    },
    {
      source: "core URN",
      operation: { op: "add", path: "urn:ietf:params:scim:schemas:core:2.0:Group:members", value: one },
      steps: [{ op: "add", members: one }],
    },
    {
      source: "twice the same",
      operation: { op: "add", path: "members", value: [{ value: "u1" }, { value: "u1" }] },
      steps: [{ op: "add", members: one }],
    },
    { source: "null adds nobody", operation: { op: "add", path: "members", value: null }, steps: [] },
    {
      source: "null speaks of no members, as in PUT",
      operation: { op: "replace", path: "members", value: null },
      steps: [],
    },
    {
      source: "null speaks of no members, as in PUT, without a path",
      operation: { op: "replace", value: { members: null } },
      steps: [],
    },
    {
      source: "a display name is not kept",
      operation: { op: "replace", path: 'members[value eq "u1"].display', value: "x" },
      steps: [],
    },
    { source: "okta-17, only a name", operation: { op: "replace", value: { id: "g", displayName: "G" } }, steps: [] },
  ])("$source: $operation", ({ operation, steps }) => {
    expect(stepsOf(operation)).toEqual(steps);
  });

  test("steps keep the order of the request", () => {
    expect(stepsOf({ op: "remove", path: "members" }, { op: "add", path: "members", value: ["a"] })).toEqual([
      { op: "removeAll" },
      { op: "add", members: [{ value: "a" }] },
    ]);
  });

  test("a filter that is no list of ids is kept for the store", () => {
    expect(stepsOf({ op: "remove", path: 'members[display sw "A"]' })).toMatchObject([
      { op: "removeWhere", related: { kind: "text", column: "name", operator: "sw", text: "a" } },
    ]);
  });
});

describe("members that cannot be meant are refused", () => {
  test.each([
    { operation: { op: "add", path: "members", value: [{ value: "" }] }, scimType: "invalidValue" },
    { operation: { op: "add", path: "members", value: [{ value: " " }] }, scimType: "invalidValue" },
    { operation: { op: "add", path: "members", value: [{ display: "x" }] }, scimType: "invalidValue" },
    { operation: { op: "add", path: "members", value: [null] }, scimType: "invalidSyntax" },
    { operation: { op: "add", path: "members", value: true }, scimType: "invalidSyntax" },
    { operation: { op: "add", path: 'members[display sw "A"]', value: "u1" }, scimType: "noTarget" },
    { operation: { op: "remove", path: "members.value" }, scimType: "noTarget" },
    { operation: { op: "add", path: "members" }, scimType: "invalidValue" },
    { operation: { op: "replace", path: "members" }, scimType: "invalidValue" },
    { operation: { op: "replace", path: "members.value" }, scimType: "invalidValue" },
    { operation: { op: "replace", path: "members.display", value: "x" }, scimType: "invalidPath" },
  ])("$operation", ({ operation, scimType }) => {
    expect(() => stepsOf(operation)).toThrow(expect.objectContaining({ scimType, status: 400 }));
  });

  test("more than 10,000 members in one operation are too many; 10,000 are not", () => {
    const members = (count: number): unknown => Array.from({ length: count }, (_, index) => ({ value: `u${index}` }));
    expect(stepsOf({ op: "add", path: "members", value: members(10_000) })).toHaveLength(1);
    expect(() => stepsOf({ op: "add", path: "members", value: members(10_001) })).toThrow(
      expect.objectContaining({ status: 413 }),
    );
  });
});

describe("a group body speaks of members, or does not", () => {
  test.each([
    { body: { displayName: "G" }, members: null },
    { body: { displayName: "G", members: null }, members: null },
    { body: { displayName: "G", members: [] }, members: [] },
    { body: { displayName: "G", MEMBERS: [{ value: "u1" }] }, members: [{ value: "u1" }] },
    { body: { displayName: "G", members: { value: "u1" } }, members: [{ value: "u1" }] },
    { body: { displayName: "G", members: ["u1"] }, members: [{ value: "u1" }] },
  ])("$body", ({ body, members }) => {
    expect(parseGroup(body, profile)).toEqual({ resource: { displayName: "G" }, members });
  });
});
