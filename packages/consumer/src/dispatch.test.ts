import { type DirectoryEvent, SinkError, type SinkVerdict } from "@dirsync/sdk";
import { describe, expect, test, vi } from "vitest";
import { Dispatcher, type DispatchReport } from "./dispatch.ts";
import { makeEvent, makeLog } from "./fixtures/events.ts";
import { bumpEpoch, holdJournal, newStateFile } from "./fixtures/state-file.ts";
import { VirtualClock } from "./fixtures/virtual-clock.ts";
import type { Journal } from "./journal/model.ts";
import { openJournal } from "./journal/open.ts";
import type { Attempt, Policy, Sink } from "./model.ts";
import { defaultPolicy } from "./policy.ts";

interface Rig {
  readonly journal: Journal;
  readonly clock: VirtualClock;
  readonly dispatcher: Dispatcher;
  readonly drain: AbortController;
  readonly stop: AbortController;
  /** Ids in the order in which tries began. */
  readonly tried: string[];
  /** Lets the sink finish what the journal has, and returns its report. */
  run(): Promise<DispatchReport>;
}

interface RigOptions {
  readonly log?: readonly DirectoryEvent[];
  readonly deliver?: Sink["deliver"];
  readonly policy?: Partial<Policy>;
  readonly path?: string;
  readonly clock?: VirtualClock;
}

async function rig(options: RigOptions = {}): Promise<Rig> {
  const { deliver = () => Promise.resolve(), log = makeLog(1, 3), clock = new VirtualClock() } = options;
  const journal = await holdJournal(options.path);
  await fill(journal, log);
  const tried: string[] = [];
  const sink: Sink = {
    name: "app",
    deliver: (event, attempt) => {
      tried.push(event.id);
      return deliver(event, attempt);
    },
  };
  const [drain, stop] = [new AbortController(), new AbortController()];
  const policy = { ...defaultPolicy, delayMs: () => 1_000, ...options.policy };
  const signals = { drain: drain.signal, stop: stop.signal };
  const dispatcher = new Dispatcher({ journal, sink, policy, runtime: clock.runtime, ...signals });
  const run = (): Promise<DispatchReport> => {
    dispatcher.finish();
    return clock.runUntil(dispatcher.run());
  };
  return { journal, clock, dispatcher, drain, stop, tried, run };
}

async function fill(journal: Journal, events: readonly DirectoryEvent[]): Promise<void> {
  const { cursor } = await journal.bind("https://log.test", { from: "start" });
  await journal.append({ events, expectedCursor: cursor, receivedAtMs: 0 });
}

function failing(verdict: SinkVerdict): Sink["deliver"] {
  return () => Promise.reject(new SinkError("no", { verdict }));
}

/** A sink that fails the first `times` tries of each event named. */
function failingFirst(times: number, ids: readonly string[]): Sink["deliver"] {
  return (event, { number }) =>
    ids.includes(event.id) && number <= times ? Promise.reject(new Error("not yet")) : Promise.resolve();
}

const ids = (log: readonly DirectoryEvent[]): string[] => log.map(({ id }) => id);
const [first, second, third] = ids(makeLog(1, 3)) as [string, string, string];

