import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { type EventFacts, makeEvent, makeLog } from "../fixtures/events.ts";
import { bumpEpoch, holdJournal, holdLimitedJournal, newStateFile } from "../fixtures/state-file.ts";
import type { Outcome } from "../model.ts";
import type { Appended, Journal, Step } from "./model.ts";
import { openJournal } from "./open.ts";
import { connect } from "./sqlite.ts";

const source = "https://log.test";
const dayMs = 24 * 60 * 60 * 1_000;
const failure = { code: "x", message: "no", verdict: "dead" } as const;

async function boundJournal(path?: string): Promise<Journal> {
  const journal = await holdJournal(path);
  await journal.bind(source, { from: "start" });
  return journal;
}

async function append(journal: Journal, events: readonly DirectoryEvent[], receivedAtMs = 0): Promise<Appended> {
  const { cursor } = await journal.status();
  return journal.append({ events, expectedCursor: cursor, receivedAtMs });
}

async function seqs(journal: Journal, sink = "app", after = 0): Promise<number[]> {
  return (await journal.read(sink, after, 1_000)).map(({ seq }) => seq);
}

/** Records outcomes the way a dispatcher does. */
function step(journal: Journal, given: Partial<Step>, sink = "app"): Promise<void> {
  return journal.step(sink, { finished: [], started: [], lowSeq: 0, nowMs: 0, ...given });
}

const delivered = (seq: number): Outcome => ({ seq, result: "delivered" });
const dead = (seq: number): Outcome => ({ seq, result: "dead", failure });

describe("a page", () => {
  test("is appended whole, with the cursor at its last event", async () => {
    const journal = await boundJournal();
    await expect(append(journal, makeLog(1, 100))).resolves.toEqual({
      cursor: "event_000100",
      headSeq: 100,
      count: 100,
    });
    await expect(journal.bind(source, { from: "start" })).resolves.toMatchObject({
      cursor: "event_000100",
      headSeq: 100,
    });
  });

  test("of which one event cannot be stored leaves nothing at all", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    const [fourth, fifth] = makeLog(4, 5);
    const broken = { ...fifth, created_at: undefined } as unknown as DirectoryEvent;
    await expect(append(journal, [fourth, broken, makeEvent(6)] as DirectoryEvent[])).rejects.toThrow();
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000003", headSeq: 3 });
    await journal.addSink("app");
    await expect(seqs(journal)).resolves.toEqual([1, 2, 3]);
    await expect(append(journal, makeLog(4, 5))).resolves.toMatchObject({ headSeq: 5, count: 2 });
  });

  test("read after another cursor than the journal's is refused", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    const late = journal.append({ events: makeLog(1, 2), expectedCursor: null, receivedAtMs: 0 });
    await expect(late).rejects.toMatchObject({ code: "fenced", retryable: false });
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000003", headSeq: 3 });
  });

  test("with events we have skips them, leaves no hole, and still moves the cursor", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    await expect(append(journal, [...makeLog(2, 5), makeEvent(5)])).resolves.toEqual({
      cursor: "event_000005",
      headSeq: 5,
      count: 2,
    });
    await journal.addSink("app");
    await expect(seqs(journal)).resolves.toEqual([1, 2, 3, 4, 5]);
  });

  test("comes back byte for byte, unknown fields included", async () => {
    const journal = await boundJournal();
    const event = { ...makeEvent(1), context: { "a b": [1, null, "\u2028𝄞\u0000"] }, extra: -0.5 } as DirectoryEvent;
    await append(journal, [event]);
    await journal.addSink("app");
    const [item] = await journal.read("app", 0, 1);
    expect(JSON.stringify(item?.event)).toBe(JSON.stringify(event));
  });
});

test("a journal of one log is refused to another", async () => {
  const journal = await boundJournal();
  const other = journal.bind("https://other.test", { from: "start" });
  await expect(other).rejects.toMatchObject({ code: "unreadable" });
  await expect(journal.bind("https://other.test", { from: "start" })).rejects.toThrow(/https:\/\/log\.test.*--state/);
});

