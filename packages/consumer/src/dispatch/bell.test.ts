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

  test("a ring cuts a timed wait short and leaves no timer behind", async () => {
    const clock = new VirtualClock();
    const bell = new Bell(clock.runtime);
    const before = clock.nowMs;
    const waiting = bell.wait(1_000);
    bell.ring();
    await clock.runUntil(waiting);
    await clock.runUntil(clock.runtime.sleep(10));
    expect(clock.nowMs - before).toBe(10);
  });
});
