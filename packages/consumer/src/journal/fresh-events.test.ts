import { expect, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { append, boundJournal, delivered, step } from "../fixtures/journal-steps.ts";
import { holdLimitedJournal } from "../fixtures/state-file.ts";
import type { Journal } from "./model.ts";

/** A journal with two sinks, to which a page was appended that nobody else has. */
async function journalWith(count: number): Promise<{ journal: Journal; events: ReturnType<typeof makeLog> }> {
  const journal = await boundJournal();
  await journal.addSink("app");
  await journal.addSink("other");
  const events = makeLog(1, count);
  await journal.append({ events, expectedCursor: null, receivedAtMs: 0, isParsed: true });
  return { journal, events };
}

async function eventsFor(journal: Journal, sink: string, after = 0): Promise<readonly unknown[]> {
  return (await journal.read(sink, after, 2_000)).map(({ event }) => event);
}

test("the first sink is given the very events, and the next one its own, so that neither sees what the other changes", async () => {
  const { journal, events } = await journalWith(3);
  const [first] = await eventsFor(journal, "app");
  expect(first).toBe(events[0]);
  const [second] = await eventsFor(journal, "other");
  expect(second).toEqual(first);
  expect(second).not.toBe(first);
});

test("what is read again is read from the file", async () => {
  const { journal, events } = await journalWith(2);
  await eventsFor(journal, "app");
  const [again] = await eventsFor(journal, "app");
  expect(again).toEqual(events[0]);
  expect(again).not.toBe(events[0]);
});

test("a source that does not say that its events are nobody else's has them read back", async () => {
  const journal = await boundJournal();
  await journal.addSink("app");
  const events = makeLog(1, 2);
  await append(journal, events);
  const [first] = await eventsFor(journal, "app");
  expect(first).toEqual(events[0]);
  expect(first).not.toBe(events[0]);
});

test("a sink that reads late or only a part gets every event once and in order", async () => {
  const { journal } = await journalWith(700);
  const parts = [await journal.read("app", 0, 150), await journal.read("app", 150, 150)];
  await journal.append({
    events: makeLog(701, 1_300),
    expectedCursor: "event_000700",
    receivedAtMs: 0,
    isParsed: true,
  });
  parts.push(await journal.read("app", 300, 500), await journal.read("app", 800, 2_000));
  const seqs = parts.flat().map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: 1_300 }, (_none, index) => index + 1));
  expect(parts.flat().map(({ event }) => event.id)).toEqual(makeLog(1, 1_300).map(({ id }) => id));
  await expect(journal.read("app", 1_300, 500)).resolves.toEqual([]);
});

test("what a scan appends behind them is not left lying", async () => {
  const { journal } = await journalWith(3);
  await journal.append({ events: makeLog(4, 6), expectedCursor: "event_000003", receivedAtMs: 0 });
  const items = await journal.read("app", 0, 10);
  expect(items.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
});

test.each<[what: string, given: Parameters<typeof step>[1], there: readonly (readonly [number, number])[]]>([
  // One is on record in a row, the other in the stretch of a run.
  [
    "finished",
    { finished: [delivered(2)] },
    [
      [1, 0],
      [3, 0],
    ],
  ],
  [
    "begun",
    { started: [3] },
    [
      [1, 0],
      [2, 0],
      [3, 1],
    ],
  ],
  [
    "finished and begun",
    { finished: [delivered(2)], started: [3] },
    [
      [1, 0],
      [3, 1],
    ],
  ],
])("what a sink has %s above its mark is not given again as new", async (_what, given, there) => {
  const { journal } = await journalWith(3);
  await step(journal, given);
  const items = await journal.read("app", 0, 10);
  expect(items.map(({ seq, attempts }) => [seq, attempts])).toEqual(there);
});

test("events we had leave no hole between those that are new", async () => {
  const { journal } = await journalWith(30);
  const events = [...makeLog(25, 60), makeEvent(7), ...makeLog(61, 80)];
  const request = { events, expectedCursor: "event_000030", receivedAtMs: 0, isParsed: true };
  await expect(journal.append(request)).resolves.toMatchObject({ headSeq: 80, count: 50, lateCount: 30 });
  const items = await journal.read("app", 0, 100);
  expect(items.map(({ seq, event }) => `${seq} ${event.id}`)).toEqual(
    makeLog(1, 80).map(({ id }, index) => `${index + 1} ${id}`),
  );
});

test("of a page that the disk refused nothing is given", async () => {
  const { journal, database } = await holdLimitedJournal();
  await journal.bind("https://log.test", { from: "start" });
  await journal.addSink("app");
  database.pragma(`max_page_count = ${Number(database.pragma("page_count", { simple: true }))}`);
  const request = { events: makeLog(1, 200), expectedCursor: null, receivedAtMs: 0, isParsed: true };
  await expect(journal.append(request)).rejects.toMatchObject({ code: "full" });
  await expect(journal.read("app", 0, 500)).resolves.toEqual([]);
});

test("more than is held for a sink that stays behind is read from the file, once and in order", async () => {
  const { journal } = await journalWith(600);
  for (const [first, last] of [
    [601, 1_200],
    [1_201, 2_600],
    [2_601, 2_602],
  ] as const) {
    const expectedCursor = makeEvent(first - 1).id;
    await journal.append({ events: makeLog(first, last), expectedCursor, receivedAtMs: 0, isParsed: true });
  }
  const parts = [await journal.read("app", 0, 2_000), await journal.read("app", 2_000, 2_000)];
  expect(parts.flat().map(({ event }) => event.id)).toEqual(makeLog(1, 2_602).map(({ id }) => id));
});
