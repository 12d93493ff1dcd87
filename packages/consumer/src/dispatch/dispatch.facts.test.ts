/** What a consumer tells of its deliveries, and what it leaves out for sinks that do not want it. */
import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, test, vi } from "vitest";
import { consumerRig, recordingSink } from "../fixtures/consumer-rig.ts";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { newStateFile, holdJournal } from "../fixtures/state-file.ts";
import { openJournal } from "../journal/open.ts";
import type { Fact } from "../fact.ts";
import type { Sink } from "../model.ts";

const isLeaver = ({ event }: DirectoryEvent): boolean => event === "dsync.user.deleted";

/** Every tenth event is about a leaver. */
function mixedLog(count: number): DirectoryEvent[] {
  return Array.from({ length: count }, (_, index) =>
    makeEvent(index + 1, { name: (index + 1) % 10 === 0 ? "dsync.user.deleted" : "dsync.user.updated" }),
  );
}

describe("a sink that wants some events", () => {
  test("gets those, in order, and its mark passes the others", async () => {
    const log = mixedLog(1_200);
    const { make, journal, clock } = await consumerRig(log);
    const sink = recordingSink();
    await clock.runUntil(make([], { sinks: [{ sink, wants: isLeaver }] }).run({ once: true }));
    expect(sink.seen).toEqual(log.filter(isLeaver).map(({ id }) => id));
    expect((await journal.status()).sinks).toMatchObject([
      { lowSeq: 1_200, pending: 0, delivered: 120, deadLetters: 0 },
    ]);
  });

  test("costs no row for each event it does not want, and few transactions", async () => {
    const { make, journal, clock } = await consumerRig(makeLog(1, 1_000));
    const step = vi.spyOn(journal, "step");
    await clock.runUntil(make([], { sinks: [{ sink: recordingSink(), wants: () => false }] }).run({ once: true }));
    expect(step.mock.calls.length).toBeLessThanOrEqual(20);
    expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 1_000, delivered: 0 }]);
  });

  test("is not asked again about what it did not want, even behind an event that waits", async () => {
    const path = newStateFile();
    const log = makeLog(1, 5);
    const before = await consumerRig(log, await holdJournal(path));
    const failing = recordingSink("app", () => Promise.reject(new SinkError("no", { verdict: "halt" })));
    const sinks = [{ sink: failing, wants: ({ id }: DirectoryEvent) => id === log[0]?.id }];
    await before.clock.runUntil(before.make([], { sinks }).run({ once: true }));
    await before.journal.close();
    const after = await consumerRig(log, await openJournal({ path, role: "holder" }));
    const all = recordingSink("app");
    await after.clock.runUntil(after.make([all]).run({ once: true }));
    await after.journal.close();
    expect(all.seen).toEqual([log[0]?.id]);
  });

  test("gets an event on which its filter fails: one too many does less harm than one too few", async () => {
    const { make, clock } = await consumerRig(makeLog(1, 2));
    const sink = recordingSink();
    const wants = (): boolean => {
      throw new Error("no such field");
    };
    await clock.runUntil(make([], { sinks: [{ sink, wants }] }).run({ once: true }));
    expect(sink.seen).toHaveLength(2);
    expect(clock.messages("warn")).toContain("the filter of the sink failed; the event is delivered");
  });
});

describe("an observer is told", () => {
  async function factsOf(deliver: Sink["deliver"], log = makeLog(1, 2)): Promise<Fact[]> {
    const { make, clock } = await consumerRig(log);
    const facts: Fact[] = [];
    const wants = ({ event }: DirectoryEvent): boolean => event !== "dsync.activated";
    const policy = { attemptsMax: 3, delayMs: () => 1_000 };
    const consumer = make([], {
      sinks: [{ sink: { name: "app", deliver }, wants, policy }],
      onFact: (fact) => void (fact.kind === "read" || facts.push(fact)),
    });
    await clock.runUntil(consumer.run({ once: true }));
    return facts;
  }

  test("of a delivery, with how long after the change it came", async () => {
    const [first] = makeLog(1, 1);
    const facts = await factsOf(() => Promise.resolve(), [first as DirectoryEvent]);
    expect(facts).toEqual([
      { kind: "delivered", sink: "app", seq: 1, event: first, latencyMs: expect.any(Number) as number, replay: false },
    ]);
  });

  test("of an event that was not wanted", async () => {
    const facts = await factsOf(() => Promise.resolve(), [makeEvent(1, { name: "dsync.activated" })]);
    expect(facts).toEqual([{ kind: "skipped", sink: "app", seq: 1 }]);
  });

  test("of each failure and of the letter that came of them", async () => {
    const facts = await factsOf(() => Promise.reject(new Error("no")), makeLog(1, 1));
    expect(facts).toMatchObject([
      { kind: "retry", seq: 1, failure: { message: "no" } },
      { kind: "retry", seq: 1 },
      { kind: "dead", seq: 1, failure: { message: "no" } },
    ]);
  });

  test("of a sink that halts", async () => {
    const facts = await factsOf(() => Promise.reject(new SinkError("no", { verdict: "halt" })));
    expect(facts).toMatchObject([{ kind: "halted", sink: "app", seq: 1, failure: { verdict: "halt" } }]);
  });

  test("of a sink that is down and up again", async () => {
    const { make, clock } = await consumerRig(makeLog(1, 6, 6));
    const facts: Fact[] = [];
    const deliver = (): Promise<void> =>
      clock.nowMs - clock.startedAtMs < 60_000 ? Promise.reject(new Error("down")) : Promise.resolve();
    const consumer = make([{ name: "app", deliver }], { onFact: (fact) => void facts.push(fact) });
    await clock.runUntil(consumer.run({ once: true }));
    expect(facts.filter(({ kind }) => kind === "circuit")).toEqual([
      { kind: "circuit", sink: "app", isOpen: true },
      { kind: "circuit", sink: "app", isOpen: false },
    ]);
  });

  test("of nothing that is not on record", async () => {
    const path = newStateFile();
    const { make, clock } = await consumerRig(makeLog(1, 20), await holdJournal(path));
    const visitor = await openJournal({ path, role: "visitor" });
    const marks: Promise<boolean>[] = [];
    const onFact = (fact: Fact): void => {
      if (fact.kind !== "delivered") return;
      marks.push(visitor.status().then(({ sinks }) => (sinks[0]?.lowSeq ?? 0) >= fact.seq));
    };
    await clock.runUntil(make([recordingSink()], { onFact }).run({ once: true }));
    expect(await Promise.all(marks)).toEqual(Array.from({ length: 20 }, () => true));
    await visitor.close();
  });
});

test("an observer that fails is logged and does no harm", async () => {
  const { make, clock } = await consumerRig(makeLog(1, 3));
  const sink = recordingSink();
  const onFact = (): void => {
    throw new Error("no metrics");
  };
  await clock.runUntil(make([sink], { onFact }).run({ once: true }));
  expect(sink.seen).toHaveLength(3);
  expect(clock.messages("warn")).toContain("the observer of the consumer failed");
});
