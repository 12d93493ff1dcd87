import type { DirectoryEvent } from "@dirsync/sdk";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ancestorsOf, entityOf } from "./entity.ts";
import { makeEvent } from "./fixtures/events.ts";

const facts = { directory: "d1", user: "u1", group: "g1" };

describe("every known event", () => {
  test.each([
    ["dsync.activated", "directory:d1", []],
    ["dsync.deleted", "directory:d1", []],
    ["dsync.user.created", "user:u1", ["directory:d1"]],
    ["dsync.user.updated", "user:u1", ["directory:d1"]],
    ["dsync.user.deleted", "user:u1", ["directory:d1"]],
    ["dsync.group.created", "group:g1", ["directory:d1"]],
    ["dsync.group.updated", "group:g1", ["directory:d1"]],
    ["dsync.group.deleted", "group:g1", ["directory:d1"]],
    ["dsync.group.user_added", "membership:g1:u1", ["directory:d1", "group:g1", "user:u1"]],
    ["dsync.group.user_removed", "membership:g1:u1", ["directory:d1", "group:g1", "user:u1"]],
  ])("%s is about %s and ends with %j", (name, entity, ancestors) => {
    const event = makeEvent(1, { ...facts, name });
    expect(entityOf(event)).toBe(entity);
    expect(ancestorsOf(event)).toEqual(ancestors);
  });
});

describe("an event that says less", () => {
  test.each<[string, string, Readonly<Record<string, unknown>>, string]>([
    ["of a token stands for itself", "dsync.token.created", { id: "t1", directory_id: "d1" }, "event:event_000001"],
    ["of an unknown kind stands for itself", "connection.activated", { id: "c1" }, "event:event_000001"],
    ["of a user without an id replaces no other", "dsync.user.updated", {}, "event:event_000001"],
    ["whose id is no text replaces no other", "dsync.user.updated", { id: { toString: 1 } }, "event:event_000001"],
    ["of a membership without ids", "dsync.group.user_added", { user: {}, group: {} }, "event:event_000001"],
  ])("%s", (_name, name, data, entity) => {
    expect(entityOf(makeEvent(1, { name, data }))).toBe(entity);
  });
});

test("no data at all makes a key fail: one odd event must not end the consumer", () => {
  const names = ["dsync.user.updated", "dsync.group.user_added", "dsync.deleted", "x", ""];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.dictionary(fc.string(), fc.jsonValue()), (name, extra) => {
      const data = { ...extra, user: extra["user"], group: extra["group"] };
      const event: DirectoryEvent = { id: "e1", event: name, data, created_at: "" };
      for (const key of [entityOf(event), ...ancestorsOf(event)]) {
        expect(typeof key).toBe("string");
      }
    }),
  );
});
