import type { DirectoryEvent } from "@dirsync/sdk";
import { expect, test } from "vitest";
import type { LogEntry } from "./model.ts";
import { foundations, plausible } from "./plausible.ts";

const user = { id: "u1", directory_id: "d1" };
const group = { id: "g1", directory_id: "d1" };
const names: readonly (readonly [string, DirectoryEvent["data"]])[] = [
  ["dsync.activated", { id: "d1" }],
  ["dsync.group.created", group],
  ["dsync.user.created", user],
  ["dsync.group.user_added", { directory_id: "d1", user, group }],
  ["dsync.user.updated", user],
  ["dsync.group.user_removed", { directory_id: "d1", user, group }],
  ["dsync.user.deleted", user],
];
const log: readonly LogEntry[] = names.map(([event, data], index) => ({
  seq: index + 1,
  event: { id: `event_${index}`, event, created_at: "2026-01-05T09:00:00.000Z", data },
}));
const seqs = (entries: readonly LogEntry[]): readonly number[] => entries.map(({ seq }) => seq);
const without = (...left: readonly number[]): readonly number[] =>
  seqs(plausible(log.filter(({ seq }) => !left.includes(seq))));

test("a whole log is plausible", () => {
  expect(without()).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test.each([
  ["a user who was never created takes everything about them along", [3], [1, 2]],
  ["a group takes its memberships along", [2], [1, 3, 5, 7]],
  ["nobody leaves a team they have not joined", [4], [1, 2, 3, 5, 7]],
  ["a stream may begin after the directory's activation", [1], [2, 3, 4, 5, 6, 7]],
])("%s", (_name, left, kept) => {
  expect(without(...left)).toEqual(kept);
});

test.each([
  [[4], [2, 3, 4]],
  [[6], [2, 3, 4, 6]],
  [[7], [3, 7]],
  [
    [1, 5],
    [1, 3, 5],
  ],
])("what %j rests on", (wanted, found) => {
  expect(seqs(foundations(log, new Set(wanted)))).toEqual(found);
});
