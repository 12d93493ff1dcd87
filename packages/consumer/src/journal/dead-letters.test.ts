import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import type { EventFacts } from "../fixtures/events.ts";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import {
  append,
  boundJournal,
  dead,
  delivered,
  failure,
  seqs,
  step,
  withDeadLetter,
} from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Journal } from "./model.ts";

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
    if (!isOvertaken) return expect(redriving).resolves.toBe("event_000001");
    await expect(redriving).rejects.toMatchObject({ code: "superseded", retryable: false });
    await expect(seqs(journal)).resolves.toEqual([]);
  });
});

describe("what has come to the sink overtakes, whatever becomes of it", () => {
  test.each<[string, (journal: Journal) => Promise<unknown>]>([
    [
      "where it is to come once more",
      async (journal) => {
        await step(journal, { finished: [delivered(2)], lowSeq: 2 });
        await journal.requestReplay("app", { ids: ["event_000002"] });
      },
    ],
    [
      "where its try failed and was not charged",
      (journal) =>
        step(journal, { finished: [{ seq: 2, result: "retry", failure, nextAtMs: 9, attempts: 0 }], lowSeq: 1 }),
    ],
  ])("%s", async (_name, becomes) => {
    const journal = await withDeadLetter([created]);
    await append(journal, [makeEvent(2, { name: "dsync.user.deleted", user: "u1" })]);
    await step(journal, { started: [2], lowSeq: 1 });
    await becomes(journal);
    await expect(journal.redrive("app", 1, {})).rejects.toMatchObject({ code: "superseded" });
  });
});

describe("what has not come to the sink yet does not overtake", () => {
  test("a later event that waits for its turn: the redriven one comes first", async () => {
    const journal = await withDeadLetter([created, { user: "u2" }]);
    const before = await journal.status();
    const deletion = makeEvent(3, { name: "dsync.user.deleted", user: "u1" });
    await append(journal, [deletion]);
    expect(before.sinks).toMatchObject([{ lowSeq: 2 }]);
    await journal.redrive("app", 1, {});
    await expect(seqs(journal)).resolves.toEqual([1, 3]);
    // It does once it has been begun.
    await step(journal, { started: [3], lowSeq: 2 });
    await journal.withdrawOvertaken("app");
    await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 1, supersededBy: deletion.id }]);
  });

  test("a later event that is parked", async () => {
    const journal = await withDeadLetter([created]);
    await append(journal, [makeEvent(2, { name: "dsync.user.deleted", user: "u1" })]);
    await step(journal, { finished: [{ seq: 2, result: "parked" }], lowSeq: 2 });
    await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 1, supersededBy: null }]);
    await expect(journal.redrive("app", 1, {})).resolves.toBe("event_000001");
  });

  test("a later event that was parked and waits for its turn again, unless it had been begun before", async () => {
    for (const started of [[], [3]]) {
      const journal = await withDeadLetter([created, { user: "u2" }]);
      await append(journal, [makeEvent(3, { name: "dsync.user.deleted", user: "u1" })]);
      await step(journal, { started, lowSeq: 2 });
      await step(journal, { finished: [{ seq: 3, result: "parked" }], lowSeq: 3 });
      const attempts = started.length;
      await step(journal, { finished: [{ seq: 3, result: "released", nextAtMs: 0, attempts }], lowSeq: 3 });
      const supersededBy = attempts === 0 ? null : "event_000003";
      await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 1, supersededBy }]);
    }
  });

  test("a later event that another sink has had", async () => {
    const journal = await withDeadLetter([created]);
    await append(journal, [makeEvent(2, { name: "dsync.user.deleted", user: "u1" })]);
    await journal.addSink("other");
    await step(journal, { finished: [delivered(2)], lowSeq: 2 }, "other");
    await expect(journal.redrive("app", 1, {})).resolves.toBe("event_000001");
  });

  test("a later event that was parked: a replay of what is before it is not given up", async () => {
    const journal = await withDeadLetter([{ user: "u2" }, created]);
    await append(journal, [makeEvent(3, { name: "dsync.user.deleted", user: "u1" })]);
    await step(journal, { finished: [{ seq: 3, result: "parked" }], lowSeq: 3 });
    await journal.requestReplay("app", { ids: ["event_000002"] });
    await step(journal, { finished: [{ seq: 3, result: "released", nextAtMs: 0, attempts: 0 }], lowSeq: 3 });
    await journal.withdrawOvertaken("app");
    await expect(seqs(journal)).resolves.toEqual([2, 3]);
  });
});

describe("a person", () => {
  test("can force what was overtaken", async () => {
    const journal = await withDeadLetter([created, { name: "dsync.user.deleted", user: "u1" }]);
    await journal.redrive("app", 1, { force: true });
    await expect(journal.read("app", 0, 10)).resolves.toMatchObject([{ seq: 1, attempts: 0 }]);
    await expect(journal.deadLetters()).resolves.toEqual([]);
  });

  test("gets a fresh budget for what is redriven, once, and the sink's dispatcher notices", async () => {
    const journal = await withDeadLetter([created]);
    const before = await journal.requests("app");
    await journal.redrive("app", 1, {});
    await expect(journal.requests("app")).resolves.toBeGreaterThan(before);
    await expect(journal.read("app", 0, 10)).resolves.toMatchObject([{ seq: 1, attempts: 0, nextAtMs: 0 }]);
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

  test("what is redriven comes a part at a time where it is long, before what is new, and in order", async () => {
    const journal = await boundJournal();
    const padding = "x".repeat(5 * 1024 * 1024);
    const long = makeLog(1, 3).map((event) => ({ ...event, data: { ...event.data, padding } }) as DirectoryEvent);
    await append(journal, [...long, ...makeLog(4, 5)]);
    await journal.addSink("app");
    await step(journal, { started: [1, 2, 3], nowMs: 5 });
    await step(journal, { finished: [dead(1), dead(2), dead(3)], lowSeq: 3 });
    for (const seq of [1, 2, 3]) await journal.redrive("app", seq, {});
    const read = async (after: number) => (await journal.read("app", after, 100)).map(({ seq }) => seq);
    await expect(read(0)).resolves.toEqual([1, 2]);
    await expect(read(2)).resolves.toEqual([3, 4, 5]);
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
    await expect(seqs(again)).resolves.toEqual([1, 2, 3]);
  });

  test("is told when the first try of a replay was, and of what was parked before it was tried", async () => {
    const journal = await withDeadLetter([{ user: "u1" }, { user: "u2" }, { user: "u3" }]);
    await journal.requestReplay("app", { ids: ["event_000002"] });
    await step(journal, { finished: [{ seq: 3, result: "parked" }], lowSeq: 3 });
    await step(journal, { started: [2, 3], lowSeq: 3, nowMs: 70 });
    await step(journal, { finished: [dead(2), dead(3)], lowSeq: 3, nowMs: 80 });
    const tried = (await journal.deadLetters("app")).map(({ seq, firstTriedAtMs }) => [seq, firstTriedAtMs]);
    expect(tried).toEqual([
      [1, 5],
      [2, 70],
      [3, 70],
    ]);
  });

  test("sees only the dead letters of the sink that was asked for", async () => {
    const journal = await withDeadLetter([created]);
    await expect(journal.deadLetters("other")).resolves.toEqual([]);
    await expect(journal.deadLetters("app")).resolves.toMatchObject([
      { sink: "app", seq: 1, attempts: 1, failure, firstTriedAtMs: 5, lastTriedAtMs: 5 },
    ]);
  });
});
