import { expect, test } from "vitest";
import { writeChapter } from "./chapter.ts";
import { plausible } from "./plausible.ts";

test("the same seed gives the same log, byte by byte, and another seed another one", { timeout: 60_000 }, async () => {
  const [first, second, other] = [await writeChapter(4), await writeChapter(4), await writeChapter(5)];
  expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  expect(JSON.stringify(other)).not.toBe(JSON.stringify(first));
});

test("a chapter has every kind of event, in the order of its ids, and nothing that cannot be", async () => {
  const log = await writeChapter(4);
  expect([...new Set(log.map(({ event }) => event.event))].sort()).toEqual([
    "dsync.activated",
    "dsync.deleted",
    "dsync.group.created",
    "dsync.group.deleted",
    "dsync.group.updated",
    "dsync.group.user_added",
    "dsync.group.user_removed",
    "dsync.user.created",
    "dsync.user.deleted",
    "dsync.user.updated",
  ]);
  const ids = log.map(({ event }) => event.id);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(plausible(log)).toEqual(log);
});