describe("once another process has taken over", () => {
  test.each<[string, (journal: Journal) => Promise<unknown>]>([
    ["appending", (journal) => append(journal, makeLog(1, 1))],
    ["binding", (journal) => journal.bind(source, { from: "start" })],
    ["noting the end of the log", (journal) => journal.markCaughtUp(1)],
    ["adding a sink", (journal) => journal.addSink("other")],
    ["recording outcomes", (journal) => step(journal, { finished: [delivered(1)], lowSeq: 1 })],
    ["forgetting", (journal) => journal.prune(1, 10)],
  ])("%s is refused", async (_name, write) => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    await journal.addSink("app");
    bumpEpoch(path);
    await expect(write(journal)).rejects.toMatchObject({ name: "StateError", code: "fenced", retryable: false });
    const { headSeq, caughtUpAtMs, sinks } = await journal.status();
    expect({ headSeq, caughtUpAtMs, sinks }).toMatchObject({ headSeq: 0, caughtUpAtMs: null, sinks: [{ lowSeq: 0 }] });
  });
});

describe("a visitor", () => {
  test("can redrive and discard, also while the holder is replaced, and nothing else", async () => {
    const path = newStateFile();
    const holder = await boundJournal(path);
    await append(holder, makeLog(1, 2));
    await holder.addSink("app");
    await step(holder, { started: [1, 2] });
    await step(holder, { finished: [dead(1), dead(2)], lowSeq: 2 });
    const visitor = await openJournal({ path, role: "visitor" });
    bumpEpoch(path);
    await visitor.redrive("app", 1, {});
    await visitor.discard("app", 2);
    await expect(visitor.deadLetters()).resolves.toEqual([]);
    const event = { events: makeLog(3, 3), expectedCursor: "event_000002", receivedAtMs: 0 };
    await expect(visitor.append(event)).rejects.toMatchObject({ code: "fenced" });
    await visitor.close();
  });

  test("that is writing makes the holder try again, not fail", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    const writer = connect(path, { busyTimeoutMs: 0 });
    writer.exec("BEGIN IMMEDIATE");
    await expect(append(journal, makeLog(1, 1))).rejects.toMatchObject({ code: "busy", retryable: true });
    writer.exec("ROLLBACK");
    writer.close();
    await expect(append(journal, makeLog(1, 1))).resolves.toMatchObject({ count: 1 });
  });
});

describe("a sink", () => {
  test("that is new starts at the first event the journal has", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    await expect(journal.addSink("app")).resolves.toEqual({ lowSeq: 0, finishedAbove: [] });
    await expect(seqs(journal)).resolves.toEqual([1, 2, 3]);
  });

  test("keeps its mark when it is added again", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    await journal.addSink("app");
    await step(journal, { started: [1, 3] });
    await step(journal, { finished: [delivered(1), delivered(3)], lowSeq: 1 });
    await expect(journal.addSink("app")).resolves.toEqual({ lowSeq: 1, finishedAbove: [3] });
    await expect(seqs(journal, "app", 1)).resolves.toEqual([2]);
  });

  test("does not move another one's mark", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    for (const name of ["app", "hook"]) await journal.addSink(name);
    await step(journal, { finished: [delivered(1)], lowSeq: 1 });
    expect((await journal.status()).sinks).toEqual([
      { name: "app", lowSeq: 1, pending: 2, deadLetters: 0, delivered: 1 },
      { name: "hook", lowSeq: 0, pending: 3, deadLetters: 0, delivered: 0 },
    ]);
  });

  test("never moves its mark back", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    await journal.addSink("app");
    await step(journal, { finished: [delivered(1), delivered(2)], lowSeq: 2 });
    await step(journal, { lowSeq: 1 });
    expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 2 }]);
  });

  test("counts a try from its begin, and takes it back when it is not charged", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 1));
    await journal.addSink("app");
    const item = async (): Promise<unknown> => (await journal.read("app", 0, 1))[0];
    await step(journal, { started: [1] });
    await expect(item()).resolves.toMatchObject({ attempts: 1, nextAtMs: 0 });
    const again = { seq: 1, result: "retry", nextAtMs: 500, failure } as const;
    await step(journal, { finished: [{ ...again, attempts: 1 }] });
    await expect(item()).resolves.toMatchObject({ attempts: 1, nextAtMs: 500 });
    await step(journal, { started: [1] });
    await step(journal, { finished: [{ ...again, attempts: 1 }] });
    await expect(item()).resolves.toMatchObject({ attempts: 1 });
  });

  test("leaves no rows behind for what is finished", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    await append(journal, makeLog(1, 3));
    await journal.addSink("app");
    await step(journal, { started: [1, 2, 3] });
    await step(journal, { finished: [delivered(1), delivered(2), delivered(3)], lowSeq: 3 });
    expect(count(path, "work")).toBe(0);
  });
});

