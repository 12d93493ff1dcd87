import { systemRuntime } from "@dirsync/sdk";
import { expect, test } from "vitest";
import { Reading } from "./reading.ts";

const skewMs = 30_000;

/** A reading whose clock stands at what `at` is told. */
function readingAt(): { readonly reading: Reading; readonly at: (ms: number) => void } {
  let nowMs = 0;
  const reading = new Reading({ ...systemRuntime, now: () => nowMs, monotonicNow: () => nowMs }, skewMs);
  return { reading, at: (ms) => void (nowMs = ms) };
}

test("there is a floor once the journal was first looked at one skew ago, and not before", () => {
  const { reading, at } = readingAt();
  expect(reading.floorInMs()).toBe(skewMs);
  // Opening a large state file takes its time: what counts is not when the process began.
  at(700);
  reading.noteHead(5);
  at(skewMs);
  expect([reading.floorInMs(), reading.floorSeq()]).toEqual([700, null]);
  at(skewMs + 700);
  expect([reading.floorInMs(), reading.floorSeq()]).toEqual([0, 5]);
});

test("a floor is the newest head of one skew ago, however many heads there were since", () => {
  const { reading, at } = readingAt();
  for (let ms = 0; ms <= 3 * skewMs; ms += 10) {
    at(ms);
    reading.noteHead(ms);
  }
  expect(reading.floorSeq()).toBeLessThanOrEqual(2 * skewMs);
  expect(reading.floorSeq()).toBeGreaterThan(skewMs);
  expect(reading.floorInMs()).toBeLessThanOrEqual(0);
});
