/** What a sink has begun together is on record as a stretch, which must say all that rows would. */
import { describe, expect, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { append, boundJournal, dead, delivered, failure, step, withDeadLetter } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { openMirror } from "../mirror/open.ts";
import type { Outcome } from "../model.ts";
import type { Journal } from "./model.ts";
import { openJournal } from "./open.ts";
import { connect } from "./sqlite.ts";

const retried = (seq: number): Outcome => ({ seq, result: "retry", nextAtMs: 9_000, attempts: 1, failure });

async function attempts(journal: Journal): Promise<readonly (readonly [seq: number, attempts: number])[]> {
  return (await journal.read("app", 0, 1_000)).map((item) => [item.seq, item.attempts]);
}

async function journalOf(events: number, path = newStateFile()): Promise<{ journal: Journal; path: string }> {
  const journal = await boundJournal(path);
  await append(journal, makeLog(1, events));
  await journal.addSink("app");
  return { journal, path };
}

/** The same file in the next process, after the one before was killed. */
async function nextProcess(journal: Journal, path: string): Promise<Journal> {
  await journal.close();
  const next = await openJournal({ path, role: "holder" });
  await next.addSink("app");
  return next;
}

function workRows(path: string): number {
  const database = connect(path, { busyTimeoutMs: 1_000, readonly: true });
  const count = Number(database.prepare("SELECT count(*) FROM work").pluck().get());
  database.close();
  return count;
}

describe("events that were begun together", () => {
  test("have had a try, for who reads them in this process and in the next, and need no rows for it", async () => {
    const { journal, path } = await journalOf(5);
    await step(journal, { started: [1, 2, 3], nowMs: 7 });
    expect(workRows(path)).toBe(0);
    const begun = [1, 2, 3].map((seq) => [seq, 1]);
    const all = [...begun, [4, 0], [5, 0]];
    await expect(attempts(journal)).resolves.toEqual(all);
    const next = await nextProcess(journal, path);
    await expect(attempts(next)).resolves.toEqual(all);
    await step(next, { started: [1], nowMs: 8 });
    await step(next, { finished: [dead(1)], lowSeq: 1 });
    await expect(next.deadLetters()).resolves.toMatchObject([{ attempts: 2, firstTriedAtMs: 7, lastTriedAtMs: 8 }]);
    await next.close();
  });

  test("end each in its own way, and the rest of them is still begun", async () => {
    const { journal, path } = await journalOf(6);
    await step(journal, { started: [1, 2, 3, 4, 5, 6], nowMs: 7 });
    await step(journal, { finished: [delivered(1), retried(2), delivered(3), dead(5)], lowSeq: 1 });
    const left = [2, 4, 6].map((seq) => [seq, 1]);
    await expect(attempts(journal)).resolves.toEqual(left);
    await expect(journal.deadLetters()).resolves.toMatchObject([
      { seq: 5, attempts: 1, firstTriedAtMs: 7, lastTriedAtMs: 7 },
    ]);
    const next = await nextProcess(journal, path);
    await expect(attempts(next)).resolves.toEqual(left);
    await expect(next.addSink("app")).resolves.toEqual({ lowSeq: 1, finishedAbove: [3, 5] });
    await step(next, { finished: [2, 4, 6].map(delivered), lowSeq: 6 });
    await expect(attempts(next)).resolves.toEqual([]);
    await next.close();
  });

  test("have had two tries when they were begun twice, as when the storage has taken a step and not said so", async () => {
    const { journal, path } = await journalOf(3);
    for (let times = 0; times < 2; times += 1) await step(journal, { started: [1, 2] });
    const next = await nextProcess(journal, path);
    await expect(attempts(next)).resolves.toEqual([
      [1, 2],
      [2, 2],
      [3, 0],
    ]);
    await next.close();
  });

  test("are on record in however many pieces they are", async () => {
    const { journal, path } = await journalOf(100);
    const every2nd = Array.from({ length: 50 }, (_, index) => index * 2 + 1);
    await step(journal, { started: every2nd });
    const expected = Array.from({ length: 100 }, (_, index) => [index + 1, (index + 1) % 2]);
    await expect(attempts(journal)).resolves.toEqual(expected);
    const next = await nextProcess(journal, path);
    await expect(attempts(next)).resolves.toEqual(expected);
    await next.close();
  });

  test("have overtaken what came before them, and what is only waiting has not", async () => {
    const journal = await withDeadLetter([{ user: "u1" }, { user: "u2" }]);
    await append(journal, [makeEvent(3, { user: "u1" }), makeEvent(4, { user: "u2" })]);
    await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 1, supersededBy: null }]);
    await step(journal, { started: [3, 4], lowSeq: 2 });
    await expect(journal.redrive("app", 1, {})).rejects.toMatchObject({ code: "superseded" });
  });

  test("are told of as being tried", async () => {
    const { journal, path } = await journalOf(3);
    await step(journal, { started: [1, 2], nowMs: 7 });
    const mirror = await openMirror(path);
    const answers = async (user: string): Promise<unknown> =>
      (await mirror.why(user))[0]?.events.map((event) => event.answers[0]);
    await expect(answers("u2")).resolves.toMatchObject([{ state: "trying", attempts: 1, lastTriedAtMs: 7 }]);
    await expect(answers("u3")).resolves.toMatchObject([{ state: "waiting", attempts: 0, lastTriedAtMs: null }]);
    await step(journal, { finished: [delivered(1), delivered(2)], lowSeq: 2 });
    await expect(answers("u2")).resolves.toMatchObject([{ state: "finished", attempts: 0 }]);
    await mirror.close();
  });

  test("keep their try where they are parked: a person lets them go on, and not begin anew", async () => {
    const { journal } = await journalOf(3);
    await step(journal, { started: [1, 2], nowMs: 7 });
    const parked = [2, 3].map((seq) => ({ seq, result: "parked" }) as const);
    await step(journal, { finished: [dead(1), ...parked], lowSeq: 3 });
    const kept = await journal.kept("app", { afterSeq: 0, limit: 10 });
    expect(kept.map(({ seq, attempts: tries }) => [seq, tries])).toEqual([
      [1, 1],
      [2, 1],
      [3, 0],
    ]);
    const parkedOnly = await journal.kept("app", { afterSeq: 0, limit: 10, onlyParked: true });
    expect(parkedOnly.map(({ seq }) => seq)).toEqual([2, 3]);
  });

  test("overtake nothing where they were begun on record only, behind one that failed", async () => {
    const journal = await withDeadLetter([{ user: "u1" }, { user: "u2" }]);
    await append(journal, [makeEvent(3, { user: "u2" }), makeEvent(4, { user: "u1" })]);
    await step(journal, { started: [3, 4], lowSeq: 2 });
    const released: Outcome = { seq: 4, result: "released", nextAtMs: 0, attempts: 0 };
    await step(journal, { finished: [retried(3), released], lowSeq: 2 });
    await expect(journal.redrive("app", 1, {})).resolves.toBe("event_000001");
  });
});