function count(path: string, table: string): number {
  const database = connect(path, { busyTimeoutMs: 0, readonly: true });
  try {
    return Number(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  } finally {
    database.close();
  }
}

/** A journal in which the sink has given up the first event and finished the rest. */
async function withDeadLetter(facts: readonly EventFacts[], path?: string): Promise<Journal> {
  const journal = await boundJournal(path);
  const events = facts.map((fact, index) => makeEvent(index + 1, fact));
  await append(journal, events);
  await journal.addSink("app");
  await step(journal, { started: [1], nowMs: 5 });
  const rest = events.slice(1).map((_event, index) => delivered(index + 2));
  await step(journal, { finished: [dead(1), ...rest], lowSeq: events.length });
  return journal;
}

const created: EventFacts = { name: "dsync.user.created", user: "u1" };
const added: EventFacts = { name: "dsync.group.user_added", user: "u1", group: "g1" };

describe("a dead letter is overtaken", () => {
  test.each<[string, EventFacts, EventFacts, boolean]>([
    ["by the deletion of its user", created, { name: "dsync.user.deleted", user: "u1" }, true],
    ["by a later state of its user", created, { name: "dsync.user.updated", user: "u1" }, true],
    ["not by another user", created, { name: "dsync.user.deleted", user: "u2" }, false],
    ["by the deletion of its directory", created, { name: "dsync.deleted", directory: "d1" }, true],
    ["not by the deletion of another directory", created, { name: "dsync.deleted", directory: "d2" }, false],
    ["by the end of its membership", added, { name: "dsync.group.user_removed", user: "u1", group: "g1" }, true],
    ["not by another membership", added, { name: "dsync.group.user_removed", user: "u2", group: "g1" }, false],
    ["by the deletion of its group", added, { name: "dsync.group.deleted", group: "g1" }, true],
    ["by the deletion of its member", added, { name: "dsync.user.deleted", user: "u1" }, true],
    ["not by a new name of its group", added, { name: "dsync.group.updated", group: "g1" }, false],
    ["by the return of its user", { name: "dsync.user.deleted", user: "u1" }, created, true],
  ])("%s", async (_name, letter, later, isOvertaken) => {
    const journal = await withDeadLetter([letter, later]);
    const supersededBy = isOvertaken ? "event_000002" : null;
    await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 1, supersededBy }]);
    const redriving = journal.redrive("app", 1, {});
    if (!isOvertaken) return expect(redriving).resolves.toBeUndefined();
    await expect(redriving).rejects.toMatchObject({ code: "superseded", retryable: false });
    await expect(journal.takeRedriven("app", new Set(), 10)).resolves.toEqual([]);
  });
});