describe("a sink that takes everything", () => {
  test("gets every event once, in order, and its mark is at the end", async () => {
    const { run, tried, journal } = await rig({ log: makeLog(1, 700) });
    await expect(run()).resolves.toMatchObject({ delivered: 700, dead: 0, halted: null });
    expect(tried).toEqual(ids(makeLog(1, 700)));
    expect((await journal.status()).sinks).toEqual([
      { name: "app", lowSeq: 700, pending: 0, deadLetters: 0, delivered: 700 },
    ]);
  });

  test("gets nothing again after a restart", async () => {
    const path = newStateFile();
    const before = await rig({ path });
    await before.run();
    await before.journal.close();
    const after = await rig({ path });
    await after.run();
    expect(after.tried).toEqual([]);
  });

  test("gets no more tries at once than its concurrency, and they are of different lanes", async () => {
    const flying = new Set<string>();
    let most = 0;
    const deliver = async (_event: DirectoryEvent, { lane }: Attempt): Promise<void> => {
      expect(flying.has(lane)).toBe(false);
      flying.add(lane);
      most = Math.max(most, flying.size);
      await clock.runtime.sleep(10);
      flying.delete(lane);
    };
    const clock = new VirtualClock();
    const { run } = await rig({ log: makeLog(1, 60, 10), deliver, clock, policy: { concurrency: 4 } });
    await run();
    expect(most).toBe(4);
  });

  test("does not warn of a leak while many tries are in flight", async () => {
    const clock = new VirtualClock();
    const warnings: string[] = [];
    const note = ({ name }: Error): void => void warnings.push(name);
    process.on("warning", note);
    const { run } = await rig({ log: makeLog(1, 16, 16), clock, deliver: () => clock.runtime.sleep(100) });
    await run();
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  test("does not make the loop spin while all its tries are in flight", async () => {
    const clock = new VirtualClock();
    const deliver = (): Promise<void> => clock.runtime.sleep(60_000);
    const { run } = await rig({
      log: makeLog(1, 3, 3),
      deliver,
      clock,
      policy: { concurrency: 1, timeoutMs: 100_000 },
    });
    await run();
    // Three minutes: a look for redriven letters each second and little else.
    expect(clock.sleeps.length).toBeLessThan(220);
  });
});

describe("a try that fails", () => {
  test("is repeated before anything behind it in its lane, while other lanes go on", async () => {
    const log = [makeEvent(1, { directory: "a" }), makeEvent(2, { directory: "b" }), makeEvent(3, { directory: "a" })];
    const { run, tried } = await rig({ log, deliver: failingFirst(2, [first]) });
    await run();
    expect(tried.filter((id) => id !== second)).toEqual([first, first, first, third]);
    expect(tried.indexOf(second)).toBeLessThan(3);
  });

  test("is on record before it starts", async () => {
    const attempts: number[] = [];
    const path = newStateFile();
    const deliver = async (): Promise<void> => {
      const visitor = await openJournal({ path, role: "visitor" });
      const { sinks } = await visitor.status();
      attempts.push(sinks[0]?.pending ?? -1);
      await visitor.close();
      await Promise.reject(new SinkError("no", { verdict: "dead" }));
    };
    const { run, journal } = await rig({ path, deliver, log: makeLog(1, 1) });
    await run();
    expect(attempts).toEqual([1]);
    await expect(journal.deadLetters()).resolves.toMatchObject([{ attempts: 1 }]);
  });

  test("waits longer each time, with the policy's delays", async () => {
    const delays: number[] = [];
    const delayMs = (attempt: number): number => {
      delays.push(attempt);
      return 1_000;
    };
    const { run, clock } = await rig({
      log: makeLog(1, 1),
      deliver: failing("retry"),
      policy: { attemptsMax: 4, delayMs },
    });
    const before = clock.nowMs;
    await run();
    expect(delays).toEqual([1, 2, 3]);
    expect(clock.nowMs - before).toBe(3 * 750);
  });
});

describe("a dead letter", () => {
  test("is made when the budget is used up, keeps what is known, and does not hold up its lane", async () => {
    const { run, tried, journal, clock } = await rig({
      deliver: failingFirst(99, [first]),
      policy: { attemptsMax: 3 },
    });
    const beganAtMs = clock.nowMs;
    await expect(run()).resolves.toMatchObject({ delivered: 2, dead: 1, halted: null });
    expect(tried).toEqual([first, first, first, second, third]);
    await expect(journal.deadLetters()).resolves.toMatchObject([
      {
        sink: "app",
        seq: 1,
        event: { id: first },
        attempts: 3,
        failure: { code: "Error", message: "not yet" },
        firstTriedAtMs: beganAtMs,
        lastTriedAtMs: beganAtMs + 1_500,
      },
    ]);
    expect(clock.messages("error")).toEqual(["gave an event up; it is kept as a dead letter"]);
  });

  test("is made at once when the sink gives the event up", async () => {
    const { run, tried } = await rig({ deliver: failing("dead") });
    await expect(run()).resolves.toMatchObject({ delivered: 0, dead: 3 });
    expect(tried).toEqual([first, second, third]);
  });

  test("and the mark are written together: after a restart nothing is tried again", async () => {
    const path = newStateFile();
    const before = await rig({ path, deliver: failing("dead") });
    await before.run();
    await before.journal.close();
    const after = await rig({ path });
    await after.run();
    expect(after.tried).toEqual([]);
    expect((await after.journal.status()).sinks).toMatchObject([{ lowSeq: 3, deadLetters: 3, pending: 0 }]);
  });

  test("with `halt` ends the sink, and what is behind it stays", async () => {
    const { run, tried, journal } = await rig({ deliver: failing("dead"), policy: { onDeadLetter: "halt" } });
    await expect(run()).resolves.toMatchObject({ dead: 1, halted: { verdict: "dead" } });
    expect(tried).toEqual([first]);
    expect((await journal.status()).sinks).toMatchObject([{ deadLetters: 1, pending: 2 }]);
  });
});

describe("a sink that halts", () => {
  test("gets nothing more: no retry, no other event, and nothing is given up", async () => {
    const { run, tried, journal, clock } = await rig({ deliver: failing("halt") });
    await expect(run()).resolves.toMatchObject({ delivered: 0, dead: 0, halted: { code: "sink_failed" } });
    expect(tried).toEqual([first]);
    expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 0, pending: 3, deadLetters: 0 }]);
    expect(clock.messages("error")).toEqual([
      "sink halted; it takes no more events until the process is started again",
    ]);
  });

  test("starts no try of another lane in the turn in which it halts", async () => {
    const log = makeLog(1, 20, 20);
    const { run, tried } = await rig({ log, deliver: failing("halt"), policy: { concurrency: 1 } });
    await run();
    expect(tried).toHaveLength(1);
  });

  test("keeps its budget however often it is started again", async () => {
    const path = newStateFile();
    const log = makeLog(1, 1);
    for (let start = 0; start < 5; start += 1) {
      const { run, tried, journal } = await rig({ path, log, deliver: failing("halt"), policy: { attemptsMax: 2 } });
      await expect(run()).resolves.toMatchObject({ dead: 0, halted: { verdict: "halt" } });
      expect(tried).toEqual([first]);
      await journal.close();
    }
  });
});

