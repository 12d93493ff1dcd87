import { describe, expect, test } from "vitest";
import type { LogEvent } from "./event-log.ts";
import { checkLog, type LogEvidence, type LogRule } from "./outbox-checker.ts";

const ann = { object: "directory_user", id: "u1", email: "w1-u1@example.com", custom_attributes: { job_title: "t1" } };
const annLater = { ...ann, custom_attributes: { job_title: "t3" } };
const bob = { object: "directory_user", id: "u2", email: "w2-u1@example.com", custom_attributes: { job_title: "t1" } };
const team = { object: "directory_group", id: "g1", name: "w1-g2" };

const log: readonly LogEvent[] = [
  { id: "e0", event: "dsync.activated", data: { object: "directory", id: "d1", name: "Acme" } },
  { id: "e1", event: "dsync.user.created", data: ann },
  { id: "e2", event: "dsync.user.created", data: bob },
  { id: "e3", event: "dsync.group.created", data: team },
  { id: "e4", event: "dsync.user.updated", data: { ...annLater, previous_attributes: { job_title: "t1" } } },
  { id: "e5", event: "dsync.group.user_added", data: { user: annLater, group: team } },
  { id: "e6", event: "dsync.user.deleted", data: bob },
];

const sound: LogEvidence = {
  log,
  writers: new Map([
    [
      "w1",
      [
        "dsync.user.created w1-u1@example.com t1",
        "dsync.group.created w1-g2",
        "dsync.user.updated w1-u1@example.com t3",
        "dsync.group.user_added w1-g2 w1-u1@example.com",
      ],
    ],
    ["w2", ["dsync.user.created w2-u1@example.com t1", "dsync.user.deleted w2-u1@example.com t1"]],
  ]),
  readers: [log.map(({ id }) => id)],
  users: [{ ...annLater, groups: [team] }],
  groups: [team],
};

test("a log that was kept has no violation", () => {
  expect(checkLog(sound)).toEqual([]);
});

describe("a broken promise is found, and called by its name", () => {
  test.each<[string, LogRule, Partial<LogEvidence>]>([
    ["an event is missing", "change without event", { log: without("e4") }],
    ["a whole writer is missing", "change without event", { log: log.filter(({ id }) => id !== "e2" && id !== "e6") }],
    ["an event is there twice", "event without change", { log: [...log, { ...event("e4"), id: "e7" }] }],
    ["an id is there twice", "event without change", { log: [...log, event("e0")] }],
    [
      "nobody made the change",
      "event without change",
      { log: [...log, { id: "e7", event: "dsync.user.deleted", data: ann }] },
    ],
    ["there is no such writer", "event without change", { writers: new Map([...sound.writers].slice(0, 1)) }],
    ["two events have changed places", "order", { log: swapped("e3", "e4") }],
    ["a reader missed one", "reader", { readers: [without("e3").map(({ id }) => id)] }],
    ["a reader saw one twice", "reader", { readers: [[...log, event("e6")].map(({ id }) => id)] }],
    ["a reader saw another order", "reader", { readers: [swapped("e1", "e2").map(({ id }) => id)] }],
    ["a reader saw one that is gone", "reader", { readers: [["e9", ...log.map(({ id }) => id)]] }],
    [
      "a change shows in the list and not in the log",
      "lists",
      { users: [{ ...annLater, email: "x", groups: [team] }] },
    ],
    ["a deleted user is still listed", "lists", { users: [...sound.users, { ...bob, groups: [] }] }],
    ["a user is not listed", "lists", { users: [] }],
    ["a membership is not listed", "lists", { users: [{ ...annLater, groups: [] }] }],
    ["a group is not listed", "lists", { groups: [] }],
  ])("%s: %s", (_name, rule, change) => {
    expect(checkLog({ ...sound, ...change }).map((violation) => violation.rule)).toContain(rule);
  });
});

function event(id: string): LogEvent {
  const found = log.find((each) => each.id === id);
  if (found === undefined) throw new Error(`No event ${id}.`);
  return found;
}

function without(id: string): readonly LogEvent[] {
  return log.filter((each) => each.id !== id);
}

function swapped(first: string, second: string): readonly LogEvent[] {
  const other: Readonly<Record<string, string>> = { [first]: second, [second]: first };
  return log.map(({ id }) => event(other[id] ?? id));
}