describe("a person", () => {
  test("can force what was overtaken", async () => {
    const journal = await withDeadLetter([created, { name: "dsync.user.deleted", user: "u1" }]);
    await journal.redrive("app", 1, { force: true });
    await expect(journal.takeRedriven("app", new Set(), 10)).resolves.toMatchObject([{ seq: 1, attempts: 0 }]);
    await expect(journal.deadLetters()).resolves.toEqual([]);
  });

  test("gets a fresh budget for what is redriven, once, and it is not given out twice", async () => {
    const journal = await withDeadLetter([created]);
    await journal.redrive("app", 1, {});
    const [item] = await journal.takeRedriven("app", new Set(), 10);
    expect(item).toMatchObject({ seq: 1, attempts: 0, nextAtMs: 0 });
    await expect(journal.takeRedriven("app", new Set([1]), 10)).resolves.toEqual([]);
    await expect(journal.redrive("app", 1, {})).rejects.toMatchObject({ code: "missing" });
  });

  test.each<[string, string, number]>([
    ["of another sink", "other", 1],
    ["that was delivered", "app", 2],
    ["that is not there", "app", 99],
  ])("cannot redrive or discard one %s", async (_name, sink, seq) => {
    const journal = await withDeadLetter([created, { user: "u2" }]);
    await expect(journal.redrive(sink, seq, {})).rejects.toMatchObject({ code: "missing" });
    await expect(journal.discard(sink, seq)).rejects.toMatchObject({ code: "missing" });
    await expect(journal.deadLetters()).resolves.toHaveLength(1);
  });

  test("who discards one above the mark does not see it again after a restart", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    await append(journal, makeLog(1, 3));
    await journal.addSink("app");
    await step(journal, { started: [2, 3] });
    await step(journal, { finished: [dead(2), delivered(3)], lowSeq: 0 });
    await journal.discard("app", 2);
    await journal.close();
    const again = await boundJournal(path);
    await expect(again.addSink("app")).resolves.toEqual({ lowSeq: 0, finishedAbove: [2, 3] });
    await expect(seqs(again)).resolves.toEqual([1]);
    await expect(again.deadLetters()).resolves.toEqual([]);
  });

  test("who redrives one above the mark does not make the mark wait for it", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    await append(journal, makeLog(1, 3));
    await journal.addSink("app");
    await step(journal, { started: [2] });
    await step(journal, { finished: [dead(2)], lowSeq: 0 });
    await journal.redrive("app", 2, {});
    await journal.close();
    const again = await boundJournal(path);
    await expect(again.addSink("app")).resolves.toEqual({ lowSeq: 0, finishedAbove: [2] });
    await expect(seqs(again)).resolves.toEqual([1, 3]);
    await expect(again.takeRedriven("app", new Set(), 10)).resolves.toMatchObject([{ seq: 2 }]);
  });

  test("sees only the dead letters of the sink that was asked for", async () => {
    const journal = await withDeadLetter([created]);
    await expect(journal.deadLetters("other")).resolves.toEqual([]);
    await expect(journal.deadLetters("app")).resolves.toMatchObject([
      { sink: "app", seq: 1, attempts: 1, failure, firstTriedAtMs: 5, lastTriedAtMs: 5 },
    ]);
  });
});

describe("forgetting", () => {
  test("takes old events that every sink has finished, and nothing else", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3), 0);
    await append(journal, makeLog(4, 6), 10 * dayMs);
    for (const sink of ["app", "hook"]) await journal.addSink(sink);
    await step(journal, { finished: [1, 2, 3, 4, 5, 6].map(delivered), lowSeq: 6 }, "app");
    await step(journal, { finished: [1, 2].map(delivered), lowSeq: 2 }, "hook");
    await expect(journal.prune(5 * dayMs, 100)).resolves.toBe(2);
    await expect(seqs(journal, "hook", 0)).resolves.toEqual([3, 4, 5, 6]);
    await step(journal, { finished: [3, 4, 5, 6].map(delivered), lowSeq: 6 }, "hook");
    await expect(journal.prune(5 * dayMs, 100)).resolves.toBe(1);
    await expect(journal.prune(5 * dayMs, 100)).resolves.toBe(0);
  });

  test("goes in steps of the size asked for", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 10));
    await journal.addSink("app");
    await step(journal, { lowSeq: 10 });
    const steps = [await journal.prune(1, 4), await journal.prune(1, 4), await journal.prune(1, 4)];
    expect(steps).toEqual([4, 4, 1]);
  });

  test("takes nothing while there is no sink", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    await expect(journal.prune(1, 100)).resolves.toBe(0);
  });

  test("keeps dead letters and what waits to be redriven", async () => {
    const journal = await withDeadLetter([created, { user: "u2" }, { user: "u3" }]);
    await journal.prune(dayMs, 100);
    await expect(journal.deadLetters()).resolves.toMatchObject([{ event: { id: "event_000001" } }]);
    await journal.redrive("app", 1, {});
    await journal.prune(dayMs, 100);
    await expect(journal.takeRedriven("app", new Set(), 10)).resolves.toMatchObject([{ seq: 1 }]);
  });

  test("does not make an old state look current: what has overtaken a dead letter stays known", async () => {
    const journal = await withDeadLetter([created, { name: "dsync.user.deleted", user: "u1" }, { user: "u2" }]);
    await expect(journal.prune(dayMs, 100)).resolves.toBe(1);
    await expect(journal.deadLetters()).resolves.toMatchObject([{ supersededBy: "event_000002" }]);
    await expect(journal.redrive("app", 1, {})).rejects.toMatchObject({ code: "superseded" });
  });

  test("lets a new sink start behind the gap, where its mark can move, and not at another sink's dead letter", async () => {
    const journal = await withDeadLetter([created, { user: "u2" }, { user: "u3" }]);
    await journal.prune(dayMs, 100);
    await append(journal, makeLog(4, 5), 10 * dayMs);
    const { lowSeq } = await journal.addSink("new");
    await expect(seqs(journal, "new", lowSeq)).resolves.toEqual([3, 4, 5]);
    expect((await journal.status()).sinks).toMatchObject([{ name: "app" }, { name: "new", lowSeq: 2, pending: 3 }]);
  });
});