describe("an orderly end", () => {
  test("lets what is in flight end, records it, and starts nothing new", async () => {
    const clock = new VirtualClock();
    const { run, drain, tried, journal } = await rig({
      clock,
      deliver: async () => {
        drain.abort();
        await clock.runtime.sleep(5_000);
      },
    });
    await expect(run()).resolves.toMatchObject({ delivered: 1 });
    expect(tried).toEqual([first]);
    expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 1, pending: 2 }]);
  });

  test("does not wait for retries that are due later", async () => {
    const { dispatcher, clock, drain, tried } = await rig({
      deliver: failing("retry"),
      policy: { delayMs: () => 60_000 },
    });
    const running = dispatcher.run();
    void clock.runtime.sleep(1_000).then(() => drain.abort());
    const before = clock.nowMs;
    await clock.runUntil(running);
    expect(clock.nowMs - before).toBeLessThanOrEqual(2_000);
    expect(tried).toEqual([first]);
  });

  test("cut short, counts the try that was cut off and tries it again next time", async () => {
    const path = newStateFile();
    const before = await rig({ path, deliver: (_event, { signal }) => ended(signal) });
    const running = before.dispatcher.run();
    void before.clock.runtime.sleep(1_000).then(() => {
      before.drain.abort();
      before.stop.abort();
    });
    await expect(before.clock.runUntil(running)).resolves.toMatchObject({ delivered: 0, dead: 0 });
    await before.journal.close();
    const numbers: number[] = [];
    const deliver = (_event: DirectoryEvent, { number }: Attempt): Promise<void> => {
      numbers.push(number);
      return Promise.resolve();
    };
    const after = await rig({ path, deliver });
    await after.run();
    expect(numbers).toEqual([2, 1, 1]);
  });
});

