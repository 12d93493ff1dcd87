import { ConnectionError, ContractError, type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { createConsumer, type ConsumerOptions } from "./consumer.ts";
import { consumerRig, recordingSink } from "./fixtures/consumer-rig.ts";
import { makeEvent, makeLog } from "./fixtures/events.ts";
import { bumpEpoch, holdJournal, newStateFile } from "./fixtures/state-file.ts";
import type { VirtualClock } from "./fixtures/virtual-clock.ts";
import type { Sink } from "./model.ts";

const ids = (log: readonly DirectoryEvent[]): string[] => log.map(({ id }) => id);
const failing: Sink["deliver"] = () => Promise.reject(new Error("down"));

describe("a run that is to happen once", () => {
  test("delivers the whole log in order and ends", async () => {
    const log = makeLog(1, 250);
    const { clock, make } = await consumerRig(log);
    const sink = recordingSink();
    const report = await clock.runUntil(make([sink]).run({ once: true }));
    expect(report).toEqual({
      received: 250,
      isDrained: true,
      isComplete: true,
      sinks: [{ sink: "app", delivered: 250, dead: 0, halted: null }],
    });
    expect(sink.seen).toEqual(ids(log));
  });

  test("waits for retries before it ends", async () => {
    const { clock, make } = await consumerRig(makeLog(1, 3));
    let failures = 4;
    const sink = recordingSink("app", () => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new Error("not yet")) : Promise.resolve();
    });
    await expect(clock.runUntil(make([sink]).run({ once: true }))).resolves.toMatchObject({
      sinks: [{ delivered: 3, dead: 0 }],
    });
  });

  test("with nothing new delivers nothing", async () => {
    const journal = await holdJournal();
    const first = await consumerRig(makeLog(1, 3), journal);
    await first.clock.runUntil(first.make([recordingSink()]).run({ once: true }));
    const second = await consumerRig(makeLog(1, 3), journal);
    const sink = recordingSink();
    const report = await second.clock.runUntil(second.make([sink]).run({ once: true }));
    expect(report).toMatchObject({ received: 0, sinks: [{ delivered: 0 }] });
    expect(sink.seen).toEqual([]);
  });
});

describe("two sinks", () => {
  test("are independent: one that fails holds back neither the other nor the reading", async () => {
    const { clock, source, journal, drain, make } = await consumerRig(makeLog(1, 250));
    const broken = recordingSink("broken", failing);
    const sound = recordingSink("sound", ({ id }) => {
      if (id === "event_000250") drain.abort();
      return Promise.resolve();
    });
    const report = await clock.runUntil(make([broken, sound]).run({ drain: drain.signal }));
    expect(report).toMatchObject({ received: 250, isDrained: true, sinks: [{ delivered: 0 }, { delivered: 250 }] });
    expect(sound.seen).toEqual(ids(source.log));
    expect((await journal.status()).sinks).toMatchObject([{ pending: 250 }, { name: "sound", pending: 0 }]);
  });

  test("are independent: one that halts does not stop the other", async () => {
    const { clock, make } = await consumerRig(makeLog(1, 250));
    const halting = recordingSink("halting", () => Promise.reject(new SinkError("no", { verdict: "halt" })));
    const report = await clock.runUntil(make([halting, recordingSink()]).run({ once: true }));
    expect(report.sinks).toMatchObject([{ halted: { message: "no" } }, { delivered: 250, halted: null }]);
    expect(halting.seen).toHaveLength(1);
  });

  test("of which one is new start each where they are: the new one at the oldest event that is kept", async () => {
    const journal = await holdJournal();
    const first = await consumerRig(makeLog(1, 3), journal);
    await first.clock.runUntil(first.make([recordingSink("old")]).run({ once: true }));
    const second = await consumerRig(makeLog(1, 5), journal);
    const [old, fresh] = [recordingSink("old"), recordingSink("fresh")];
    await second.clock.runUntil(second.make([old, fresh]).run({ once: true }));
    expect(old.seen).toEqual(ids(makeLog(4, 5)));
    expect(fresh.seen).toEqual(ids(makeLog(1, 5)));
  });

  test("of one name are refused: they would share one mark", async () => {
    const { make } = await consumerRig([]);
    expect(() => make([recordingSink("a"), recordingSink("b"), recordingSink("a")])).toThrow(/Two sinks are called a/);
  });

  test("that are none are refused before anything is read", () => {
    const create = (sinks: unknown) => () => createConsumer({ sinks } as ConsumerOptions);
    expect(create(undefined)).toThrow(/no list of sinks/);
    expect(create([{ sink: recordingSink("a") }, recordingSink("b")])).toThrow(/sinks\[1\] is not \{ sink \}/);
  });
});

describe("when every sink has halted", () => {
  test("the run ends by itself, and reading stops", async () => {
    const { clock, make, source } = await consumerRig(makeLog(1, 3));
    const sink = recordingSink("app", () => Promise.reject(new SinkError("no", { verdict: "halt" })));
    const report = await clock.runUntil(make([sink]).run());
    expect(report).toMatchObject({ isDrained: true, sinks: [{ halted: { message: "no" } }] });
    expect(source.reads.length).toBeLessThan(4);
  });
});

