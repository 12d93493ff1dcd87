/** How old the oldest thing is that a sink has not done, which is what people ask first when somebody still has access. */
import { expect, test } from "vitest";
import { makeLog } from "../fixtures/events.ts";
import type { Journal } from "./model.ts";
import { append, boundJournal, dead, delivered, step } from "../fixtures/journal-steps.ts";

async function newJournal(): Promise<Journal> {
  const journal = await boundJournal();
  await journal.addSink("app");
  return journal;
}

const log = makeLog(1, 4);
const timeOf = (number: number): number => Date.parse(log[number - 1]?.created_at ?? "");

async function oldest(journal: Journal): Promise<unknown> {
  const { sinks } = await journal.status();
  return sinks.map(({ oldestPendingAtMs, oldestParkedAtMs }) => [oldestPendingAtMs, oldestParkedAtMs]);
}

test("a sink is as far behind as its oldest event that is neither done, dead nor parked", async () => {
  const journal = await newJournal();
  expect(await oldest(journal)).toEqual([[null, null]]);
  await append(journal, log);
  expect(await oldest(journal)).toEqual([[timeOf(1), null]]);
  // A later one is finished first, in another lane.
  await step(journal, { started: [1, 2], lowSeq: 0 });
  await step(journal, { finished: [delivered(2)], lowSeq: 0 });
  expect(await oldest(journal)).toEqual([[timeOf(1), null]]);
  await step(journal, { finished: [dead(1)], lowSeq: 2 });
  expect(await oldest(journal)).toEqual([[timeOf(3), null]]);
  await step(journal, { finished: [{ seq: 3, result: "parked" }], started: [4], lowSeq: 3 });
  expect(await oldest(journal)).toEqual([[timeOf(4), timeOf(3)]]);
  await step(journal, { finished: [delivered(4)], lowSeq: 4 });
  expect(await oldest(journal)).toEqual([[null, timeOf(3)]]);
});

test("a dead letter that is to be tried again is behind, however old it is", async () => {
  const journal = await newJournal();
  await append(journal, log);
  await step(journal, { started: [1, 2, 3, 4], lowSeq: 0 });
  await step(journal, { finished: [dead(1), ...[2, 3, 4].map((seq) => delivered(seq))], lowSeq: 4 });
  expect(await oldest(journal)).toEqual([[null, null]]);
  await journal.redrive("app", 1, {});
  expect(await oldest(journal)).toEqual([[timeOf(1), null]]);
});
