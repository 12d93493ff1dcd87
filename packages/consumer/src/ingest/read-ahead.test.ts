import { expect, test } from "vitest";
import { makeLog } from "../fixtures/events.ts";
import { ScriptedSource } from "../fixtures/scripted-source.ts";
import { ReadAhead } from "./read-ahead.ts";

const start = { from: "start" } as const;
const { signal } = new AbortController();

function reading(count: number): { source: ScriptedSource; ahead: ReadAhead } {
  const source = new ScriptedSource(makeLog(1, count), { pageSize: 2 });
  return { source, ahead: new ReadAhead(source) };
}

test("the page behind one is asked for before it is read, and once", async () => {
  const { source, ahead } = reading(6);
  await ahead.begin(await ahead.read(null, start, signal), start, signal);
  expect(source.reads.map(({ after }) => after)).toEqual([null, "event_000002"]);
  const page = await ahead.read("event_000002", start, signal);
  expect(page.events.map(({ id }) => id)).toEqual(["event_000003", "event_000004"]);
  expect(source.reads).toHaveLength(2);
});

test("a page that was asked for early does not show where the log ends", async () => {
  const { source, ahead } = reading(4);
  await ahead.begin(await ahead.read(null, start, signal), start, signal);
  source.log.push(...makeLog(5, 5));
  const last = await ahead.read("event_000002", start, signal);
  expect(last).toMatchObject({ events: [{ id: "event_000003" }, { id: "event_000004" }], hasMore: true });
  // Nothing is asked for ahead of it, so that the end is asked for when it is wanted.
  await ahead.begin(last, start, signal);
  expect(source.reads).toHaveLength(2);
  await expect(ahead.read("event_000004", start, signal)).resolves.toMatchObject({
    events: [{ id: "event_000005" }],
    hasMore: false,
  });
});

test("an empty page that was asked for early is asked for again", async () => {
  const { source, ahead } = reading(4);
  const first = await ahead.read(null, start, signal);
  source.next(() => ({ events: [], hasMore: false }));
  await ahead.begin(first, start, signal);
  await expect(ahead.read("event_000002", start, signal)).resolves.toMatchObject({ events: makeLog(3, 4) });
});

test("what was asked for is not taken for what comes after another cursor", async () => {
  const { ahead } = reading(6);
  await ahead.begin(await ahead.read(null, start, signal), start, signal);
  const page = await ahead.read("event_000004", start, signal);
  expect(page.events.map(({ id }) => id)).toEqual(["event_000005", "event_000006"]);
});

test("a failure is told to whoever reads, and the next one asks anew", async () => {
  const { source, ahead } = reading(6);
  const first = await ahead.read(null, start, signal);
  source.fail(new Error("down"));
  await ahead.begin(first, start, signal);
  await expect(ahead.read("event_000002", start, signal)).rejects.toThrow("down");
  await expect(ahead.read("event_000002", start, signal)).resolves.toMatchObject({ hasMore: true });
});

test("nothing is asked for behind the end, behind an empty page, or once it is to stop", async () => {
  const { source, ahead } = reading(6);
  const stopped = AbortSignal.abort();
  const events = makeLog(1, 2);
  await ahead.begin({ events, hasMore: false }, start, signal);
  await ahead.begin({ events: [], hasMore: true }, start, signal);
  await ahead.begin({ events, hasMore: true }, start, stopped);
  expect(source.reads).toEqual([]);
  await Promise.resolve();
});