function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

describe("a redrive from another connection", () => {
  async function withDeadLetter(options: RigOptions = {}): Promise<Rig & { visitor: Journal }> {
    const path = newStateFile();
    let isMended = false;
    const made = await rig({
      path,
      deliver: (event) => (event.id === first && !isMended ? failing("dead")(event, {} as Attempt) : Promise.resolve()),
      log: [1, 2, 3].map((number) => makeEvent(number, { user: `u${number}` })),
      ...options,
    });
    const running = made.dispatcher.run();
    running.catch(() => undefined);
    const visitor = await openJournal({ path, role: "visitor" });
    await made.clock.runUntil(until(made.clock, async () => (await visitor.deadLetters()).length > 0));
    isMended = true;
    return { ...made, visitor, run: () => made.clock.runUntil(running) };
  }

  test("is picked up within a second by a running dispatcher, with a fresh budget", async () => {
    const { visitor, clock, run, dispatcher, tried, journal } = await withDeadLetter();
    await visitor.redrive("app", 1, {});
    const before = clock.nowMs;
    await clock.runUntil(until(clock, () => Promise.resolve(tried.filter((id) => id === first).length === 2)));
    expect(clock.nowMs - before).toBeLessThanOrEqual(1_000);
    dispatcher.finish();
    await run();
    await visitor.close();
    await expect(journal.deadLetters()).resolves.toEqual([]);
    expect((await journal.status()).sinks).toMatchObject([{ delivered: 3, lowSeq: 3 }]);
  });

  test("is withdrawn when a later event overtook it before it could be tried", async () => {
    const { visitor, clock, run, dispatcher, tried, journal } = await withDeadLetter();
    await visitor.redrive("app", 1, {});
    const deletion = makeEvent(4, { name: "dsync.user.deleted", user: "u1" });
    await journal.append({ events: [deletion], expectedCursor: third, receivedAtMs: 0 });
    dispatcher.notify();
    await clock.runUntil(clock.runtime.sleep(3_000));
    dispatcher.finish();
    await run();
    expect(tried).toEqual([first, second, third, deletion.id]);
    await expect(visitor.deadLetters()).resolves.toMatchObject([{ seq: 1, supersededBy: deletion.id }]);
    await visitor.close();
  });

  test("that is forced is delivered although a later event overtook it", async () => {
    const { visitor, clock, run, dispatcher, tried, journal } = await withDeadLetter();
    const deletion = makeEvent(4, { name: "dsync.user.deleted", user: "u1" });
    await journal.append({ events: [deletion], expectedCursor: third, receivedAtMs: 0 });
    await visitor.redrive("app", 1, { force: true });
    await clock.runUntil(clock.runtime.sleep(3_000));
    dispatcher.notify();
    dispatcher.finish();
    await run();
    expect(tried.filter((id) => id === first)).toHaveLength(2);
    await visitor.close();
  });

  test("that fails again becomes a dead letter again, and is not tried for ever", async () => {
    const { visitor, clock, run, dispatcher, tried } = await withDeadLetter({
      deliver: (event) => (event.id === first ? Promise.reject(new Error("still")) : Promise.resolve()),
      policy: { attemptsMax: 2 },
    });
    await visitor.redrive("app", 1, {});
    await clock.runUntil(until(clock, async () => (await visitor.deadLetters()).length > 0));
    await clock.runUntil(clock.runtime.sleep(10_000));
    dispatcher.finish();
    await run();
    expect(tried.filter((id) => id === first)).toHaveLength(4);
    await expect(visitor.deadLetters()).resolves.toMatchObject([{ attempts: 2 }]);
    await visitor.close();
  });

  test("that was interrupted goes on after a restart", async () => {
    const path = newStateFile();
    const before = await rig({ path, deliver: failing("dead") });
    await before.run();
    await before.journal.redrive("app", 2, {});
    await before.journal.close();
    const after = await rig({ path });
    await after.run();
    expect(after.tried).toEqual([second]);
    expect((await after.journal.status()).sinks).toMatchObject([{ deadLetters: 2, delivered: 1 }]);
  });
});

