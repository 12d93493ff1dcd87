import { describe, expect, test } from "vitest";
import { Bell } from "./bell.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";

describe("waiting for a bell", () => {
  test("ends at the next ring", async () => {
    const clock = new VirtualClock();
    const bell = new Bell(clock.runtime);
    const waiting = bell.wait(null);
    bell.ring();
    await expect(waiting).resolves.toBeUndefined();
  });

  test("ends at once when it rang before anybody waited", async () => {
    const clock = new VirtualClock();
    const bell = new Bell(clock.runtime);
    bell.ring();
    bell.ring();
    await bell.wait(null);
    expect(clock.sleeps).toEqual([]);
  });

  test("uses a ring up: the next wait lasts its time", async () => {
    const clock = new VirtualClock();
    const bell = new Bell(clock.runtime);
    bell.ring();
    await bell.wait(null);
    const before = clock.nowMs;
    await clock.runUntil(bell.wait(250));
    expect(clock.nowMs - before).toBe(250);
  });

  test("a ring cuts a timed wait short, and the end leaves no timer behind", async () => {
    const clock = new VirtualClock();
    const bell = new Bell(clock.runtime);
    const before = clock.nowMs;
    const waiting = bell.wait(1_000);
    bell.ring();
    await clock.runUntil(waiting);
    expect(clock.nowMs).toBe(before);
    bell.close();
    expect(clock.sleeping).toBe(0);
  });

  test("waits that are cut short one after the other share a timer", async () => {
    const clock = new VirtualClock();
    const bell = new Bell(clock.runtime);
    for (let turn = 0; turn < 100; turn += 1) {
      const waiting = bell.wait(1_000);
      bell.ring();
      await waiting;
    }
    expect(clock.sleeps).toEqual([1_000]);
  });

  test("nobody waits longer than asked, whatever was waited for before", async () => {
    const clock = new VirtualClock();
    const bell = new Bell(clock.runtime);
    const before = clock.nowMs;
    const waiting = bell.wait(10_000);
    bell.ring();
    await waiting;
    await clock.runUntil(bell.wait(250));
    expect(clock.nowMs - before).toBe(250);
    await clock.runUntil(bell.wait(10_000));
    expect(clock.nowMs - before).toBe(10_250);
  });
});
