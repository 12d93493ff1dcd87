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
