import { ConnectionError, SinkError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { deliverRun, type Ended, type RunContext } from "./attempt.ts";
import { makeEvent } from "../fixtures/events.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import type { LaneItem } from "./lanes.ts";
import type { Attempt, Failure, Sink } from "../model.ts";
import { defaultPolicy } from "../policy.ts";
import { TimeLimits } from "./time-limit.ts";

const taken = { lane: "d1", item: { seq: 7, event: makeEvent(7), attempts: 2, nextAtMs: 0, replay: false } };

interface Trial {
  readonly clock: VirtualClock;
  readonly limits: TimeLimits;
  readonly stop: AbortController;
  readonly trying: Promise<Failure | null>;
}

function trial(deliver: Sink["deliver"], stop = new AbortController()): Trial {
  const clock = new VirtualClock();
  const context = contextOf({ name: "app", deliver }, { clock, stop });
  return { clock, stop, limits: context.limits, trying: attempt(taken, context) };
}

function contextOf(
  sink: Sink,
  {
    clock,
    stop = new AbortController(),
    timeoutMs = 30_000,
  }: { clock: VirtualClock; stop?: AbortController; timeoutMs?: number },
): Omit<RunContext, "report"> {
  const by = { sink, policy: { ...defaultPolicy, timeoutMs }, runtime: clock.runtime, stop: stop.signal };
  return { ...by, limits: new TimeLimits(by), journal: { epoch: 3 }, mayBegin: () => true };
}

/** How the try of a run of one ended. */
async function attempt(item: LaneItem, context: Omit<RunContext, "report">): Promise<Failure | null> {
  const ended: Ended[] = [];
  await deliverRun([item], { ...context, report: (more) => void ended.push(...more) });
  expect(ended.map((end) => end.taken)).toEqual([item]);
  return ended[0]?.failure ?? null;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A sink that ends when its signal is aborted, as it should. */
const obedient: Sink["deliver"] = (_event, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

test("a sink is told the try's number, position, epoch and lane", async () => {
  const seen: unknown[] = [];
  const { trying } = trial((event, { number, seq, epoch, lane }) => {
    seen.push([event.id, number, seq, epoch, lane]);
    return Promise.resolve();
  });
  await expect(trying).resolves.toBeNull();
  expect(seen).toEqual([["event_000007", 3, 7, 3, "d1"]]);
});

test("a sink is told what is unusual about an event: that a person asked for it, that a scan made it, that it is late", async () => {
  const unusual = { redriven: true, synthetic: { cause: "gap", scanId: "scan_1" }, late: true } as const;
  const seen: Attempt[] = [];
  const deliver: Sink["deliver"] = (_event, attempt) => Promise.resolve(void seen.push(attempt));
  const context = contextOf({ name: "app", deliver }, { clock: new VirtualClock() });
  await attempt({ ...taken, item: { ...taken.item, ...unusual } }, context);
  await attempt(taken, context);
  expect(seen[0]).toMatchObject(unusual);
  for (const name of Object.keys(unusual)) expect(seen[1]).not.toHaveProperty(name);
});

describe("a failure becomes a verdict", () => {
  /** As an application's own copy of the SDK would make it: same brand, other class. */
  const foreign = Object.assign(new Error("from another copy"), { code: "mine", verdict: "dead" });
  Object.defineProperty(foreign, Symbol.for("@dirsync/error"), { value: true });

  test.each<[string, unknown, Partial<Failure>]>([
    ["any error: try again", new TypeError("no database"), { code: "TypeError", verdict: "retry" }],
    ["something that is no error", "oops", { code: "unknown", message: "oops", verdict: "retry" }],
    [
      "a SinkError: what it says",
      new SinkError("no", { verdict: "dead", code: "bad" }),
      { code: "bad", verdict: "dead" },
    ],
    ["a SinkError that halts", new SinkError("no", { verdict: "halt" }), { code: "sink_failed", verdict: "halt" }],
    [
      "a SinkError that says when to come back",
      new SinkError("later", { verdict: "retry", retryAfterMs: 7_000 }),
      { verdict: "retry", retryAfterMs: 7_000 },
    ],
    ["a SinkError of another copy of the SDK", foreign, { code: "mine", verdict: "dead" }],
    [
      "an error of a call to the service that a handler lets through: try again",
      new ConnectionError("No answer.", { code: "unreachable" }),
      { code: "unreachable", verdict: "retry" },
    ],
  ])("%s", async (_name, error, expected) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- handlers reject with anything.
    const { trying } = trial(() => Promise.reject(error));
    await expect(trying).resolves.toMatchObject(expected);
  });

  test("a sink that throws before it returns a promise fails like any other", async () => {
    const { trying } = trial(() => {
      throw new Error("at once");
    });
    await expect(trying).resolves.toMatchObject({ message: "at once", verdict: "retry" });
  });

  test("a batch that fails with something that is no error fails with what that says", async () => {
    const deliver = (): Promise<void> => Promise.resolve();
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- handlers reject with anything.
    const deliverBatch = (): Promise<void> => Promise.reject("oops");
    const context = contextOf({ name: "app", deliver, deliverBatch }, { clock: new VirtualClock() });
    const ended: Ended[] = [];
    const second = { ...taken, item: { ...taken.item, seq: 8 } };
    await deliverRun([taken, second], { ...context, report: (more) => void ended.push(...more) });
    expect(ended.map(({ failure }) => failure?.message)).toEqual(["oops", "oops"]);
  });

  test("of a long message only the beginning is kept", async () => {
    const { trying } = trial(() => Promise.reject(new Error("x".repeat(10_000))));
    expect((await trying)?.message).toHaveLength(500);
  });
});

describe("a try whose time is up", () => {
  test("is cut off, and its effect is unknown", async () => {
    const { clock, trying } = trial(obedient);
    const before = clock.nowMs;
    await expect(clock.runUntil(trying)).resolves.toMatchObject({ code: "sink_timeout", verdict: "retry" });
    expect(clock.nowMs - before).toBe(30_000);
  });

  test("counts as taken when the sink says so after all", async () => {
    const { clock, trying } = trial(
      (_event, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    );
    await expect(clock.runUntil(trying)).resolves.toBeNull();
  });

  test("ends a little later when the sink ignores its signal", async () => {
    const { clock, trying } = trial(() => new Promise(() => undefined));
    const before = clock.nowMs;
    await expect(clock.runUntil(trying)).resolves.toMatchObject({ code: "sink_timeout" });
    expect(clock.nowMs - before).toBe(38_000);
  });

  test("leaves no timer behind that would keep the process from ending", async () => {
    const { clock, limits, trying } = trial(obedient);
    await clock.runUntil(trying);
    limits.close();
    expect(clock.sleeping).toBe(0);
  });

  test("nor does one that ended in time", async () => {
    const { clock, limits, trying } = trial(() => Promise.resolve());
    await trying;
    expect(clock.sleeping).toBe(1);
    limits.close();
    await nextTurn();
    expect(clock.sleeping).toBe(0);
  });

  test("an unlimited time is really unlimited", async () => {
    const clock = new VirtualClock();
    const deliver = (): Promise<void> => clock.runtime.sleep(3_600_000);
    const context = contextOf({ name: "app", deliver }, { clock, timeoutMs: Number.POSITIVE_INFINITY });
    await expect(clock.runUntil(attempt(taken, context))).resolves.toBeNull();
    expect(Math.max(...clock.sleeps)).toBeLessThan(2 ** 31);
  });
});

test("an event whose tries were all used up by crashes is given up without another one", async () => {
  const { context, calls } = recordingContext();
  const spent = { lane: "d1", item: { ...taken.item, attempts: 12 } };
  await expect(attempt(spent, context)).resolves.toMatchObject({ code: "attempts_exhausted", verdict: "dead" });
  expect(calls).toEqual([]);
});

test("a try that was recorded just before the process was told to end is not begun", async () => {
  const { context, calls } = recordingContext({ mayBegin: () => false });
  await expect(attempt(taken, context)).resolves.toMatchObject({ code: "not_begun", verdict: "retry" });
  expect(calls).toEqual([]);
});

function recordingContext(given: Partial<RunContext> = {}): { context: Omit<RunContext, "report">; calls: string[] } {
  const calls: string[] = [];
  const sink: Sink = {
    name: "app",
    deliver: ({ id }) => {
      calls.push(id);
      return Promise.resolve();
    },
  };
  return { context: { ...contextOf(sink, { clock: new VirtualClock() }), ...given }, calls };
}

describe("stopping the process", () => {
  test("cuts a try off", async () => {
    const { stop, trying } = trial(obedient);
    stop.abort();
    await expect(trying).resolves.toMatchObject({ code: "sink_stopped", verdict: "retry" });
  });

  test("is not held up by a sink that ignores its signal: a service manager's patience ends soon", async () => {
    const { clock, stop, trying } = trial(() => new Promise(() => undefined));
    const before = clock.nowMs;
    stop.abort();
    await expect(clock.runUntil(trying)).resolves.toMatchObject({ code: "sink_stopped" });
    expect(clock.nowMs - before).toBe(1_500);
  });

  test("neither by one whose time was up before", async () => {
    const { clock, stop, trying } = trial(() => new Promise(() => undefined));
    await clock.runUntil(clock.runtime.sleep(30_001));
    const before = clock.nowMs;
    stop.abort();
    await expect(clock.runUntil(trying)).resolves.toMatchObject({ code: "sink_timeout" });
    expect(clock.nowMs - before).toBe(1_500);
  });

  test("keeps a try from beginning", async () => {
    const stop = new AbortController();
    stop.abort();
    let calls = 0;
    const { trying } = trial(() => {
      calls += 1;
      return Promise.resolve();
    }, stop);
    await expect(trying).resolves.toMatchObject({ code: "sink_stopped" });
    expect(calls).toBe(0);
  });
});
