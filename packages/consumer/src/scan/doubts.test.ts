import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { allOld, beginScan, listedUser } from "../fixtures/scan-steps.ts";
import type { Journal } from "../journal/model.ts";

const reference = { kind: "user", directoryId: "d1", id: "u1" } as const;

/** A complete mirror, and an event about `u1` that was found behind what followed it. */
async function withLate(): Promise<Journal> {
  const journal = await boundJournal();
  await append(journal, [makeEvent(1, { name: "dsync.activated" }), makeEvent(3, { user: "u1" })]);
  await journal.scans.conclude(await beginScan(journal), 0);
  expect(await journal.scans.isInDoubt()).toBe(false);
  const late = makeEvent(2, { id: "event_late", user: "u1" });
  const { cursor } = await journal.status();
  await journal.append({
    events: [late],
    places: new Map([[late.id, 1.5]]),
    expectedCursor: cursor,
    cursor,
    receivedAtMs: 0,
  });
  return journal;
}

describe("something of which an event came late", () => {
  test("is asked about, by what it is and where the event stands", async () => {
    const journal = await withLate();
    expect(await journal.scans.isInDoubt()).toBe(true);
    const scan = await beginScan(journal, { cause: "late" });
    expect(await journal.scans.doubts(scan)).toEqual([{ reference, seq: 3 }]);
  });

  test("is told of once more although the mirror has it, for whoever got the late event last", async () => {
    const journal = await withLate();
    const scan = await beginScan(journal, { cause: "late" });
    const row = listedUser("u1", makeEvent(3, { user: "u1" }).data);
    const probes = [{ reference, row, floorSeq: allOld }];
    const answers = { kind: "probes", collection: null, probes } as const;
    expect(await journal.scans.release(scan, [answers], 0)).toMatchObject([{ headSeq: 4 }]);
    expect(await journal.scans.isInDoubt()).toBe(false);
    expect(await journal.scans.doubts(scan)).toEqual([]);
  });

  test("stays in doubt where the answer may be older than the event", async () => {
    const journal = await withLate();
    const scan = await beginScan(journal, { cause: "late" });
    const probes = [{ reference, row: listedUser("u1"), floorSeq: 2 }];
    await journal.scans.release(scan, [{ kind: "probes", collection: null, probes }], 0);
    expect(await journal.scans.doubts(scan)).toHaveLength(1);
  });

  test("is none where nothing was ever taken from a list", async () => {
    const journal = await boundJournal();
    await append(journal, [makeEvent(3, { user: "u1" })]);
    const late = makeEvent(2, { id: "event_late", user: "u1" });
    const { cursor } = await journal.status();
    await journal.append({
      events: [late],
      places: new Map([[late.id, 0.5]]),
      expectedCursor: cursor,
      cursor,
      receivedAtMs: 0,
    });
    expect(await journal.scans.isInDoubt()).toBe(false);
  });
});
