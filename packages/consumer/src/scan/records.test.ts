import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { beginScan, listDirectory, listedDirectory, listedUser, listPage, openScan } from "../fixtures/scan-steps.ts";

describe("a scan on record", () => {
  test("is the only one that is not over", async () => {
    const journal = await boundJournal();
    const { id } = await beginScan(journal);
    await expect(journal.scans.requestScan({ cause: "reconcile" }, 0)).rejects.toMatchObject({ code: "busy" });
    await journal.scans.discardScan(id, 5);
    expect(await journal.scans.scanStatus(id)).toMatchObject({ state: "discarded", endedAtMs: 5 });
    const next = await journal.scans.requestScan({ cause: "reconcile" }, 0);
    expect(next).not.toBe(id);
    await expect(journal.scans.discardScan(id, 0)).rejects.toMatchObject({ code: "missing" });
  });

  test("counts what was listed, and what upstream says there is", async () => {
    const journal = await boundJournal();
    const scan = await beginScan(journal);
    await listDirectory(journal, scan, listedDirectory("d1", { metadata: { users: { active: 3, inactive: 2 } } }));
    await listPage(journal, scan, { rows: [listedUser("u1"), listedUser("u2")], after: "u2" });
    expect(await journal.scans.scanStatus()).toMatchObject({
      usersExpected: 5,
      requests: 2,
      collections: { known: 3, done: 1 },
      tallies: { directory: { listed: 1, created: 1 }, user: { listed: 2, created: 2, updated: 0, deleted: 0 } },
    });
  });

  test("begins anew when the log has lost something, and takes nothing of what was read before", async () => {
    const journal = await boundJournal();
    await append(journal, [makeEvent(1)]);
    const scan = await beginScan(journal);
    await listDirectory(journal, scan);
    const { cursor } = await journal.status();
    const lost = { expectedCursor: cursor, cursor: null, start: { from: "start" }, gap: "expired", atMs: 0 } as const;
    await journal.move(lost);
    const late = listPage(journal, scan, { rows: [listedUser("u1")] });
    await expect(late).rejects.toMatchObject({ code: "fenced" });
    expect(await openScan(journal)).toMatchObject({ id: scan.id, state: "requested", attempt: scan.attempt + 1 });
    expect((await journal.scans.scanStatus())?.tallies.directory.listed).toBe(0);
  });

  test("closes gaps and makes the mirror complete when it was of everything, and else neither", async () => {
    const journal = await boundJournal();
    await append(journal, [makeEvent(1)]);
    const { cursor } = await journal.status();
    await journal.move({ expectedCursor: cursor, cursor: null, start: { from: "start" }, gap: "expired", atMs: 0 });
    for (const scope of [{ directoryIds: ["d1"] }, { organizationId: "org_1" }, {}]) {
      const isDryRun = false;
      const scan = await beginScan(journal, { cause: "backfill", scope, isDryRun });
      expect(await journal.scans.conclude(scan, 0)).toBe("complete");
      const { gaps, mirrorCompleteSinceSeq } = await journal.status();
      const isWhole = Object.keys(scope).length === 0;
      expect([gaps.length, mirrorCompleteSinceSeq]).toEqual(isWhole ? [0, 1] : [1, null]);
    }
  });

  test("makes the mirror complete until the log loses something again", async () => {
    const journal = await boundJournal();
    const { cursor } = await append(journal, [makeEvent(1)]);
    await journal.scans.conclude(await beginScan(journal), 0);
    const place = { expectedCursor: cursor, cursor, start: { from: "start" }, atMs: 0 } as const;
    // Another place to go on at, where nothing is missing, takes nothing away.
    await journal.move({ ...place, gap: null });
    await expect(journal.status()).resolves.toMatchObject({ mirrorCompleteSinceSeq: 1 });
    await journal.move({ ...place, gap: "expired" });
    await expect(journal.status()).resolves.toMatchObject({ mirrorCompleteSinceSeq: null });
    await append(journal, [makeEvent(2)]);
    await journal.scans.conclude(await beginScan(journal), 0);
    await expect(journal.status()).resolves.toMatchObject({ gaps: [], mirrorCompleteSinceSeq: 2 });
  });
});
