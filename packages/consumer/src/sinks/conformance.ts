/** What every sink promises, as tests. A sink brings a real receiver; what it cannot promise it names, with the reason. */
import { setTimeout as pause } from "node:timers/promises";
import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import type { Attempt, BatchEntry, Sink } from "../model.ts";

/** What a receiver does with what it gets: takes it, refuses it, or works on it until it is told otherwise. */
export type Behaviour = "take" | "retry" | "dead" | "halt" | "hold";

/** A sink with the receiver it delivers to. */
export interface SinkRig {
  readonly sink: Sink;
  /** How the receiver behaves from now on, also about what it holds. It begins with `take`. */
  readonly behave: (behaviour: Behaviour) => void;
  /** What the receiver has made durable, in the order it did. */
  readonly taken: () => readonly DirectoryEvent[];
  /** How many events the receiver has begun to hold. */
  readonly held: () => number;
  /** Processes, connections and the like that the sink still has. */
  readonly remains: () => Promise<number>;
}

/** What is particular about a sink. */
export interface ConformanceOptions {
  /** True when it takes batches. */
  readonly batches?: boolean;
  /** Promises by name, and why the sink does not make them. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

/** Long, because the machine may be busy; only a test that fails waits this long. */
const patience = { timeout: 15_000 };

/** The dispatcher leaves a try behind this long after it was cut off. */
const settleMs = 8_000;

/** One promise and how it is checked. */
export interface SinkPromise {
  readonly name: string;
  readonly assertKept: (rig: SinkRig) => Promise<void>;
}

/** Runs the suite for one sink. `makeRig` cleans up by itself, with `onTestFinished`. */
export function sinkConformance(makeRig: () => SinkRig | Promise<SinkRig>, options: ConformanceOptions = {}): void {
  const { batches = false, exceptions = {} } = options;
  const promises = sinkPromises(batches).map((promise) => ({ ...promise, reason: exceptions[promise.name] }));
  const kept = promises.filter(({ reason }) => reason === undefined);
  const excepted = promises.filter(({ reason }) => reason !== undefined);
  describe("as every sink, it", () => {
    test.each(kept)("$name", async ({ assertKept }) => {
      const rig = await makeRig();
      onTestFinished(() => rig.sink.close?.());
      await assertKept(rig);
    });
    test.skipIf(excepted.length > 0).each(excepted)("$name (not promised: $reason)", () => expect.unreachable());
    test("has no exception from a promise that does not exist", () => {
      expect(excepted.map(({ name }) => name).sort()).toEqual(Object.keys(exceptions).sort());
    });
  });
}

/** Every promise of a sink, with those of sinks that take batches if wanted. */
export function sinkPromises(batches: boolean): readonly SinkPromise[] {
  const found: SinkPromise[] = [];
  const promise: Declare = (name, assertKept) => void found.push({ name, assertKept });
  describeTaking(promise);
  describeRefusing(promise);
  describeCutting(promise);
  describeClosing(promise);
  if (batches) describeBatches(promise);
  return found;
}

type Declare = (name: string, assertKept: SinkPromise["assertKept"]) => void;

function describeTaking(promise: Declare): void {
  promise("resolves when the event is durable at the receiver", async ({ sink, taken }) => {
    await sink.deliver(makeEvent(1), attemptOf(1));
    expect(taken()).toEqual([makeEvent(1)]);
    await sink.deliver(makeEvent(2), attemptOf(2));
    expect(taken()).toEqual([makeEvent(1), makeEvent(2)]);
  });

  promise("and not before", async ({ sink, behave, held, taken }) => {
    behave("hold");
    let isSettled = false;
    const delivering = sink.deliver(makeEvent(1), attemptOf(1)).finally(() => (isSettled = true));
    await vi.waitFor(() => expect(held()).toBe(1), patience);
    // A turn of the event loop in which something that is already decided would show.
    await pause(20);
    expect(isSettled).toBe(false);
    expect(taken()).toEqual([]);
    behave("take");
    await delivering;
    expect(taken()).toEqual([makeEvent(1)]);
  });

  promise("takes many at once, and each once", async ({ sink, taken }) => {
    const events = Array.from({ length: 24 }, (_, index) => makeEvent(index + 1));
    await Promise.all(events.map((event, index) => sink.deliver(event, attemptOf(index + 1))));
    const ids = taken().map(({ id }) => id);
    expect([...ids].sort()).toEqual(events.map(({ id }) => id));
  });

  promise("keeps the order of what is delivered one after the other", async ({ sink, taken }) => {
    const events = Array.from({ length: 12 }, (_, index) => makeEvent(index + 1));
    for (const [index, event] of events.entries()) await sink.deliver(event, attemptOf(index + 1));
    expect(taken()).toEqual(events);
  });

  promise("takes an event of five megabytes", async ({ sink, taken }) => {
    const huge = makeEvent(1, { data: { text: "x".repeat(5_000_000) } });
    await sink.deliver(huge, attemptOf(1));
    expect(taken()).toEqual([huge]);
  });

  promise("changes nothing of odd text", async ({ sink, taken }) => {
    const odd = makeEvent(1, {
      data: {
        lines: "one\ntwo\r\nthree\u2028four\u2029five",
        controls: "\u0000\u0001\u001b[31m\u0007\u007f",
        quotes: `'"\`$(id)\\`,
        scripts: "Zoë 李小龍 مرحبا \u202eright-to-left\u202c 👩‍👩‍👧‍👦 𝄞 \ufeff",
        half: "\ud800 \udfff",
        "key with \n line": { __proto__x: 1, constructor: 2 },
      },
    });
    await sink.deliver(odd, attemptOf(1));
    expect(taken()).toEqual([odd]);
  });

  promise("takes an event with an odd id, name and lane", async ({ sink, taken }) => {
    const odd = makeEvent(1, { id: 'x"; $(touch made) \n-rf ../é', name: "a name \n of:no\u0007thing" });
    await sink.deliver(odd, { ...attemptOf(1), lane: "läne \n\u0007 --flag" });
    expect(taken()).toEqual([odd]);
  });
}

function describeRefusing(promise: Declare): void {
  for (const verdict of ["retry", "dead", "halt"] as const) {
    promise(`rejects with what the receiver decides: ${verdict}`, async ({ sink, behave, taken }) => {
      behave(verdict);
      const delivering = sink.deliver(makeEvent(1), attemptOf(1));
      await expect(delivering).rejects.toMatchObject({ name: "SinkError", verdict });
      await expect(delivering).rejects.not.toThrow(/Directory|active|okta/);
      expect(taken()).toEqual([]);
    });
  }

  promise("takes at the second try what was refused at the first", async ({ sink, behave, taken }) => {
    behave("retry");
    await expect(sink.deliver(makeEvent(1), attemptOf(1))).rejects.toMatchObject({ verdict: "retry" });
    behave("take");
    await sink.deliver(makeEvent(1), { ...attemptOf(1), number: 2 });
    expect(taken()).toEqual([makeEvent(1)]);
  });
}

function describeCutting(promise: Declare): void {
  promise("does not begin a try that is over", async ({ sink, taken }) => {
    const signal = AbortSignal.abort(cutOff());
    await expect(sink.deliver(makeEvent(1), attemptOf(1, signal))).rejects.toMatchObject({ code: "sink_timeout" });
    await sink.deliver(makeEvent(2), attemptOf(2));
    expect(taken()).toEqual([makeEvent(2)]);
  });

  promise("ends a try whose time is up, and says why", async ({ sink, behave, held }) => {
    behave("hold");
    const cut = new AbortController();
    const delivering = sink.deliver(makeEvent(1), attemptOf(1, cut.signal));
    delivering.catch(() => undefined);
    await vi.waitFor(() => expect(held()).toBe(1), patience);
    const begin = performance.now();
    cut.abort(cutOff());
    await expect(delivering).rejects.toMatchObject({ verdict: "retry", code: "sink_timeout" });
    expect(performance.now() - begin).toBeLessThan(settleMs);
  });

  promise("goes on with other events after a try was cut off", async ({ sink, behave, held, taken }) => {
    behave("hold");
    const cut = new AbortController();
    const delivering = sink.deliver(makeEvent(1), attemptOf(1, cut.signal));
    delivering.catch(() => undefined);
    await vi.waitFor(() => expect(held()).toBe(1), patience);
    cut.abort(cutOff());
    await expect(delivering).rejects.toMatchObject({ code: "sink_timeout" });
    behave("take");
    await sink.deliver(makeEvent(2), attemptOf(2));
    expect(taken().map(({ id }) => id)).toContain("event_000002");
  });
}

function describeClosing(promise: Declare): void {
  promise("leaves nothing behind when it is closed", async ({ sink, remains }) => {
    await Promise.all([1, 2, 3].map((number) => sink.deliver(makeEvent(number), attemptOf(number))));
    await sink.close?.();
    expect(await remains()).toBe(0);
    // Twice is no mistake: a program may close in more than one place.
    await sink.close?.();
  });

  promise("leaves nothing behind when it is closed before it was used", async ({ sink, remains }) => {
    await sink.close?.();
    expect(await remains()).toBe(0);
  });

  promise("ends what is in flight when it is closed", async ({ sink, behave, held, remains }) => {
    behave("hold");
    const delivering = sink.deliver(makeEvent(1), attemptOf(1));
    delivering.catch(() => undefined);
    await vi.waitFor(() => expect(held()).toBe(1), patience);
    await sink.close?.();
    await expect(delivering).rejects.toMatchObject({ verdict: "retry" });
    expect(await remains()).toBe(0);
  });
}

function describeBatches(promise: Declare): void {
  const entries = Array.from({ length: 20 }, (_, index) => ({
    event: makeEvent(index + 1),
    attempt: attemptOf(index + 1),
  }));
  const never = new AbortController().signal;
  const deliverBatch = async ({ sink }: SinkRig, given: readonly BatchEntry[], signal = never): Promise<void> => {
    if (sink.deliverBatch === undefined) throw new Error("The sink takes no batches.");
    await sink.deliverBatch(given, signal);
  };

  promise("takes a batch in order", async (rig) => {
    await deliverBatch(rig, entries);
    expect(rig.taken()).toEqual(entries.map(({ event }) => event));
  });

  promise("takes a batch of one", async (rig) => {
    await deliverBatch(rig, entries.slice(0, 1));
    expect(rig.taken()).toEqual([makeEvent(1)]);
  });

  promise("takes batches and single events at once", async (rig) => {
    await Promise.all([
      deliverBatch(rig, entries.slice(0, 9)),
      rig.sink.deliver(makeEvent(30), attemptOf(30)),
      deliverBatch(rig, entries.slice(9)),
    ]);
    expect(rig.taken()).toHaveLength(21);
  });

  promise("counts nothing of a batch whose first event is refused", async (rig) => {
    rig.behave("retry");
    const failure: unknown = await deliverBatch(rig, entries).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "SinkError", verdict: "retry" });
    expect((failure as { deliveredCount?: number }).deliveredCount ?? 0).toBe(0);
    expect(rig.taken()).toEqual([]);
  });

  promise("ends a batch whose time is up", async (rig) => {
    rig.behave("hold");
    const cut = new AbortController();
    const delivering = deliverBatch(rig, entries, cut.signal);
    delivering.catch(() => undefined);
    await vi.waitFor(() => expect(rig.held()).toBeGreaterThan(0), patience);
    cut.abort(cutOff());
    await expect(delivering).rejects.toMatchObject({ verdict: "retry", code: "sink_timeout" });
  });
}

/** Try number 1 of an entry, which nothing cuts off unless a signal is given. */
export function attemptOf(seq: number, signal: AbortSignal = new AbortController().signal): Attempt {
  return { number: 1, seq, epoch: 1, lane: "directory:d1", replay: false, signal };
}

/** Why a dispatcher ends a try. */
export function cutOff(code = "sink_timeout"): SinkError {
  return new SinkError("The time of the try is up.", { verdict: "retry", code });
}
