import type { DirectoryEvent } from "@dirsync/sdk";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeEvent } from "./fixtures/events.ts";
import { laneBy, type LaneBy, laneNameOf } from "./locks.ts";

const facts = { directory: "d1", user: "u1", group: "g1" };

/** `X user:u1, S directory:d1` */
function printed(choice: LaneBy, event: DirectoryEvent): string {
  const { exclusive, shared } = laneBy[choice](event);
  return [...exclusive.map((key) => `X ${key}`), ...shared.map((key) => `S ${key}`)].join(", ");
}

const memberByUser = "X user:u1, S group:g1, S directory:d1";
const memberByGroup = "X group:g1, S user:u1, S directory:d1";

describe("what a known event needs for itself", () => {
  test.each<[string, LaneBy, string]>([
    ["dsync.activated", "user", "X directory:d1"],
    ["dsync.deleted", "user", "X directory:d1"],
    ["dsync.user.created", "user", "X user:u1, S directory:d1"],
    ["dsync.user.updated", "user", "X user:u1, S directory:d1"],
    ["dsync.user.deleted", "user", "X user:u1, S directory:d1"],
    ["dsync.group.created", "user", "X group:g1, S directory:d1"],
    ["dsync.group.deleted", "user", "X group:g1, S directory:d1"],
    ["dsync.group.user_added", "user", memberByUser],
    ["dsync.group.user_removed", "user", memberByUser],
    ["dsync.deleted", "group", "X directory:d1"],
    ["dsync.user.deleted", "group", "X user:u1, S directory:d1"],
    ["dsync.group.updated", "group", "X group:g1, S directory:d1"],
    ["dsync.group.user_added", "group", memberByGroup],
    ["dsync.group.user_removed", "group", memberByGroup],
    ["dsync.activated", "directory", "X directory:d1"],
    ["dsync.user.deleted", "directory", "X directory:d1"],
    ["dsync.group.user_added", "directory", "X directory:d1"],
    ["dsync.user.deleted", "organization", "X directory:d1"],
    ["dsync.deleted", "none", ""],
  ])("%s by %s: %s", (name, choice, locks) => {
    expect(printed(choice, makeEvent(1, { ...facts, name }))).toBe(locks);
  });

  const within = { directory_id: "d1", organization_id: "o1" };
  test.each<[string, Readonly<Record<string, unknown>>]>([
    ["dsync.user.updated", { id: "u1", ...within }],
    // The service says the organization of a membership within its user and its group only (contract, `user_added`).
    ["dsync.group.user_added", { directory_id: "d1", user: { id: "u1", ...within }, group: { id: "g1" } }],
    ["dsync.group.user_removed", { directory_id: "d1", user: { id: "u1" }, group: { id: "g1", ...within } }],
    ["dsync.deleted", { id: "d1", organization_id: "o1" }],
  ])("is its organization, by organization, wherever %s says it", (name, data) => {
    expect(printed("organization", makeEvent(1, { name, data }))).toBe("X organization:o1, S directory:d1");
  });
});

describe("an event that says less", () => {
  test.each<[string, LaneBy, string, Readonly<Record<string, unknown>>, string]>([
    ["its directory", "directory", "dsync.user.updated", { id: "u1", directory_id: "d1" }, "X directory:d1"],
    ["its organization", "directory", "dsync.user.updated", { id: "u1", organization_id: "o1" }, "X organization:o1"],
    ["its object", "directory", "user.created", { id: "user_1" }, "X object:user_1"],
    ["itself", "directory", "user.created", {}, "X event:event_000001"],
    ["its organization", "directory", "x", { directory_id: null, organization_id: "o1" }, "X organization:o1"],
    ["itself when no id is text", "directory", "x", { directory_id: { toString: 1 }, id: 7 }, "X event:event_000001"],
    ["its user alone", "user", "dsync.user.updated", { id: "u1" }, "X user:u1"],
    ["its directory without a user", "user", "dsync.user.updated", { directory_id: "d1" }, "X directory:d1"],
    ["its directory when unknown", "user", "dsync.token.created", { id: "t", directory_id: "d1" }, "X directory:d1"],
    ["its directory, of half a membership", "user", "dsync.group.user_added", half, "X directory:d1"],
    ["its directory, of half a membership", "group", "dsync.group.user_added", half, "X directory:d1"],
  ])("is ordered by %s, by %s", (_name, choice, name, data, locks) => {
    expect(printed(choice, makeEvent(1, { name, data }))).toBe(locks);
  });
});

const half = { directory_id: "d1", user: { id: "u1" }, group: {} };

describe("for people, a lane is called after", () => {
  test.each<[LaneBy, string]>([
    ["directory", "directory:d1"],
    ["user", "user:u1"],
    ["none", "event:event_000001"],
  ])("its first lock, by %s: %s", (choice, name) => {
    const event = makeEvent(1, facts);
    expect(laneNameOf(laneBy[choice](event), event)).toBe(name);
  });
});

test("no data at all makes a choice fail: one odd event must not end the consumer", () => {
  const names = ["dsync.user.updated", "dsync.group.user_added", "dsync.deleted", "x", ""];
  const choices = Object.keys(laneBy) as LaneBy[];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.dictionary(fc.string(), fc.jsonValue()), (name, extra) => {
      const event: DirectoryEvent = { id: "e1", event: name, data: extra, created_at: "" };
      for (const choice of choices) {
        const { exclusive, shared } = laneBy[choice](event);
        for (const key of [...exclusive, ...shared]) expect(typeof key).toBe("string");
        expect(exclusive.length).toBe(choice === "none" ? 0 : 1);
      }
    }),
  );
});
