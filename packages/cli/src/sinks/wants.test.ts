import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { conditions } from "../settings/condition.ts";
import { wantsOf } from "./wants.ts";

const user = event("dsync.user.updated", {
  id: "directory_user_1",
  directory_id: "directory_1",
  state: "active",
  email: "ann@example.com",
  role: { slug: "admin" },
  active: true,
  idp_id: null,
  emails: [{ type: "work" }, { type: "home" }],
});
const directory = event("dsync.deleted", { id: "directory_1" });
const other = event("dsync.group.created", { id: "directory_group_1", directory_id: "directory_2" });

function event(name: string, data: Record<string, unknown>): DirectoryEvent {
  return {
    object: "event",
    id: "event_1",
    event: name,
    created_at: "2026-01-01T00:00:00.000Z",
    data,
  } as DirectoryEvent;
}

test("without a filter nothing is asked", () => {
  expect(wantsOf({})).toBeUndefined();
});

describe("by name", () => {
  test.each([
    [["dsync.user.updated"], true],
    [["dsync.user.*"], true],
    [["*.updated"], true],
    [["dsync.group.*", "dsync.user.*"], true],
    [["*"], true],
    [["dsync.user"], false],
    [["dsync.user.created"], false],
    // A dot in a pattern is a dot.
    [["dsync_user.*"], false],
  ])("%s: %s", (events, isWanted) => {
    expect(wantsOf({ events })?.(user)).toBe(isWanted);
  });
});

test("by directory, also what happens to the directory itself", () => {
  const wants = wantsOf({ directory: ["directory_1"] });
  expect([user, directory, other].map((one) => wants?.(one))).toEqual([true, true, false]);
});

describe("by a condition", () => {
  test.each([
    ["data.state=active", true],
    ["data.state=inactive", false],
    ["data.state!=inactive", true],
    ["data.role.slug=admin", true],
    ["data.email~*@example.com", true],
    ["data.email!~*@example.com", false],
    // The whole value has to match, and a special character of patterns stands for itself.
    ["data.email~ann", false],
    ["data.email~ann@example?com", false],
    ["data.active=true", true],
    ["data.idp_id=null", true],
    // A list matches when one of its entries does.
    ["data.emails.type=home", true],
    ["data.emails.type!=home", false],
    // What is not there equals nothing, and so differs from everything.
    ["data.none.such=x", false],
    ["data.none.such!=x", true],
    ["data.role=admin", false],
    ["data.constructor~*", false],
    ["data.state=active and data.role.slug=member", false],
  ])("%s: %s", (text, isWanted) => {
    const reading = conditions.read(text);
    if ("mistake" in reading) throw new Error(reading.mistake);
    expect(wantsOf({ where: reading.value })?.(user)).toBe(isWanted);
  });
});

test("all filters must hold", () => {
  const wants = wantsOf({ events: ["dsync.user.*"], directory: ["directory_2"] });
  expect([user, other].map((one) => wants?.(one))).toEqual([false, false]);
});