describe("an event is behind the cursor", () => {
  const hour = 3_600;

  test.each<[string, DirectoryEvent, boolean]>([
    ["when the journal has it", makeEvent(2), true],
    ["not when it is new and later", makeEvent(9, { second: 10 * hour + 1 }), false],
    ["not when a clock was a little off", makeEvent(9, { second: 9.5 * hour }), false],
    ["when it is much older, though unknown", makeEvent(9, { second: 8 * hour }), true],
    ["not when nobody can tell when it was made", { ...makeEvent(9), created_at: "yesterday" }, false],
  ])("%s", async (_name, event, isBehind) => {
    const journal = await boundJournal();
    await append(journal, [makeEvent(1), makeEvent(2), makeEvent(3, { second: 10 * hour })]);
    await expect(journal.isBehindCursor(event)).resolves.toBe(isBehind);
  });

  test("also when everything old was forgotten: the event at the cursor is kept", async () => {
    const journal = await boundJournal();
    await append(journal, [...makeLog(1, 5), makeEvent(6, { second: 100 * hour })]);
    await journal.addSink("app");
    await step(journal, { lowSeq: 6 });
    await expect(journal.prune(dayMs, 100)).resolves.toBe(5);
    await expect(journal.isBehindCursor(makeEvent(1))).resolves.toBe(true);
    await expect(journal.isBehindCursor(makeEvent(6))).resolves.toBe(true);
  });
});

test("a stored event that is no longer readable is damage, not a bug", async () => {
  const path = newStateFile();
  const journal = await boundJournal(path);
  await append(journal, makeLog(1, 1));
  await journal.addSink("app");
  const database = connect(path, { busyTimeoutMs: 0 });
  database.exec("UPDATE event SET body = substr(body, 1, 20)");
  database.close();
  await expect(journal.read("app", 0, 10)).rejects.toMatchObject({ name: "StateError", code: "corrupt" });
});

describe("a full disk", () => {
  test("refuses a page whole, and takes it once there is space", async () => {
    const { journal, limit } = await fullDisk();
    await expect(append(journal, makeLog(1, 500))).rejects.toMatchObject({ code: "full", retryable: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 0, cursor: null });
    limit(100_000);
    await expect(append(journal, makeLog(1, 500))).resolves.toMatchObject({ count: 500 });
  });
});

async function fullDisk(): Promise<{ journal: Journal; limit: (pages: number) => void }> {
  const { journal, database } = await holdLimitedJournal();
  await journal.bind(source, { from: "start" });
  const limit = (pages: number): void => void database.pragma(`max_page_count = ${pages}`);
  limit(Number(database.pragma("page_count", { simple: true })) + 2);
  return { journal, limit };
}
