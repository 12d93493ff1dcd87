/** What a page does to the mirror, row by row: `judge`, and `Known`, which it asks. */
import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import {
  beginScan,
  listDirectory,
  listedDirectory,
  listedGroup,
  listedUser,
  listPage,
} from "../fixtures/scan-steps.ts";
import type { Journal } from "../journal/model.ts";
import type { ListedRow } from "./model.ts";
import type { OpenScan } from "./store.ts";

const directory = makeEvent(1, { name: "dsync.activated" });
const ada = makeEvent(2, { user: "u1", second: 1 });

interface Started {
  readonly journal: Journal;
  readonly scan: OpenScan;
}

async function started(...events: readonly ReturnType<typeof makeEvent>[]): Promise<Started> {
  const journal = await boundJournal();
  if (events.length > 0) await append(journal, events);
  const scan = await beginScan(journal);
  await listDirectory(journal, scan);
  return { journal, scan };
}

/** What the newest scan has come to, of users. */
async function users(journal: Journal): Promise<object | undefined> {
  const status = await journal.scans.scanStatus();
  return { ...status?.tallies.user, overtaken: status?.overtaken };
}

async function madeAfter(journal: Journal, seq: number): Promise<readonly string[]> {
  await journal.addSink("app");
  const events = await journal.read("app", seq, 100);
  return events.map(({ event }) => `${event.event} ${JSON.stringify(event.data["previous_attributes"] ?? null)}`);
}

describe("a listed user", () => {
  test.each<readonly [string, ListedRow, readonly string[]]>([
    ["that is as it was makes no event", listedUser("u1"), []],
    ["in another order makes none", Object.fromEntries(Object.entries(listedUser("u1")).reverse()) as ListedRow, []],
    [
      "that is another makes one, with what it was",
      listedUser("u1", { state: "inactive" }),
      ['dsync.user.updated {"state":"active"}'],
    ],
    ["that is not known makes one", listedUser("u2"), ["dsync.user.created null"]],
  ])("%s", async (_what, row, made) => {
    const { journal, scan } = await started(directory, ada);
    await listPage(journal, scan, { rows: [row], after: "more" });
    expect(await madeAfter(journal, 2)).toEqual(made);
  });

  test.each([
    ["first", ["u1", "u2", "u3"], "u1"],
    ["last", ["u1", "u2", "u3"], "u3"],
    ["between those who come later in the order", ["u3", "u2", "u1"], "u2"],
    ["of ids that SQLite has in another order", ["u\u{ff5e}", "u\u{10000}"], "u\u{10000}"],
  ])("that is known is found %s among those who are not", async (_where, ids, known) => {
    const { journal, scan } = await started(directory, makeEvent(2, { user: known, second: 1 }));
    const rows = ids.map((id) => listedUser(id, id === known ? { state: "inactive" } : {}));
    await listPage(journal, scan, { rows, after: "more" });
    expect(await users(journal)).toMatchObject({ created: ids.length - 1, updated: 1 });
  });

  test("of whom the log has told behind the floor is left as the log says", async () => {
    const { journal, scan } = await started(directory, ada);
    await listPage(journal, scan, { rows: [listedUser("u1", { state: "inactive" })], floorSeq: 1, after: "more" });
    expect(await users(journal)).toMatchObject({ updated: 0, overtaken: 1 });
    expect(await madeAfter(journal, 2)).toEqual([]);
  });

  test("whose directory has ended behind the floor is left out", async () => {
    const { journal, scan } = await started(directory, ada, makeEvent(3, { name: "dsync.deleted" }));
    await listPage(journal, scan, { rows: [listedUser("u2")], floorSeq: 2, after: "more" });
    expect(await users(journal)).toMatchObject({ created: 0, overtaken: 1 });
  });

  test("whom only a membership has brought was never told of, and is", async () => {
    const { journal, scan } = await started(directory, makeEvent(2, { name: "dsync.group.user_added", second: 1 }));
    await listPage(journal, scan, { rows: [listedUser("u1")], after: "more" });
    expect(await madeAfter(journal, 2)).toEqual(["dsync.user.created null"]);
  });

  test("that a list shows twice counts once", async () => {
    const { journal, scan } = await started(directory);
    const rows = [listedUser("u1"), listedUser("u1"), listedUser("ü\u0000\u{1f600}")];
    expect(await listPage(journal, scan, { rows, after: "more" })).toEqual({ fresh: 2, headSeq: 3 });
    expect(await listPage(journal, scan, { rows, after: "more" })).toEqual({ fresh: 0, headSeq: null });
    expect(await users(journal)).toMatchObject({ listed: 2, created: 2 });
  });
});

test("a member of a group that is known becomes one by an event with both", async () => {
  const group = makeEvent(2, { name: "dsync.group.created", second: 1 });
  const { journal, scan } = await started(directory, group, makeEvent(3, { user: "u1", second: 1 }));
  await listPage(journal, scan, { rows: [listedGroup("g1")], kind: "group" });
  await listPage(journal, scan, { rows: [listedUser("u1")], kind: "membership" });
  await journal.addSink("app");
  const [event, ...others] = (await journal.read("app", 3, 10)).map(({ event: { event: name, data } }) => ({
    name,
    data,
  }));
  expect(others).toEqual([]);
  expect(event).toMatchObject({
    name: "dsync.group.user_added",
    data: { user: { id: "u1" }, group: { id: "g1", name: "Group" } },
  });
});

test("a directory that is not connected is not told of, and one that is called otherwise is", async () => {
  const { journal, scan } = await started();
  expect(await madeAfter(journal, 0)).toEqual(["dsync.activated null"]);
  const again = await journal.scans.open();
  expect(again?.id).toBe(scan.id);
  await journal.scans.discardScan(scan.id, 0);
  const next = await beginScan(journal);
  await listPage(journal, next, {
    rows: [listedDirectory("d2", { state: "validating" }), listedDirectory("d1", { name: "Renamed" })],
    directoryId: null,
  });
  expect(await madeAfter(journal, 1)).toEqual(["dsync.activated null"]);
  expect((await journal.scans.scanStatus())?.tallies.directory).toMatchObject({ created: 0, updated: 1 });
});
