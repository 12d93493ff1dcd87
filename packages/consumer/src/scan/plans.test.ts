import { expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { beginScan, listDirectory, listedUser, listPage } from "../fixtures/scan-steps.ts";

const user = (id: string) => ({ kind: "user", directoryId: "d1", id });

test("a dry run plans what it would do, in order, and does nothing of it", async () => {
  const journal = await boundJournal();
  await append(journal, [makeEvent(1, { name: "dsync.activated" }), makeEvent(2, { user: "u1", second: 1 })]);
  const scan = await beginScan(journal, { cause: "reconcile", isDryRun: true });
  await listDirectory(journal, scan);
  const rows = [listedUser("u1", { state: "inactive" }), listedUser("u2"), listedUser("u3")];
  expect(await listPage(journal, scan, { rows })).toMatchObject({ headSeq: null });
  expect((await journal.status()).headSeq).toBe(2);
  const { scans } = journal;
  const [first, ...others] = await scans.scanPlan(scan.id, 0, 2);
  expect(first).toMatchObject({ number: 1, action: "update", reference: user("u1"), fields: ["state"] });
  expect(others).toMatchObject([{ number: 2, action: "create", reference: user("u2"), fields: [] }]);
  expect(await scans.scanPlan(scan.id, 2, 10)).toMatchObject([{ number: 3, reference: user("u3") }]);
  expect(await scans.conclude(scan, 0)).toBe("complete");
  // It outlives the scan, until there is another one.
  expect(await scans.scanPlan(scan.id, 0, 10)).toHaveLength(3);
  await beginScan(journal, { cause: "reconcile", isDryRun: true });
  expect(await scans.scanPlan(scan.id, 0, 10)).toEqual([]);
});

test("a dry run of everything closes no gap and completes nothing; what it plans, a scan does", async () => {
  const journal = await boundJournal();
  await append(journal, [makeEvent(1, { name: "dsync.activated" })]);
  const { cursor: expectedCursor } = await journal.status();
  await journal.move({ expectedCursor, cursor: null, start: { from: "start" }, gap: "expired", atMs: 0 });
  const standing = async (isDryRun: boolean): Promise<unknown> => {
    await journal.scans.conclude(await beginScan(journal, { cause: "reconcile", isDryRun }), 0);
    const { gaps, mirrorCompleteSinceSeq } = await journal.status();
    return [gaps.length, mirrorCompleteSinceSeq];
  };
  expect(await standing(true)).toEqual([1, null]);
  expect(await standing(false)).toEqual([0, 1]);
});

test("a plan keeps its first ten thousand entries, and counts all", async () => {
  const journal = await boundJournal();
  const scan = await beginScan(journal, { cause: "reconcile", isDryRun: true });
  await listDirectory(journal, scan);
  // The directory is the first.
  await listPage(journal, scan, { rows: Array.from({ length: 10_000 }, (_, index) => listedUser(`u${index}`)) });
  const status = await journal.scans.scanStatus();
  expect([status?.tallies.directory.created, status?.tallies.user.created]).toEqual([1, 10_000]);
  expect(await journal.scans.scanPlan(scan.id, 9_998, 10)).toMatchObject([{ number: 9_999 }, { number: 10_000 }]);
});
