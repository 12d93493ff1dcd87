import { describe, expect, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { ingestRig } from "../fixtures/ingest-rig.ts";
import { beginMs, dayMs, hourMs, ids, idsIn, later, readBefore, resumed } from "../fixtures/resumed-rig.ts";
import type { EventSource } from "../model.ts";
import { holdJournal } from "../fixtures/state-file.ts";
import { Reading } from "../scan/reading.ts";

const minuteMs = 60_000;

describe("a cursor that upstream refuses", () => {
  test("is renewed from the event before it when only the newest one was taken out, and nothing has come since", async () => {
    const { journal, run, source } = await resumed(1, { log: makeLog(1, 4) });
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000004", headSeq: 5, gaps: [] });
    source.log.push(...later(1, 6, 7));
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(1, 6, 7)));
  });

  test("is renewed from the event before it in upstream's log, past what a scan has made here in between", async () => {
    const journal = await holdJournal();
    const { run, source } = await ingestRig({ log: makeLog(1, 4), journal });
    await run({ once: true });
    const cursor = "event_000004";
    const made = makeEvent(99, { id: "made_here", second: 4 });
    await journal.append({ events: [made], isMadeHere: true, expectedCursor: cursor, cursor, receivedAtMs: 0 });
    source.log.push(...makeLog(5, 5));
    await run({ once: true });
    await (await resumed(1, { log: makeLog(1, 4), journal })).run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ cursor, headSeq: 6, gaps: [] });
  });

  test("is renewed from now at the latest: the clock that saw its end may have been ahead", async () => {
    const journal = await readBefore();
    await journal.markCaughtUp(0, beginMs + 32 * dayMs);
    const { run, source } = await resumed(31, { log: [], journal });
    await run({ once: true });
    source.log.push(makeEvent(6, { second: 31 * 86_400 + 60 }));
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual([...ids(makeLog(1, 5)), "event_000006"]);
  });

  test("is renewed from before its end was seen: what was made then may have shown up later", async () => {
    const journal = await readBefore();
    await (await resumed(25, { log: makeLog(1, 5), journal })).run({ once: true });
    const slow = makeEvent(6, { second: 25 * 86_400 - 120 });
    const { run } = await resumed(31, { log: [slow, ...later(26, 7, 7)], journal });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), [slow], later(26, 7, 7)));
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000007", gaps: [] });
  });
});

test("a gap lasts until the first event behind it was read, and not until the last", async () => {
  const { journal, run, source, clock } = await resumed(40, { log: later(12, 8, 9) });
  await run({ once: true });
  const { gaps } = await journal.status();
  expect(gaps).toMatchObject([{ reason: "expired", resumedAtMs: expect.any(Number) as unknown }]);
  source.log.push(...later(40, 10, 10));
  await clock.runUntil(clock.runtime.sleep(dayMs));
  await run({ once: true });
  await expect(journal.status()).resolves.toMatchObject({ headSeq: 8, gaps });
});

describe("a process that was suspended for weeks", () => {
  test("does not trust what follows: events that upstream has forgotten meanwhile leave a gap", async () => {
    const { source, journal, runFor, clock } = await ingestRig({ log: makeLog(1, 5), unknownCursor: "restarted" });
    // 6 and 7 came and went, and the service begins again with what it still has, without a word.
    void clock.runtime.sleep(dayMs).then(() => source.log.splice(0, 5, ...later(27, 8, 9)));
    await runFor(30 * dayMs, { pollMs: 28 * dayMs });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(27, 8, 9)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "expired" }] });
  });

  test("(control) finds no gap where upstream still goes on from the cursor", async () => {
    const { source, journal, runFor, clock } = await ingestRig({ log: makeLog(1, 5), unknownCursor: "restarted" });
    void clock.runtime.sleep(dayMs).then(() => source.log.push(...later(27, 8, 9)));
    await runFor(30 * dayMs, { pollMs: 28 * dayMs });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(27, 8, 9)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [] });
  });
});

test("a log that says nothing for weeks is not asked for weeks at once, and what it says then is read", async () => {
  const { source, journal, runFor, clock } = await ingestRig();
  const start = { from: "time", time: new Date(clock.nowMs).toISOString() } as const;
  const first = makeEvent(1, { second: 40 * 86_400 });
  void clock.runtime.sleep(40 * dayMs).then(() => source.log.push(first));
  await runFor(41 * dayMs, { start, pollMs: 3 * hourMs });
  await expect(idsIn(journal)).resolves.toEqual([first.id]);
  await expect(journal.status()).resolves.toMatchObject({ gaps: [] });
  // One request may cover 30 days at WorkOS.
  const asked = source.reads.flatMap(({ after, start, atMs }) =>
    after === null && start.from === "time" ? [atMs - Date.parse(start.time)] : [],
  );
  expect(Math.max(...asked)).toBeLessThan(2 * dayMs);
});

test("a log that says nothing is not asked past what it says next when the service's clock was a day ahead for a moment", async () => {
  const { source, journal, runFor, clock } = await ingestRig();
  const start = { from: "time", time: new Date(clock.nowMs).toISOString() } as const;
  source.next(() => ({ events: [], hasMore: false, answeredAtMs: clock.nowMs + dayMs }));
  const first = makeEvent(1, { second: 3_600 });
  void clock.runtime.sleep(hourMs).then(() => source.log.push(first));
  await runFor(3 * hourMs, { start });
  await expect(idsIn(journal)).resolves.toEqual([first.id]);
});

test("a range that does not include its bound, or counts in seconds, still shows the event at the cursor", async () => {
  const log = [...makeLog(1, 5), ...later(1, 6, 6)];
  const { source, journal, run, clock } = await resumed(1, { log });
  const later1s = (time: string): string => new Date(Math.floor(Date.parse(time) / 1_000) * 1_000 + 1).toISOString();
  const narrow: EventSource = {
    identity: source.identity,
    read: (after, start, signal) =>
      source.read(after, start.from === "time" ? { ...start, time: later1s(start.time) } : start, signal),
  };
  await run({ once: true, source: narrow });
  await expect(idsIn(journal)).resolves.toEqual(ids(log));
  expect(clock.messages("warn")).toEqual([]);
});

describe("a service that says nothing to a cursor that it does not know", () => {
  const log = [...makeLog(1, 4), makeEvent(6, { second: 300 }), makeEvent(7, { second: 301 })];

  test("is not believed while a scan goes by the end of the log, however short its silence", async () => {
    const journal = await readBefore();
    const { run, clock } = await ingestRig({ log, journal, startMs: beginMs + 10 * minuteMs, unknownCursor: "empty" });
    const reading = new Reading(clock.runtime, 1_000);
    const stop = new AbortController();
    const end = reading.endAskedSince(clock.nowMs, stop.signal);
    await run({ once: true, reading });
    await end;
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), log.slice(4)));
  });

  test("(control) is believed for a while where nothing depends on it", async () => {
    const journal = await readBefore();
    const { run } = await ingestRig({ log, journal, startMs: beginMs + 10 * minuteMs, unknownCursor: "empty" });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5)));
  });
});
