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

test("what a scan has made is below the floor one skew later, although upstream says nothing since", () => {
  const { reading, at } = readingAt();
  reading.noteHead(5);
  at(2 * skewMs);
  reading.noteMade(8);
  // A scan that begins now would take whoever was just made for told of by the log, and not look for them.
  expect([reading.floorSeq(), reading.floorInMs(), reading.headSeq]).toEqual([5, skewMs, 8]);
  at(3 * skewMs);
  expect([reading.floorSeq(), reading.floorInMs()]).toEqual([8, 0]);
});

test("a head that is told of late moves nothing back", () => {
  const { reading, at } = readingAt();
  reading.noteHead(9);
  reading.noteMade(7);
  expect(reading.headSeq).toBe(9);
  at(skewMs);
  expect([reading.floorSeq(), reading.floorInMs()]).toEqual([9, 0]);
});

test("what was made is waited for, however much is read meanwhile", () => {
  const { reading, at } = readingAt();
  reading.noteHead(1);
  for (let ms = 0; ms < 3_000; ms += 1) {
    at(skewMs + ms);
    if (ms === 1_499) reading.noteMade(1_500);
    else reading.noteHead(ms + 1);
  }
  const waitMs = reading.floorInMs();
  expect(waitMs).toBeGreaterThanOrEqual(skewMs - 1_501);
  at(skewMs + 2_999 + waitMs);
  expect(reading.floorSeq()).toBeGreaterThanOrEqual(1_500);
});
