import { expect, test } from "vitest";
import { digestOf } from "./digest.ts";

const user = {
  object: "directory_user",
  id: "u1",
  directory_id: "d1",
  first_name: "Alice",
  last_name: null,
  state: "active",
  custom_attributes: { department_name: "R&D", manager: { id: "m1", name: "Bo" }, tags: ["a", "b"] },
  created_at: "2026-01-01T00:00:00.000Z",
  updated_at: "2026-01-02T00:00:00.000Z",
};

test.each([
  [
    "keys in another order",
    { ...user, custom_attributes: { tags: ["a", "b"], manager: { name: "Bo", id: "m1" }, department_name: "R&D" } },
  ],
  ["what only events have", { ...user, previous_attributes: { first_name: "Al" } }],
  ["what only reads have", { ...user, groups: [{ id: "g1" }] }],
  ["no null where there was one, or one where there was nothing", { ...user, last_name: undefined, job_title: null }],
  ["deprecated attributes, emptied", { ...user, raw_attributes: {}, emails: [] }],
  ["the same time written in another way", { ...user, created_at: "2026-01-01 00:00:00.000" }],
])("a user with %s is the same", (_what, other) => {
  expect(digestOf("user", other)).toBe(digestOf("user", user));
});

test.each([
  ["another name", { ...user, first_name: "Alicia" }],
  ["an attribute more", { ...user, custom_attributes: { ...user.custom_attributes, cost_center_name: "7" } }],
  ["an order of values changed", { ...user, custom_attributes: { ...user.custom_attributes, tags: ["b", "a"] } }],
  ["a number for a text", { ...user, first_name: 1 }],
  ["a later change", { ...user, updated_at: "2026-01-02T00:00:00.001Z" }],
])("a user with %s is another", (_what, other) => {
  expect(digestOf("user", other)).not.toBe(digestOf("user", user));
});

test("a directory is the same in the words of a read and of an event", () => {
  const event = { id: "d1", type: "okta scim v2.0", name: "Acme", state: "active", domains: [], updated_at: "x" };
  const read = { object: "directory", id: "d1", type: "okta scim v2.0", name: "Acme", state: "linked", metadata: {} };
  expect(digestOf("directory", read)).toBe(digestOf("directory", event));
  expect(digestOf("directory", { ...read, state: "unlinked" })).not.toBe(digestOf("directory", event));
});
