/** One timer watches over all tries of a sink: each has its own time all the same. */
import { expect, test } from "vitest";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import { defaultPolicy } from "../policy.ts";
import { TimeLimit, TimeLimits } from "./time-limit.ts";

const limitMs = 30_000;

interface Rig {
  readonly clock: VirtualClock;
  readonly stop: AbortController;
  readonly limits: TimeLimits;
  /** Lets virtual time pass. */
  pass(ms: number): Promise<void>;
  begin(): TimeLimit;
}

function rig(monotonicNow?: (clock: VirtualClock) => number, skewMs: () => number = () => 0): Rig {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const runtime = {
    ...clock.runtime,
    now: () => clock.nowMs + skewMs(),
    ...(monotonicNow === undefined ? {} : { monotonicNow: () => monotonicNow(clock) }),
  };
  const sink = { name: "app", deliver: () => Promise.resolve() };
  const policy = { ...defaultPolicy, timeoutMs: limitMs };
  const limits = new TimeLimits({ sink, policy, runtime, stop: stop.signal });
  return {
    clock,
    stop,
    limits,
    pass: (ms) => clock.runUntil(clock.runtime.sleep(ms)),
    begin: () => {
      const run = new TimeLimit(limits);
      run.begin();
      return run;
    },
  };
}

test("a try has its whole time, whatever began and ended before it", async () => {
  const { pass, begin } = rig();
  const first = begin();
  await pass(10_000);
  const second = begin();
  await pass(5_000);
  first.end();
  await pass(24_999);
  expect(second.isCut).toBe(false);
  await pass(1);
  expect(second.reason).toMatchObject({ code: "sink_timeout" });
  expect(first.isCut).toBe(false);
});

test("the next try of a run has its own time", async () => {
  const { pass, begin } = rig();
  const run = begin();
  await pass(29_000);
  run.begin();
  await pass(29_999);
  expect(run.isCut).toBe(false);
  await pass(1);
  expect(run.isCut).toBe(true);
});

test("nor does that keep another run from being cut off in time", async () => {
  const { pass, begin } = rig();
  const first = begin();
  await pass(1_000);
  const second = begin();
  await pass(1_000);
  first.begin();
  await pass(29_001);
  expect([first.isCut, second.isCut]).toEqual([false, true]);
});

test("so has one that begins when nothing was under way for long", async () => {
  const { pass, begin } = rig();
  begin().end();
  await pass(10 * limitMs);
  const run = begin();
  await pass(limitMs - 1);
  expect(run.isCut).toBe(false);
  await pass(1);
  expect(run.isCut).toBe(true);
});

test("tries that began together are cut off together", async () => {
  const { pass, begin } = rig();
  const runs = Array.from({ length: 100 }, begin);
  await pass(limitMs);
  expect(runs.filter(({ isCut }) => isCut)).toHaveLength(100);
});

test("a clock that is set forwards cuts nobody off", async () => {
  let skewMs = 0;
  const { pass, begin } = rig(
    (clock) => clock.nowMs,
    () => skewMs,
  );
  begin().end();
  await pass(10_000);
  const run = begin();
  skewMs = 24 * 60 * 60 * 1_000;
  await pass(limitMs - 1);
  expect(run.isCut).toBe(false);
  await pass(1);
  expect(run.isCut).toBe(true);
});

test("when the process stops, all that is under way is cut off, and what begins then", async () => {
  const { stop, begin } = rig();
  const [first, second] = [begin(), begin()];
  first.end();
  stop.abort();
  expect(first.isCut).toBe(false);
  expect(second.reason).toMatchObject({ code: "sink_stopped" });
  expect(begin).toThrow("is stopping");
});

test("(control) nothing is cut off while its time is not up", async () => {
  const { pass, begin } = rig();
  const runs = Array.from({ length: 10 }, begin);
  await pass(limitMs - 1);
  expect(runs.filter(({ isCut }) => isCut)).toEqual([]);
});
