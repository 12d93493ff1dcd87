import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { previousAttributes } from "./diff.ts";
import type { UserSnapshot } from "./normalize.ts";

const ann: UserSnapshot = {
  idp_id: "e1",
  email: "ann@x",
  first_name: "Ann",
  last_name: null,
  name: "Ann",
  state: "active",
  custom_attributes: { username: "ann@x", emails: [{ primary: true, type: "work", value: "ann@x" }] },
};
const changed = (custom_attributes: object, root: object = {}): UserSnapshot => ({
  ...ann,
  ...root,
  custom_attributes: { ...ann.custom_attributes, ...custom_attributes },
});

describe("previous_attributes hold what was, shallowly, in the root and in custom_attributes (contract.md 4.2)", () => {
  test.each([
    { title: "a changed value", after: changed({}, { state: "inactive" }), previous: { state: "active" } },
    { title: "a new value was null", after: changed({}, { last_name: "Lee" }), previous: { last_name: null } },
    { title: "a value that is gone", after: changed({}, { email: null }), previous: { email: "ann@x" } },
    {
      title: "a new custom attribute",
      after: changed({ job_title: "Lead" }),
      previous: { custom_attributes: { job_title: null } },
    },
    {
      title: "a custom attribute that is gone",
      after: { ...ann, custom_attributes: { emails: ann.custom_attributes["emails"] } },
      previous: { custom_attributes: { username: "ann@x" } },
    },
    {
      title: "a list shows as a whole",
      after: changed({ emails: [] }),
      previous: { custom_attributes: { emails: ann.custom_attributes["emails"] } },
    },
    {
      title: "both",
      after: changed({ username: "lee@x" }, { email: "lee@x" }),
      previous: { email: "ann@x", custom_attributes: { username: "ann@x" } },
    },
  ])("$title", ({ after, previous }) => {
    expect(previousAttributes(ann, after)).toEqual(previous);
  });
});

describe("nothing to say means no event", () => {
  test.each([
    { title: "the same", after: structuredClone(ann) },
    { title: "null for absent (contract.md 4.2)", after: changed({ job_title: null }) },
    { title: "undefined for absent", after: changed({ job_title: undefined }) },
    {
      title: "another order of names",
      after: changed({ emails: [{ value: "ann@x", type: "work", primary: true }] }),
    },
  ])("$title", ({ after }) => {
    expect(previousAttributes(ann, after)).toBeNull();
    expect(previousAttributes(after, ann)).toBeNull();
  });

  test("groups have no custom attributes", () => {
    const group = { idp_id: "g", name: "G" };
    expect(previousAttributes(group, { ...group })).toBeNull();
    expect(previousAttributes(group, { ...group, name: "H" })).toEqual({ name: "G" });
  });
});

test("the previous values, put back, give the snapshot from before", () => {
  const snapshot = fc.record({
    idp_id: fc.constantFrom("a", "b"),
    email: fc.constantFrom("a@x", null),
    first_name: fc.constantFrom("A", "B", null),
    last_name: fc.constant(null),
    name: fc.constantFrom("A", null),
    state: fc.constantFrom("active" as const, "inactive" as const),
    custom_attributes: fc.dictionary(fc.constantFrom("x", "y", "z"), fc.constantFrom("1", "2", ["1"])),
  });
  fc.assert(
    fc.property(snapshot, snapshot, (before, after) => {
      const { custom_attributes: custom = {}, ...root } = previousAttributes(before, after) ?? {};
      const restored = { ...after, ...root, custom_attributes: { ...after.custom_attributes, ...(custom as object) } };
      expect(previousAttributes(before, restored)).toBeNull();
    }),
  );
});
