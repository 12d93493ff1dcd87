import { describe, expect, test } from "vitest";
import { textOf } from "../journal/event-text.ts";
import { dataOf, dataTextOf, differences, madeEvent, previousOf } from "./made-events.ts";

const made = { cause: "backfill", scanId: "scan_1", atMs: 0 } as const;
const reference = { kind: "user", directoryId: "d1", id: "u1" } as const;
const draft = { name: "dsync.user.created", data: { id: "u1", email: "a@b.c" }, reference, baseSeq: 7 };

describe("an event that a scan makes", () => {
  test("has the same id for the same finding, whenever it is found", () => {
    const { event } = madeEvent(draft, made);
    expect(event.id).toMatch(/^rec_scan_1_u1_[0-9a-f]{24}$/);
    const text = JSON.stringify(draft.data);
    expect(madeEvent({ ...draft, text }, { ...made, atMs: 9 }).event.id).toBe(event.id);
    expect(event.context).toEqual({ synthetic: true, cause: "backfill", scan_id: "scan_1" });
  });

  test.each([
    ["what it says", { data: { id: "u1", email: "x@b.c" } }],
    ["what it replaces", { baseSeq: 8 }],
    ["whom it is about", { reference: { ...reference, id: "u2" } }],
    ["its name", { name: "dsync.user.updated" }],
  ])("has another id when %s is another", (_what, change) => {
    expect(madeEvent({ ...draft, ...change }, made).event.id).not.toBe(madeEvent(draft, made).event.id);
  });

  test.each([
    ["a user", reference, /^rec_scan_1_u1_/],
    [
      "a membership, as its user",
      { kind: "membership", directoryId: "d1", groupId: "g1", userId: "u_01H" } as const,
      /^rec_scan_1_01H_/,
    ],
    ["what has no such id", { ...reference, id: "ü'/" }, /^rec_scan_1_[0-9a-f]{24}$/],
  ])("has the id of %s in its own, by which ids are in the order of lists", (_what, about, id) => {
    expect(madeEvent({ ...draft, reference: about }, made).event.id).toMatch(id);
  });

  test("has the JSON that it would be given", () => {
    const { event, text } = madeEvent({ ...draft, text: JSON.stringify(draft.data) }, made);
    expect(text).toEqual(textOf(event));
  });
});

describe("what is listed, as an event would say it", () => {
  test("is a user without its groups, and a directory in the words of events", () => {
    expect(dataOf("user", { id: "u1", groups: [{ id: "g1" }], state: "active" })).toEqual({
      id: "u1",
      state: "active",
    });
    expect(dataOf("directory", { id: "d1", state: "linked", domain: "x", metadata: {} })).toEqual({
      id: "d1",
      state: "active",
    });
  });

  test.each([
    ["has groups", { id: "u1", groups: [{ id: "g1" }], state: "active" }],
    ["has none", { id: "u1", state: "active", title: null }],
  ])("is the same as JSON, where a user %s", (_what, row) => {
    expect(dataTextOf(row)).toBe(JSON.stringify(dataOf("user", row)));
  });
});

describe("two states of a thing", () => {
  const before = { id: "u1", email: "a@b.c", role: { slug: "member" }, updated_at: "2026-01-15T12:00:00.000Z" };
  test.each([
    ["null and absent", { ...before, title: null }, []],
    ["one instant, written otherwise", { ...before, updated_at: "2026-01-15T12:00:00Z" }, []],
    ["what the service has emptied", { ...before, raw_attributes: {}, emails: [] }, []],
    ["the order of names", Object.fromEntries(Object.entries(before).reverse()), []],
    ["what only reads show", { ...before, object: "directory_user", groups: [] }, []],
    ["a value within a value", { ...before, role: { slug: "admin" } }, ["role"]],
    ["a list for an object", { ...before, role: ["member"] }, ["role"]],
    [
      "a field that came, and one that went",
      { id: "u1", role: before.role, title: "x" },
      ["email", "updated_at", "title"],
    ],
  ])("differ by %s: %j → %j", (_what, after, fields) => {
    expect(differences("user", before, after)).toEqual(fields);
  });

  test("of a directory are told apart by name, type and organization alone", () => {
    expect(differences("directory", { name: "A", state: "active" }, { name: "A", state: "inactive", x: 1 })).toEqual(
      [],
    );
    expect(differences("directory", { name: "A" }, { name: "B" })).toEqual(["name"]);
  });

  test("leave the values before, null where there were none", () => {
    expect(previousOf({ title: "x" }, ["title", "role"])).toEqual({ title: "x", role: null });
  });
});
