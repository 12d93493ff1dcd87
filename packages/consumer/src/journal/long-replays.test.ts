/** Replays and purges of much, which must hold up neither a tail nor whoever asks for them. */
import { describe, expect, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { append, boundJournal, delivered, seqs, step } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { Chosen } from "./chosen.ts";
import type { Journal } from "./model.ts";
import { openJournal } from "./open.ts";

/** A journal of so many events, about a user each, which the sink has finished. */
async function finishedJournal(count: number, path = newStateFile()): Promise<Journal> {
  const journal = await boundJournal(path);
  await append(journal, makeLog(1, count));
  await journal.addSink("app");
  await step(journal, { lowSeq: count });
  return journal;
}

/** Counts the turns that the event loop has while something goes on. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work();
  isOver = true;
  return turns;
}

describe("a replay of much", () => {
  test("is looked for in parts, says how far it has come, and lets a tail write meanwhile", async () => {
    const path = newStateFile();
    const holder = await finishedJournal(5_000, path);
    const visitor = await openJournal({ path, role: "visitor" });
    const told: [number, number][] = [];
    const written: Promise<void>[] = [];
    const onProgress = (done: number, total: number): void => {
      told.push([done, total]);
      written.push(holder.markCaughtUp(done));
    };
    await expect(visitor.requestReplay("app", { fromSeq: 1 }, { onProgress })).resolves.toMatchObject({
      count: 5_000,
      firstSeq: 1,
      lastSeq: 5_000,
    });
    await Promise.all(written);
    expect(told).toEqual([
      [0, 5_000],
      [2_000, 5_000],
      [4_000, 5_000],
    ]);
    await visitor.close();
  });

  test("lets everybody else have a turn, so that Ctrl-C is heard", async () => {
    const journal = await finishedJournal(5_000);
    await expect(turnsDuring(() => journal.countReplay("app", { user: "u7" }))).resolves.toBeGreaterThanOrEqual(2);
  });

  test("asks for nothing that has come to be finished only while it was looked for", async () => {
    const path = newStateFile();
    const holder = await finishedJournal(3, path);
    const visitor = await openJournal({ path, role: "visitor" });
    const appended: Promise<unknown>[] = [];
    const onProgress = (): void => {
      appended.push(append(holder, [makeEvent(4, { user: "u4" })]), step(holder, { lowSeq: 4 }));
    };
    await expect(visitor.requestReplay("app", { fromSeq: 1 }, { onProgress })).resolves.toMatchObject({ count: 3 });
    await Promise.all(appended);
    await visitor.close();
    await expect(seqs(holder)).resolves.toEqual([1, 2, 3]);
  });

  test("counts what overtakes across the parts it is looked for in", async () => {
    const journal = await boundJournal();
    const others = makeLog(2, 4_500);
    await append(journal, [makeEvent(1, { user: "a" }), ...others, makeEvent(4_501, { user: "a" })]);
    await journal.addSink("app");
    await step(journal, { lowSeq: 4_501 });
    await expect(journal.countReplay("app", { fromSeq: 1 })).resolves.toMatchObject({ count: 4_501, overtaken: 0 });
    await expect(journal.countReplay("app", { toSeq: 4_500 })).resolves.toMatchObject({ count: 4_500, overtaken: 1 });
  });
});

test("a purge looks a part of the journal at a time, says how far it has come, and lets everybody else have turns", async () => {
  const journal = await finishedJournal(5_000);
  const told: [number, number][] = [];
  const purge = (): Promise<unknown> =>
    journal.purge({ userId: "u4999" }, { onProgress: (done, total) => void told.push([done, total]) });
  expect(await turnsDuring(purge)).toBeGreaterThanOrEqual(2);
  expect(told).toEqual([
    [0, 5_000],
    [2_000, 5_000],
    [4_000, 5_000],
  ]);
  await expect(journal.countReplay("app", { fromSeq: 1 })).resolves.toMatchObject({ count: 4_999 });
});

describe("many replays that wait", () => {
  test("are looked through a few at a time, with turns for everybody else, and to the last", async () => {
    const journal = await boundJournal();
    // The first and the last are about one person; the first waits for the last to come as well.
    const log = [makeEvent(1, { user: "a" }), ...makeLog(2, 1_599), makeEvent(1_600, { user: "a" })];
    await append(journal, log);
    await journal.addSink("app");
    await step(journal, { lowSeq: 1_600 });
    await journal.requestReplay("app", { fromSeq: 1 });
    let count = -1;
    const turns = await turnsDuring(async () => {
      count = await journal.withdrawOvertaken("app");
    });
    expect([count, turns >= 3]).toEqual([0, true]);
    await append(journal, [makeEvent(1_601, { user: "u1599" }), makeEvent(1_602, { user: "a" })]);
    await step(journal, { started: [1_601, 1_602] });
    await step(journal, { finished: [delivered(1_601), delivered(1_602)], lowSeq: 1_602 });
    await expect(journal.withdrawOvertaken("app")).resolves.toBe(3);
    const left = await journal.read("app", 0, 2_000);
    expect(left.map(({ seq }) => seq)).toEqual(log.map((_event, index) => index + 1).slice(1, 1_598));
  });
});

test("looking through replays that wait ends with its signal, so that a tail stops at once", async () => {
  const journal = await finishedJournal(2_000);
  await journal.requestReplay("app", { fromSeq: 1 });
  const stopping = new AbortController();
  setImmediate(() => stopping.abort());
  const turns = await turnsDuring(() => journal.withdrawOvertaken("app", stopping.signal));
  // Whole, it takes four.
  expect(turns).toBeLessThan(3);
});

test("positions that are chosen are all of those that were added, in order", () => {
  const chosen = new Chosen(1_000, 1_020);
  for (const seq of [1_020, 1_008, 1_007, 1_000]) chosen.add(seq);
  expect([...chosen.seqs()]).toEqual([1_000, 1_007, 1_008, 1_020]);
  expect([999, 1_000, 1_001, 1_020, 1_021].map((seq) => chosen.has(seq))).toEqual([false, true, false, true, false]);
  expect([...new Chosen(5, 4).seqs()]).toEqual([]);
});
