import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, test, vi } from "vitest";
import { dispatchRig, ended, failing, failingFirst } from "../fixtures/dispatch-rig.ts";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { bumpEpoch, newStateFile } from "../fixtures/state-file.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import { openJournal } from "../journal/open.ts";
import type { Attempt } from "../model.ts";

const ids = (log: readonly DirectoryEvent[]): string[] => log.map(({ id }) => id);
const [first, second, third] = ids(makeLog(1, 3)) as [string, string, string];

describe("a sink that takes everything", () => {
  test("gets every event once, in order, and its mark is at the end", async () => {
    const { run, tried, journal } = await dispatchRig({ log: makeLog(1, 700) });
    await expect(run()).resolves.toMatchObject({ delivered: 700, dead: 0, halted: null });
    expect(tried).toEqual(ids(makeLog(1, 700)));
    expect((await journal.status()).sinks).toMatchObject([
      { name: "app", lowSeq: 700, pending: 0, deadLetters: 0, parked: 0, delivered: 700 },
    ]);
  });

  test("gets nothing again after a restart", async () => {
    const path = newStateFile();
    const before = await dispatchRig({ path });
    await before.run();
    await before.journal.close();
    const after = await dispatchRig({ path });
    await after.run();
    expect(after.tried).toEqual([]);
  });

  test("gets nothing again that a predecessor finished out of turn, once the mark has passed it", async () => {
    const [log, later] = [makeLog(1, 3, 3), makeLog(4, 4)];
    const { journal, dispatcher, clock, tried } = await dispatchRig({ log });
    const finished = [2, 3].map((seq) => ({ seq, result: "delivered" }) as const);
    await journal.addSink("app").then(() => journal.step("app", { finished, started: [1], lowSeq: 0, nowMs: 0 }));
    const running = dispatcher.run();
    await vi.waitFor(() => expect(dispatcher.lowSeq).toBe(3));
    await journal.append({ events: later, expectedCursor: third, receivedAtMs: 0 });
    dispatcher.notify();
    dispatcher.finish();
    await clock.runUntil(running);
    expect(tried).toEqual([first, ...ids(later)]);
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
    const { run } = await dispatchRig({ log: makeLog(1, 60, 10), deliver, clock, policy: { concurrency: 4 } });
    await run();
    expect(most).toBe(4);
  });

  test("does not warn of a leak while many tries are in flight", async () => {
    const clock = new VirtualClock();
    const warnings: string[] = [];
    const note = ({ name }: Error): void => void warnings.push(name);
    process.on("warning", note);
    const { run } = await dispatchRig({ log: makeLog(1, 16, 16), clock, deliver: () => clock.runtime.sleep(100) });
    await run();
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  test("does not make the loop spin while all its tries are in flight", async () => {
    const clock = new VirtualClock();
    const deliver = (): Promise<void> => clock.runtime.sleep(60_000);
    const { run } = await dispatchRig({
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
    const { run, tried } = await dispatchRig({ log, deliver: failingFirst(2, [first]) });
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
    const { run, journal } = await dispatchRig({ path, deliver, log: makeLog(1, 1) });
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
    const { run, clock } = await dispatchRig({
      log: makeLog(1, 1),
      deliver: failing("retry"),
      policy: { attemptsMax: 4, delayMs },
    });
    const before = clock.nowMs;
    await run();
    expect(delays).toEqual([4, 1, 2, 3]); // At its start it asks once for the longest.
    expect(clock.nowMs - before).toBe(3 * 750);
  });
});

describe("a dead letter", () => {
  test("is made when the budget is used up, keeps what is known, and does not hold up its lane", async () => {
    const { run, tried, journal, clock } = await dispatchRig({
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
    const { run, tried } = await dispatchRig({ deliver: failing("dead") });
    await expect(run()).resolves.toMatchObject({ delivered: 0, dead: 3 });
    expect(tried).toEqual([first, second, third]);
  });

  test("and the mark are written together: after a restart nothing is tried again", async () => {
    const path = newStateFile();
    const before = await dispatchRig({ path, deliver: failing("dead") });
    await before.run();
    await before.journal.close();
    const after = await dispatchRig({ path });
    await after.run();
    expect(after.tried).toEqual([]);
    expect((await after.journal.status()).sinks).toMatchObject([{ lowSeq: 3, deadLetters: 3, pending: 0 }]);
  });

  test("with `halt` ends the sink, and what is behind it stays", async () => {
    const { run, tried, journal } = await dispatchRig({ deliver: failing("dead"), policy: { onDeadLetter: "halt" } });
    await expect(run()).resolves.toMatchObject({ dead: 1, halted: { verdict: "dead" } });
    expect(tried).toEqual([first]);
    expect((await journal.status()).sinks).toMatchObject([{ deadLetters: 1, pending: 2 }]);
  });
});

describe("a sink that halts", () => {
  test("gets nothing more: no retry, no other event, and nothing is given up", async () => {
    const { run, tried, journal, clock } = await dispatchRig({ deliver: failing("halt") });
    await expect(run()).resolves.toMatchObject({ delivered: 0, dead: 0, halted: { code: "sink_failed" } });
    expect(tried).toEqual([first]);
    expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 0, pending: 3, deadLetters: 0 }]);
    expect(clock.messages("error")).toEqual([
      "sink halted; it takes no more events until the process is started again",
    ]);
  });

  test("starts no try of another lane in the turn in which it halts", async () => {
    const log = makeLog(1, 20, 20);
    const { run, tried } = await dispatchRig({ log, deliver: failing("halt"), policy: { concurrency: 1 } });
    await run();
    expect(tried).toHaveLength(1);
  });

  test("keeps its budget however often it is started again", async () => {
    const path = newStateFile();
    const log = makeLog(1, 1);
    for (let start = 0; start < 5; start += 1) {
      const { run, tried, journal } = await dispatchRig({
        path,
        log,
        deliver: failing("halt"),
        policy: { attemptsMax: 2 },
      });
      await expect(run()).resolves.toMatchObject({ dead: 0, halted: { verdict: "halt" } });
      expect(tried).toEqual([first]);
      await journal.close();
    }
  });
});

describe("an orderly end", () => {
  test("lets what is in flight end, records it, and starts nothing new", async () => {
    const clock = new VirtualClock();
    const { run, drain, tried, journal } = await dispatchRig({
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
    const { dispatcher, clock, drain, tried } = await dispatchRig({
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
    const before = await dispatchRig({ path, deliver: (_event, { signal }) => ended(signal) });
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
    const after = await dispatchRig({ path, deliver });
    await after.run();
    expect(numbers).toEqual([2, 1, 1]);
  });
});

test("a notice that comes while the journal is being read is not forgotten", async () => {
  const { journal, dispatcher, clock, tried } = await dispatchRig({ log: makeLog(1, 1) });
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
  const { dispatcher, clock, journal } = await dispatchRig({
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
  const before = clock.nowMs;
  await expect(clock.runUntil(dispatcher.run())).rejects.toMatchObject({ code: "fenced" });
  expect(cut).toEqual([second]);
  expect(clock.nowMs - before).toBe(100);
  expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 0, delivered: 0 }]);
});
