/** A sink that nobody uses any more holds everything in the state file, until it is taken out. */
import { expect, test } from "vitest";
import { append, boundJournal, dead, delivered, seqs, step } from "../fixtures/journal-steps.ts";
import { makeLog } from "../fixtures/events.ts";
import type { Journal } from "./model.ts";

const log = makeLog(1, 4);

/** Two sinks; one has done everything, the other was left behind with a dead letter, a try and a side effect. */
async function withTwoSinks(): Promise<Journal> {
  const journal = await boundJournal();
  await append(journal, log);
  for (const name of ["app", "tried"]) await journal.addSink(name);
  await step(journal, { finished: [1, 2, 3, 4].map(delivered), started: [], lowSeq: 4 });
  await step(journal, { started: [1, 2], lowSeq: 0 }, "tried");
  await step(journal, { finished: [dead(1)], lowSeq: 1 }, "tried");
  await journal.noteEffect("tried", { name: "mail", key: "1" }, 0);
  return journal;
}

const latest = Number.MAX_SAFE_INTEGER;

test("nothing is forgotten for a sink that is left behind, and everything once it is removed", async () => {
  const journal = await withTwoSinks();
  // (control) What makes it worth removing.
  expect(await journal.prune(latest, 100)).toBe(0);
  expect(await journal.removeSink("tried")).toMatchObject({ name: "tried", pending: 3, deadLetters: 1 });
  expect((await journal.status()).sinks.map(({ name }) => name)).toEqual(["app"]);
  expect(await journal.deadLetters()).toEqual([]);
  // The event at the cursor stays: by it the log is recognised.
  expect(await journal.prune(latest, 100)).toBe(3);
});

test("the others are as they were", async () => {
  const journal = await withTwoSinks();
  const before = (await journal.status()).sinks.filter(({ name }) => name === "app");
  await journal.removeSink("tried");
  expect((await journal.status()).sinks).toEqual(before);
  expect(await seqs(journal)).toEqual([]);
});

test("added again, it is a new one, which gets what there is and has had no effect", async () => {
  const journal = await withTwoSinks();
  await journal.removeSink("tried");
  await journal.addSink("tried");
  expect(await seqs(journal, "tried")).toEqual([1, 2, 3, 4]);
  expect(await journal.hasEffect("tried", { name: "mail", key: "1" })).toBe(false);
});

test("one that is not there is an error that says where to look", async () => {
  const journal = await withTwoSinks();
  await expect(journal.removeSink("none")).rejects.toThrow(
    "There is no sink none. `dirsync status` shows what there is.",
  );
});
