import { expect, test } from "vitest";
import { SimulatedClock } from "./clock.ts";

/** What a turn of the event loop, given right after waking, takes of a clock that others are waiting for. */
async function msOfTurn(clock: SimulatedClock): Promise<number> {
  await clock.sleep(5);
  const beforeMs = clock.nowMs;
  void clock.sleep(1_000);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return clock.nowMs - beforeMs;
}

test("no time passes while somebody gives everybody else a turn", async () => {
  const clock = new SimulatedClock(0);
  await expect(clock.runUntil(msOfTurn(clock))).resolves.toBe(0);
});

test("(control) it passes where everybody waits, up to whoever is due first", async () => {
  const clock = new SimulatedClock(0);
  await clock.runUntil(Promise.race([clock.sleep(2_000), clock.sleep(300)]));
  expect(clock.nowMs).toBe(300);
});

test("a life in which everybody waits for nothing is an error, and not for ever", async () => {
  const clock = new SimulatedClock(0);
  await expect(clock.runUntil(new Promise(() => undefined))).rejects.toThrow("nothing will ever wake it");
});
