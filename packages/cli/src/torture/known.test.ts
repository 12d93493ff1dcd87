import { expect, test } from "vitest";
import { Known } from "./known.ts";
import type { Fault, LogEntry } from "./model.ts";

const names = ["dsync.user.created", "dsync.user.created", "dsync.user.updated", "dsync.user.deleted"];
const entries: readonly LogEntry[] = names.map((event, index) => ({
  seq: index + 1,
  event: { id: `event_${index}`, event, created_at: "2026-01-05T09:00:00.000Z", data: { id: "u" } },
}));
const again = (at: number): Fault => ({ kind: "again", at });
const restart = (at: number): Fault => ({ kind: "restart", at });
const found = (fault: Fault) => ({ plan: { entries, faults: [fault] }, trouble: null });

test("what a repetition has shown is not shown again by a crash of the same kind of event, and other events go on", () => {
  const known = new Known();
  known.add(found(again(1)));
  const crash: Fault = { kind: "crash_after", at: 2, span: 1 };
  expect(known.without([again(1), again(2), crash, again(3), restart(1)], entries)).toEqual([again(3), restart(1)]);
});

test("a restart that was shown hides neither repetitions nor restarts of other events", () => {
  const known = new Known();
  known.add(found(restart(1)));
  expect(known.without([again(1), restart(1), restart(3)], entries)).toEqual([again(1), restart(3)]);
});

test("two findings of a family are enough", () => {
  const known = new Known();
  for (const at of [1, 3]) known.add(found(restart(at)));
  expect(known.without([restart(4), again(4)], entries)).toEqual([again(4)]);
});

test("trouble without a fault is known by its kind and event", () => {
  const known = new Known();
  known.add({ plan: { entries, faults: [] }, trouble: { kind: "late", at: 1, message: "" } });
  const isKnown = known.isKnown(entries);
  expect([1, 2, 3].map((at) => isKnown({ kind: "late", at, message: "" }))).toEqual([true, true, false]);
  expect(isKnown({ kind: "unhandled", at: 1, message: "" })).toBe(false);
});
