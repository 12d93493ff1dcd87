import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { append, boundJournal, dead, delivered, failure, seqs, step } from "../fixtures/journal-steps.ts";
import { bumpEpoch, holdLimitedJournal, newStateFile } from "../fixtures/state-file.ts";
import type { Journal } from "./model.ts";
import { openJournal } from "./open.ts";
import { connect } from "./sqlite.ts";

describe("a page", () => {
  test("is appended whole, with the cursor at its last event", async () => {
    const journal = await boundJournal();
    await expect(append(journal, makeLog(1, 100))).resolves.toEqual({
      cursor: "event_000100",
      headSeq: 100,
      count: 100,
      lateCount: 0,
      refusedCount: 0,
      unknownTypes: [],
    });
    await expect(journal.bind("https://log.test", { from: "start" })).resolves.toMatchObject({
      cursor: "event_000100",
      headSeq: 100,
    });
  });

  test("of which one event cannot be stored leaves nothing at all", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    const [fourth, fifth] = makeLog(4, 5);
    const broken = { ...fifth, created_at: undefined } as unknown as DirectoryEvent;
    await expect(append(journal, [fourth, broken, makeEvent(6)] as DirectoryEvent[])).rejects.toThrow(/NOT NULL/);
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
    await expect(late).rejects.toThrow(/\.db stood at null and stands at event_000003: .*Start this one again/);
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000003", headSeq: 3 });
  });

  test("with events we have skips them, leaves no hole, and still moves the cursor", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    await expect(append(journal, [...makeLog(2, 5), makeEvent(5)])).resolves.toEqual({
      cursor: "event_000005",
      headSeq: 5,
      count: 2,
      lateCount: 0,
      refusedCount: 0,
      unknownTypes: [],
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
    ["binding", (journal) => journal.bind("https://log.test", { from: "start" })],
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
    const event = { events: makeLog(3, 3), expectedCursor: "event_000002", receivedAtMs: 0 };
    await expect(visitor.append(event)).rejects.toMatchObject({ code: "fenced" });
    bumpEpoch(path);
    await visitor.redrive("app", 1, {});
    await visitor.discard("app", 2);
    await expect(visitor.deadLetters()).resolves.toEqual([]);
    await expect(holder.status()).resolves.toMatchObject({ headSeq: 2 });
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
    expect((await journal.status()).sinks).toMatchObject([
      { name: "app", lowSeq: 1, pending: 2, deadLetters: 0, parked: 0, delivered: 1 },
      { name: "hook", lowSeq: 0, pending: 3, deadLetters: 0, parked: 0, delivered: 0 },
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

  test("leaves no rows behind when the mark passes what was finished earlier, whatever else ends with it", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    await append(journal, makeLog(1, 5));
    await journal.addSink("app");
    await step(journal, { started: [1, 2, 4, 5] });
    await step(journal, { finished: [dead(1), dead(2)], lowSeq: 2 });
    await step(journal, { started: [3], finished: [delivered(5)], lowSeq: 2 });
    for (const seq of [1, 2]) await journal.redrive("app", seq, {});
    await step(journal, { finished: [1, 2, 3, 4].map((seq) => delivered(seq)), lowSeq: 5 });
    expect(count(path, "work")).toBe(0);
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
  await journal.bind("https://log.test", { from: "start" });
  const limit = (pages: number): void => void database.pragma(`max_page_count = ${pages}`);
  limit(Number(database.pragma("page_count", { simple: true })) + 2);
  return { journal, limit };
}
