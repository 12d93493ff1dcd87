import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, test, vi } from "vitest";
import { dispatchRig, failingFirst, until } from "../fixtures/dispatch-rig.ts";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import type { Sink } from "../model.ts";
import { defaultPolicy } from "../policy.ts";

const ids = (log: readonly DirectoryEvent[]): string[] => log.map(({ id }) => id);

describe("an outage of the sink", () => {
  const outage = (clock: VirtualClock, untilMs: number): Sink["deliver"] => {
    return () => (clock.nowMs < untilMs ? Promise.reject(new Error("database is down")) : Promise.resolve());
  };

  test("of an hour makes no dead letter, and everything is delivered in order within a minute afterwards", async () => {
    const clock = new VirtualClock();
    const backAtMs = clock.nowMs + 3_600_000;
    const log = makeLog(1, 60, 10);
    const { run, tried, journal } = await dispatchRig({
      log,
      clock,
      deliver: outage(clock, backAtMs),
      policy: { delayMs: defaultPolicy.delayMs },
    });
    await expect(run()).resolves.toMatchObject({ delivered: 60, dead: 0 });
    expect(clock.nowMs - backAtMs).toBeLessThan(90_000);
    expect(tried.length).toBeLessThan(1_200);
    expect((await journal.status()).sinks).toMatchObject([{ pending: 0, deadLetters: 0 }]);
  });

  test("costs no more than its first event where there is one lane: until the second fails, it may be poison", async () => {
    const clock = new VirtualClock();
    const { run, tried } = await dispatchRig({
      log: makeLog(1, 20),
      clock,
      deliver: outage(clock, clock.nowMs + 3_600_000),
      policy: { delayMs: defaultPolicy.delayMs },
    });
    await expect(run()).resolves.toMatchObject({ delivered: 19, dead: 1 });
    expect(tried.slice(-19)).toEqual(ids(makeLog(2, 20)));
  });

  test("costs no event at all where its program cannot be started, for however long", async () => {
    const clock = new VirtualClock();
    // Longer than any outage is believed, see below.
    const backAtMs = clock.nowMs + 6 * 3_600_000;
    const gone = new SinkError("no such file", { verdict: "retry", code: "command_not_started" });
    const deliver = (): Promise<void> => (clock.nowMs < backAtMs ? Promise.reject(gone) : Promise.resolve());
    const { run } = await dispatchRig({
      log: makeLog(1, 3),
      clock,
      deliver,
      policy: { delayMs: defaultPolicy.delayMs },
    });
    await expect(run()).resolves.toMatchObject({ delivered: 3, dead: 0 });
    expect(clock.nowMs - backAtMs).toBeLessThan(90_000);
  });

  test("does not make the loop spin: one try every few seconds", async () => {
    const clock = new VirtualClock();
    const { run, tried } = await dispatchRig({
      log: makeLog(1, 20, 20),
      clock,
      deliver: outage(clock, clock.nowMs + 600_000),
      policy: { delayMs: () => 0 },
    });
    await run();
    expect(tried.length).toBeGreaterThan(100);
    expect(clock.sleeps.length).toBeLessThan(2_000);
  });

  test.each([1, 3])(
    "cannot be told from bad events for ever (%i lanes): after two hours the rest is delivered",
    async (lanes) => {
      const clock = new VirtualClock();
      const bad = makeLog(1, 3, lanes);
      const leaver = makeEvent(4, { directory: "d1", name: "dsync.user.deleted" });
      const log = [...bad, leaver];
      const { run, tried } = await dispatchRig({ log, clock, deliver: failingFirst(1_000_000, ids(bad)) });
      const before = clock.nowMs;
      await expect(run()).resolves.toMatchObject({ delivered: 1, dead: 3 });
      expect(tried).toContain(leaver.id);
      expect(clock.nowMs - before).toBeLessThan(2.5 * 3_600_000);
    },
  );

  test("is none where the sink gives events up: it is up, and those that fail are charged", async () => {
    const clock = new VirtualClock();
    const deliver: Sink["deliver"] = async (_event, attempt) => {
      if (attempt.lane !== "directory:d3") throw new Error("not yet");
      await clock.runtime.sleep(3_000);
      throw new SinkError("no such person", { verdict: "dead" });
    };
    const log = makeLog(1, 60, 3).filter(({ data }) => data["directory_id"] === "d3");
    const bad = [makeEvent(61, { directory: "d1" }), makeEvent(62, { directory: "d2" })];
    const policy = { delayMs: () => 2_000 };
    const { run } = await dispatchRig({ log: [...bad, ...log], clock, deliver, policy });
    await expect(run()).resolves.toMatchObject({ delivered: 0, dead: 22 });
    // With an outage the two would have been kept for hours.
    expect(clock.nowMs - clock.startedAtMs).toBeLessThan(120_000);
  });

  test("is probed with one event at a time, also where a lane has more that were never tried", async () => {
    const clock = new VirtualClock();
    const down = (): Promise<never> => Promise.reject(new Error("database is down"));
    const log = makeLog(1, 2, 2);
    const policy = { runMax: 5, delayMs: defaultPolicy.delayMs };
    const { dispatcher, journal, drain } = await dispatchRig({ log, clock, deliver: down, policy });
    const running = dispatcher.run();
    await clock.runUntil(clock.runtime.sleep(60_000));
    const step = vi.spyOn(journal, "step");
    const events = Array.from({ length: 5 }, (_none, index) => makeEvent(3 + index, { directory: "d9" }));
    await journal.append({ events, expectedCursor: log.at(-1)?.id ?? null, receivedAtMs: 0 });
    dispatcher.notify();
    await clock.runUntil(clock.runtime.sleep(60_000));
    const started = step.mock.calls.flatMap(([, step]) => (step.started.length > 0 ? [step.started] : []));
    expect(started.some(([seq]) => seq === 3)).toBe(true);
    expect(Math.max(...started.map(({ length }) => length))).toBe(1);
    drain.abort();
    await clock.runUntil(running);
  });

  test("does not hide a leaver of another directory behind two bad events", async () => {
    const clock = new VirtualClock();
    const bad = makeLog(1, 2, 2);
    const { dispatcher, journal, tried } = await dispatchRig({
      log: bad,
      clock,
      deliver: failingFirst(1_000_000, ids(bad)),
    });
    const running = dispatcher.run();
    await clock.runUntil(clock.runtime.sleep(60_000));
    const leaver = makeEvent(3, { directory: "d9", name: "dsync.user.deleted" });
    await journal.append({ events: [leaver], expectedCursor: bad.at(-1)?.id ?? null, receivedAtMs: 0 });
    dispatcher.notify();
    const before = clock.nowMs;
    await clock.runUntil(until(clock, () => Promise.resolve(tried.includes(leaver.id))));
    expect(clock.nowMs - before).toBeLessThanOrEqual(15_000);
    dispatcher.finish();
    await clock.runUntil(running);
  });
});
