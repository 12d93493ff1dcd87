import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import type { Fault, LogEntry } from "./model.ts";
import { layOut } from "./order.ts";

const person = (id: string, directory: string) => ({ id, directory_id: directory });
const entry = (seq: number, event: string, data: DirectoryEvent["data"]): LogEntry => ({
  seq,
  event: { id: `event_${seq}`, event, created_at: "2026-01-05T09:00:00.000Z", data },
});
const anna = person("anna", "acme");
const ben = person("ben", "acme");
const gail = person("gail", "globex");
const team = { id: "team", directory_id: "acme" };
const log: readonly LogEntry[] = [
  entry(1, "dsync.user.created", anna),
  entry(2, "dsync.user.created", ben),
  entry(3, "dsync.user.created", gail),
  entry(4, "dsync.group.created", team),
  entry(5, "dsync.group.user_added", { directory_id: "acme", user: anna, group: team }),
  entry(6, "dsync.user.updated", ben),
  entry(7, "dsync.user.deleted", gail),
];

function laidOut(faults: readonly Fault[], lane: "directory" | "user" = "directory") {
  const { turns, redriven, faults: kept } = layOut({ entries: log, faults }, lane);
  return {
    turns: turns.map((turn) => turn.entries.map(({ seq }) => seq)),
    redriven: redriven.map(({ seq }) => seq),
    kept,
  };
}

describe("what the tail does not promise to keep in order may change places", () => {
  test.each<[string, "directory" | "user", Fault, number[]]>([
    ["another directory", "directory", { kind: "overtake", at: 3, beside: 1 }, [3, 1, 2, 4, 5, 6, 7]],
    ["another user, in lanes of users", "user", { kind: "overtake", at: 2, beside: 1 }, [2, 1, 3, 4, 5, 6, 7]],
    ["a membership and somebody else", "user", { kind: "overtake", at: 6, beside: 5 }, [1, 2, 3, 4, 6, 5, 7]],
  ])("%s", (_name, lane, fault, order) => {
    const { turns, kept } = laidOut([fault], lane);
    expect(turns.flat()).toEqual(order);
    expect(kept).toEqual([fault]);
  });
});

describe("an order that the tail promises is kept, and the fault left out", () => {
  test.each<[string, "directory" | "user", Fault]>([
    ["within a directory", "directory", { kind: "overtake", at: 2, beside: 1 }],
    ["a membership and its user", "user", { kind: "overtake", at: 5, beside: 1 }],
    ["a membership and its group", "user", { kind: "overtake", at: 5, beside: 4 }],
    ["backwards", "directory", { kind: "overtake", at: 3, beside: 4 }],
    ["an event that is not there", "directory", { kind: "overtake", at: 3, beside: 99 }],
    ["together within a lane", "directory", { kind: "together", at: 2, beside: 1 }],
    ["together with one that is not next to it", "directory", { kind: "together", at: 3, beside: 1 }],
    ["a dead letter that a later event has overtaken", "directory", { kind: "redrive", at: 2 }],
    ["a dead letter whose directory is gone since", "directory", { kind: "redrive", at: 3 }],
  ])("%s", (_name, lane, fault) => {
    expect(laidOut([fault], lane)).toEqual({ turns: [[1], [2], [3], [4], [5], [6], [7]], redriven: [], kept: [] });
  });
});

test("nothing goes further ahead than its own lane lets it, and what is shown is what was done", () => {
  const { turns, kept } = laidOut([{ kind: "overtake", at: 7, beside: 1 }]);
  expect(turns.flat()).toEqual([1, 2, 3, 7, 4, 5, 6]);
  expect(kept).toEqual([{ kind: "overtake", at: 7, beside: 4 }]);
});

test("neighbours of different lanes begin together", () => {
  expect(laidOut([{ kind: "together", at: 3, beside: 2 }]).turns).toEqual([[1], [2, 3], [4], [5], [6], [7]]);
});

test("a dead letter that nothing has overtaken comes last, even after what rests on it", () => {
  expect(laidOut([{ kind: "redrive", at: 4 }])).toMatchObject({ turns: [[1], [2], [3], [5], [6], [7]], redriven: [4] });
});