describe("told to drain", () => {
  test("says that a one-shot run did not get to the end", async () => {
    const { clock, make, drain } = await consumerRig(makeLog(1, 3));
    drain.abort();
    const report = await clock.runUntil(make([recordingSink()]).run({ once: true, drain: drain.signal }));
    expect(report).toMatchObject({ isDrained: true, isComplete: false });
  });

  test("before it begins, it delivers nothing", async () => {
    const { clock, make, drain } = await consumerRig(makeLog(1, 3));
    drain.abort();
    const sink = recordingSink();
    await expect(clock.runUntil(make([sink]).run({ drain: drain.signal }))).resolves.toMatchObject({ isDrained: true });
    expect(sink.seen).toEqual([]);
  });

  test("it lets what is in flight end, and a restart repeats nothing", async () => {
    const journal = await holdJournal();
    const first = await consumerRig(makeLog(1, 3), journal);
    const slow = recordingSink("app", async () => {
      first.drain.abort();
      await first.clock.runtime.sleep(20_000);
    });
    const report = await first.clock.runUntil(first.make([slow]).run({ drain: first.drain.signal }));
    expect(report).toMatchObject({ isDrained: true, sinks: [{ delivered: 1 }] });
    const second = await consumerRig(makeLog(1, 3), journal);
    const sink = recordingSink();
    await second.clock.runUntil(second.make([sink]).run({ once: true }));
    expect(sink.seen).toEqual(ids(makeLog(2, 3)));
  });

  test("it cuts off what takes too long, says so, and delivers that again next time", async () => {
    const { clock, make, drain } = await consumerRig(makeLog(1, 3));
    const hanging = recordingSink("app", (_event, { signal }) => {
      drain.abort();
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    });
    const before = clock.nowMs;
    const running = make([hanging], { drainTimeoutMs: 5_000 }).run({ drain: drain.signal });
    await expect(clock.runUntil(running)).resolves.toMatchObject({ isDrained: false, sinks: [{ delivered: 0 }] });
    expect(clock.nowMs - before).toBe(5_000);
    const sink = recordingSink();
    await clock.runUntil(make([sink]).run({ once: true }));
    expect(sink.seen).toEqual(ids(makeLog(1, 3)));
  });

  test("it leaves no listener on the caller's signal", async () => {
    const { clock, make, drain } = await consumerRig(makeLog(1, 1));
    let listeners = 0;
    const { signal } = drain;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    Object.assign(signal, {
      addEventListener: (...given: Parameters<typeof add>) => {
        listeners += 1;
        add(...given);
      },
      removeEventListener: (...given: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...given);
      },
    });
    await clock.runUntil(make([recordingSink()]).run({ once: true, drain: signal }));
    expect(listeners).toBe(0);
  });
});

const descending = new ContractError("newest first", { code: "descending_page", issues: [], retryable: false });

describe("an error that ends the reading", () => {
  test("such as a log in the wrong order is thrown after everything that is in the journal was delivered", async () => {
    const { clock, make, source } = await consumerRig(makeLog(1, 200));
    source.next(() => ({ events: makeLog(1, 100), hasMore: true }));
    source.fail(descending);
    const sink = recordingSink("app", () => clock.runtime.sleep(100));
    await expect(clock.runUntil(make([sink]).run())).rejects.toBe(descending);
    expect(sink.seen).toEqual(ids(makeLog(1, 100)));
  });

  test("does not wait for anything when it is told to drain meanwhile", async () => {
    const { clock, make, source, drain } = await consumerRig(makeLog(1, 100));
    source.next(() => source.pageAfter(null)).fail(descending);
    void clock.runtime.sleep(5_000).then(() => drain.abort());
    const sink = recordingSink("app", failing);
    const before = clock.nowMs;
    await expect(clock.runUntil(make([sink]).run({ drain: drain.signal }))).rejects.toMatchObject({
      code: "descending_page",
    });
    expect(clock.nowMs - before).toBe(5_000);
  });
});

test("a journal that another process took over ends the run, with nothing in flight any more", async () => {
  const path = newStateFile();
  const journal = await holdJournal(path);
  const { clock, make } = await consumerRig(makeLog(1, 2, 2), journal);
  let inFlight = 0;
  const sink = recordingSink("app", async ({ id }, { signal }) => {
    inFlight += 1;
    if (id === "event_000001") bumpEpoch(path);
    else await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    inFlight -= 1;
  });
  await expect(clock.runUntil(make([sink]).run())).rejects.toMatchObject({ code: "fenced" });
  expect(inFlight).toBe(0);
});

test("an outage of both ends, and a restart in the middle, change nothing about what arrives", async () => {
  const journal = await holdJournal();
  const log = [...makeLog(1, 40, 4), makeEvent(41, { name: "dsync.user.deleted", user: "u7", directory: "d4" })];
  const delivered: string[] = [];
  const flaky = (clock: VirtualClock): Sink => ({
    name: "app",
    deliver: ({ id }) => {
      if (clock.nowMs % 7 < 3) return clock.runtime.sleep(1).then(() => Promise.reject(new Error("down")));
      delivered.push(id);
      return clock.runtime.sleep(3);
    },
  });
  const first = await consumerRig(log.slice(0, 25), journal);
  first.source.fail(new ConnectionError("refused", { code: "unreachable" }), 5);
  void first.clock.runtime.sleep(9_000).then(() => first.drain.abort());
  await first.clock.runUntil(first.make([flaky(first.clock)]).run({ drain: first.drain.signal }));
  const second = await consumerRig(log, journal);
  await second.clock.runUntil(second.make([flaky(second.clock)]).run({ once: true }));
  expect([...delivered].sort()).toEqual(ids(log).sort());
  for (const lane of ["d1", "d2", "d3", "d4"]) {
    const expected = ids(log.filter(({ data }) => data["directory_id"] === lane));
    expect(delivered.filter((id) => expected.includes(id))).toEqual(expected);
  }
});
