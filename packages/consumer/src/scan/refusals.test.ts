/**
 * Every statement of a scan fails once, as on a disk that is full just then. What was under way has then not happened at all,
 * and done again it comes to the same: no row twice, no deletion that nobody has asked about, nobody counted twice.
 */
import { test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { emptyStateFile } from "../fixtures/fragile-database.ts";
import { append } from "../fixtures/journal-steps.ts";
import { expectEachWholeOrNothing, type Life, type Operation } from "../fixtures/refused-statements.ts";
import { allOld, listedDirectory, listedGroup, listedUser, openScan } from "../fixtures/scan-steps.ts";
import type { Journal } from "../journal/model.ts";
import { held } from "./held-rows.ts";
import type { ListedRow, Reference, ScanRequest } from "./model.ts";
import type { OpenScan, ScanStore } from "./store.ts";

/** A directory with users and a group, one with a user that upstream has no more, and what is told of them later. */
const log = [
  makeEvent(1, { name: "dsync.activated", directory: "d1" }),
  ...["u1", "u2", "u3"].map((user, index) => makeEvent(index + 2, { name: "dsync.user.created", user })),
  makeEvent(5, { name: "dsync.group.created", group: "g1" }),
  makeEvent(6, { name: "dsync.group.user_added", user: "u1", group: "g1" }),
  makeEvent(7, { name: "dsync.activated", directory: "d2" }),
  makeEvent(8, { name: "dsync.user.created", user: "v1", directory: "d2" }),
];

/** Something that the process does that makes a scan. */
const scanning =
  (act: (scans: ScanStore, scan: OpenScan) => Promise<unknown>): Operation =>
  async (journal) =>
    act(journal.scans, await openScan(journal));

const asked =
  (request: ScanRequest): Operation =>
  (journal) =>
    journal.scans.requestScan(request, 20);
const begun = scanning((scans, scan) => scans.begin(scan, 21));

interface Page {
  readonly kind: Reference["kind"];
  readonly rows: readonly ListedRow[];
  readonly after?: string;
}

/** The first list of a kind that is to be read, of d1 or that of directories. */
async function listToRead(scans: ScanStore, scan: OpenScan, kind: Reference["kind"]): Promise<number> {
  const directoryId = kind === "directory" ? null : "d1";
  let list = await scans.nextToRead(scan, directoryId, 0);
  while (list !== null && list.collection.kind !== kind) list = await scans.nextToRead(scan, directoryId, list.number);
  return list?.number ?? 0;
}

const stands = (kind: Reference["kind"]): Operation =>
  scanning(async (scans, scan) => scans.noteFloor(scan, await listToRead(scans, scan, kind), allOld));

const page = ({ kind, rows, after }: Page): Operation =>
  scanning(async (scans, scan) => {
    const collection = await listToRead(scans, scan, kind);
    const release = { kind: "page", collection, rows: rows.map((row) => held(kind, row)), floorSeq: allOld } as const;
    return scans.release(scan, [{ ...release, after: after ?? null }], 22);
  });

/** Searches the next list for what it lacks, and takes in that upstream has none of it; and that this was all. */
const search = (directoryId: string | null): Operation =>
  scanning(async (scans, scan) => {
    const list = await scans.nextToSearch(scan, directoryId, 0);
    if (list === null) return null;
    const { missing } = await scans.search(scan, list.number, "");
    const probes = missing.map((reference) => ({ reference, row: null, floorSeq: allOld }));
    const found = { kind: "probes", collection: list.number, probes } as const;
    return scans.release(scan, [found, { kind: "end", collection: list.number }], 23);
  });

const doubted = scanning(async (scans, scan) => {
  const doubts = await scans.doubts(scan);
  const probes = doubts.map(({ reference }) => ({ reference, row: listedUser("u2"), floorSeq: allOld }));
  return scans.release(scan, [{ kind: "probes", collection: null, probes }], 24);
});

const settled = (directoryId: string): Operation => scanning((scans, scan) => scans.settle(scan, directoryId, 25));
const concluded = scanning((scans, scan) => scans.conclude(scan, 26));

function late(journal: Journal): Promise<unknown> {
  const events = [makeEvent(9, { user: "u2" })];
  return journal.append({ events, late: new Set(["event_000009"]), expectedCursor: "event_000008", receivedAtMs: 2 });
}

async function lost(journal: Journal): Promise<unknown> {
  const { cursor } = await journal.status();
  return journal.move({ expectedCursor: cursor, cursor: null, start: { from: "start" }, gap: "reset", atMs: 30 });
}

/** A life in which everything is done once that a scan may do, and that people may decide about it. */
const life: Life = [
  ["bind", (journal) => journal.bind("https://log.test", { from: "start" })],
  ["append", (journal) => append(journal, log)],
  ["ask for a scan", asked({ cause: "backfill" })],
  ["begin", begun],
  ["note where the directories stand", stands("directory")],
  ["take the directories in", page({ kind: "directory", rows: [listedDirectory()] })],
  ["delete the other one, later", search(null)],
  ["look which are to be scanned", scanning((scans, scan) => scans.directoriesToScan(scan))],
  ["note where the groups stand", stands("group")],
  ["take the groups in", page({ kind: "group", rows: [listedGroup("g1"), listedGroup("g2")] })],
  ["note where the users stand", stands("user")],
  ["take users in", page({ kind: "user", rows: [listedUser("u1", { state: "inactive" })], after: "u1" })],
  ["append late", late],
  ["look whether something is in doubt", (journal) => journal.scans.isInDoubt()],
  ["take more users in", page({ kind: "user", rows: [listedUser("u2"), listedUser("u9")] })],
  ["take the members of the first group in", page({ kind: "membership", rows: [listedUser("u2")] })],
  ["take the members of the other one in", page({ kind: "membership", rows: [] })],
  ["search the first list", search("d1")],
  ["search the second list", search("d1")],
  ["search the third list", search("d1")],
  ["search the fourth list", search("d1")],
  ["ask about what is in doubt", doubted],
  ["look what is to be settled", scanning((scans, scan) => scans.directoriesToSettle(scan))],
  ["weigh", scanning((scans, scan) => scans.weigh(scan, "d1"))],
  ["weigh the other one", scanning((scans, scan) => scans.weigh(scan, "d2"))],
  ["delete", settled("d1")],
  ["find nothing more to delete", settled("d1")],
  ["leave the directory to a person", settled("d2")],
  ["brake", concluded],
  ["look", (journal) => journal.scans.scanStatus()],
  ["approve", async (journal) => journal.scans.approveScan((await openScan(journal)).id, null)],
  ["notice", scanning((scans, scan) => scans.isApproved(scan))],
  ["delete the directory", settled("d2")],
  ["conclude", concluded],
  ["ask for a plan", asked({ cause: "reconcile", isDryRun: true })],
  ["begin the plan", begun],
  ["plan", page({ kind: "directory", rows: [listedDirectory("d1", { name: "Other" }), listedDirectory("d3")] })],
  ["show the plan", async (journal) => journal.scans.scanPlan((await openScan(journal)).id, 0, 10)],
  ["fail", scanning((scans, scan) => scans.fail(scan, "gone", 27))],
  ["look for the newest", (journal) => journal.scans.newestWhole()],
  ["look for a gap", (journal) => journal.scans.gapOpenedAtMs()],
  ["ask once more", asked({ cause: "reconcile", scope: { directoryIds: ["d1"] } })],
  ["begin once more", begun],
  ["lose the log", lost],
  ["begin anew", begun],
  ["discard", async (journal) => journal.scans.discardScan((await openScan(journal)).id, 28)],
];

test("whichever statement the disk refuses, nothing of its transaction is there, and done again it comes to the same", async () => {
  await expectEachWholeOrNothing(life, await emptyStateFile());
});
