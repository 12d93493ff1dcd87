/** What is here and not upstream: looked for, asked about, deleted, or held until a person decides. */
import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { allOld, beginScan, listDirectory, listedUser, listPage } from "../fixtures/scan-steps.ts";
import type { Journal } from "../journal/model.ts";
import type { ScanRequest } from "./model.ts";
import type { OpenScan, Searched } from "./store.ts";

interface Company {
  readonly journal: Journal;
  readonly scan: OpenScan;
}

/** A directory with users `u1` to `u<count>`, of whom the list shows those from `shownFrom` on. */
async function company(count: number, shownFrom: number, request?: ScanRequest): Promise<Company> {
  const journal = await boundJournal();
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const events = numbers.map((number) => makeEvent(number + 1, { user: `u${number}`, second: 1 }));
  await append(journal, [makeEvent(1, { name: "dsync.activated" }), ...events]);
  const scan = await beginScan(journal, request);
  await listDirectory(journal, scan);
  await listPage(journal, scan, { rows: numbers.slice(shownFrom - 1).map((number) => listedUser(`u${number}`)) });
  return { journal, scan };
}

/** Has the service say of everybody who is missing that it has no such user, and returns how many that were. */
async function askedInVain({ journal: { scans }, scan }: Company, floorSeq = allOld): Promise<number> {
  const list = await scans.nextToSearch(scan, "d1", 0);
  if (list === null) return 0;
  let asked = 0;
  for (let place: string | null = ""; place !== null;) {
    const { missing, after }: Searched = await scans.search(scan, list.number, place);
    place = after;
    asked += missing.length;
    const probes = missing.map((reference) => ({ reference, row: null, floorSeq }));
    await scans.release(scan, [{ kind: "probes", collection: list.number, probes }], 0);
  }
  return asked;
}

async function settled({ journal: { scans }, scan }: Company): Promise<string> {
  await scans.weigh(scan, "d1");
  for (;;) {
    const { outcome } = await scans.settle(scan, "d1", 0);
    if (outcome !== "more") return outcome;
  }
}

async function deleted({ journal }: Company): Promise<number | undefined> {
  return (await journal.scans.scanStatus())?.tallies.user.deleted;
}

describe("whoever is here and was not listed", () => {
  test("is asked for, and nobody else is", async () => {
    const one = await company(30, 26);
    expect(await askedInVain(one)).toBe(25);
    expect(await deleted(one)).toBe(0);
  });

  test("is not asked for when the log has told of it since the list was begun", async () => {
    const journal = await boundJournal();
    await append(journal, [makeEvent(1, { name: "dsync.activated" }), makeEvent(2, { user: "u1" })]);
    const scan = await beginScan(journal);
    await listDirectory(journal, scan);
    await listPage(journal, scan, { rows: [], floorSeq: 1 });
    expect(await askedInVain({ journal, scan })).toBe(0);
  });

  test("is deleted once the service does not know it, by one event each", async () => {
    const one = await company(30, 3);
    await askedInVain(one);
    expect(await settled(one)).toBe("done");
    expect(await deleted(one)).toBe(2);
    await one.journal.addSink("app");
    const events = await one.journal.read("app", 31, 10);
    expect(events.map(({ event: { event, data } }) => [event, data["id"]])).toEqual([
      ["dsync.user.deleted", "u1"],
      ["dsync.user.deleted", "u2"],
    ]);
  });

  test("stays when the log says meanwhile that it is there", async () => {
    const one = await company(3, 2);
    await askedInVain(one, 4);
    await append(one.journal, [makeEvent(9, { user: "u1" })]);
    expect(await settled(one)).toBe("done");
    expect(await deleted(one)).toBe(0);
  });
});

describe("deletions", () => {
  test.each([
    ["50 of 60, because that few are nobody's loss", 60, 51, "done"],
    ["51 of 600, a small part", 600, 52, "done"],
    ["51 of 510, which is a tenth", 510, 52, "done"],
    ["51 of 509, which is more than a tenth", 509, 52, "braked"],
    ["51 of 60", 60, 52, "braked"],
    ["all of 3", 3, 4, "braked"],
  ])("of %s: %j users, listed from %j on, are %s", async (_what, count, shownFrom, outcome) => {
    const one = await company(count, shownFrom);
    await askedInVain(one);
    expect(await settled(one)).toBe(outcome);
    expect(await deleted(one)).toBe(outcome === "done" ? shownFrom - 1 : 0);
  });

  test("that wait go on once a person says so, for the directory that was named", async () => {
    const one = await company(3, 4);
    await askedInVain(one);
    await settled(one);
    const { scans } = one.journal;
    expect(await scans.conclude(one.scan, 0)).toBe("braked");
    await expect(scans.approveScan(one.scan.id, "d2")).rejects.toMatchObject({ code: "missing" });
    expect(await scans.isApproved(one.scan)).toBe(false);
    await scans.approveScan(one.scan.id, "d1");
    expect(await scans.isApproved(one.scan)).toBe(true);
    expect(await settled(one)).toBe("done");
    expect(await deleted(one)).toBe(3);
    expect(await scans.conclude(one.scan, 0)).toBe("complete");
  });

  test("of a directory wait for a person when it has users, however few, and not when it has none", async () => {
    for (const [facts, outcome] of [
      [[makeEvent(2, { user: "u1", second: 1 })], "braked"],
      [[], "done"],
    ] as const) {
      const journal = await boundJournal();
      await append(journal, [makeEvent(1, { name: "dsync.activated" }), ...facts]);
      const scan = await beginScan(journal);
      await listPage(journal, scan, { rows: [], directoryId: null });
      const list = await journal.scans.nextToSearch(scan, null, 0);
      const reference = { kind: "directory", id: "d1" } as const;
      const probes = [{ reference, row: null, floorSeq: allOld }];
      await journal.scans.release(scan, [{ kind: "probes", collection: list?.number ?? 0, probes }], 0);
      expect(await settled({ journal, scan })).toBe(outcome);
      const tallies = (await journal.scans.scanStatus())?.tallies;
      expect(tallies?.directory.deleted).toBe(outcome === "done" ? 1 : 0);
    }
  });

  test("are planned by a dry run however many they are: nobody loses anything by it", async () => {
    const one = await company(60, 52, { cause: "reconcile", isDryRun: true });
    await askedInVain(one);
    expect(await settled(one)).toBe("done");
    const { scans } = one.journal;
    expect(await scans.conclude(one.scan, 0)).toBe("complete");
    const plan = await scans.scanPlan(one.scan.id, 0, 100);
    expect(plan.map(({ action }) => action)).toEqual(Array.from({ length: 51 }, () => "delete"));
    expect((await one.journal.status()).headSeq).toBe(61);
  });
});