/** Waits, in virtual time, for something that shows in the database. */
async function until(clock: VirtualClock, condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await clock.runtime.sleep(50);
}

describe("an outage of the sink", () => {
  const outage = (clock: VirtualClock, untilMs: number): Sink["deliver"] => {
    return () => (clock.nowMs < untilMs ? Promise.reject(new Error("database is down")) : Promise.resolve());
  };

  test("of an hour makes no dead letter, and everything is delivered in order within a minute afterwards", async () => {
    const clock = new VirtualClock();
    const backAtMs = clock.nowMs + 3_600_000;
    const log = makeLog(1, 60, 10);
    const { run, tried, journal } = await rig({
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

  test("does not make the loop spin: one try every few seconds", async () => {
    const clock = new VirtualClock();
    const { run, tried } = await rig({
      log: makeLog(1, 20, 20),
      clock,
      deliver: outage(clock, clock.nowMs + 600_000),
      policy: { delayMs: () => 0 },
    });
    await run();
    expect(tried.length).toBeGreaterThan(100);
    expect(clock.sleeps.length).toBeLessThan(2_000);
  });

  test("cannot be told from bad events for ever: after two hours their budget is used up and the rest is delivered", async () => {
    const clock = new VirtualClock();
    const log = [...makeLog(1, 3, 3), makeEvent(4, { directory: "d2", name: "dsync.user.deleted" })];
    const { run, tried } = await rig({ log, clock, deliver: failingFirst(99, ids(makeLog(1, 3, 3))) });
    const before = clock.nowMs;
    await expect(run()).resolves.toMatchObject({ delivered: 1, dead: 3 });
    expect(tried.at(-1)).toBe(log[3]?.id);
    expect(clock.nowMs - before).toBeLessThan(2.5 * 3_600_000);
  });

  test("does not hide a leaver of another directory behind two bad events", async () => {
    const clock = new VirtualClock();
    const bad = makeLog(1, 2, 2);
    const { dispatcher, journal, tried } = await rig({ log: bad, clock, deliver: failingFirst(99, ids(bad)) });
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

test("a notice that comes while the journal is being read is not forgotten", async () => {
  const { journal, dispatcher, clock, tried } = await rig({ log: makeLog(1, 1) });
  const late = makeLog(2, 2);
  const read = journal.read.bind(journal);
  vi.spyOn(journal, "read").mockImplementationOnce(async (...request) => {
    const items = await read(...request);
    // Another loop appends between the query and its answer.
    await journal.append({ events: late, expectedCursor: first, receivedAtMs: 0 });
    dispatcher.notify();
    dispatcher.finish();
    return items;
  });
  await clock.runUntil(dispatcher.run());
  expect(tried).toEqual([first, second]);
});

test("when another process takes the journal over, what is in flight is cut off and the loop ends", async () => {
  const path = newStateFile();
  const cut: string[] = [];
  const { dispatcher, clock, journal } = await rig({
    path,
    log: makeLog(1, 2, 2),
    deliver: async (event, { signal }) => {
      if (event.id === first) {
        await clock.runtime.sleep(100);
        bumpEpoch(path);
        return;
      }
      await ended(signal).catch(() => void cut.push(event.id));
    },
  });
  await expect(clock.runUntil(dispatcher.run())).rejects.toMatchObject({ code: "fenced" });
  expect(cut).toEqual([second]);
  expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 0, delivered: 0 }]);
});
