/** `checkMirror`: finds whatever is not as the journal says, and raises no alarm about what the journal cannot tell. */
import { describe, expect, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { append, boundJournal, delivered, step } from "../fixtures/journal-steps.ts";
import { makeMirrorLog } from "../fixtures/mirror-log.ts";
import { beginScan, listDirectory, listedUser, listPage } from "../fixtures/scan-steps.ts";
import { seededRandom } from "../fixtures/seeded-random.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Journal } from "../journal/model.ts";
import { connect } from "../journal/sqlite.ts";
import { checkMirror } from "./open.ts";

/** `npm run test:fault` sets it to 120. */
const seeds = Number(process.env["DIRSYNC_TEST_SEEDS"] ?? 8);

const company = [
  makeEvent(1, { name: "dsync.activated" }),
  makeEvent(2, { name: "dsync.user.created", user: "u1" }),
  makeEvent(3, { name: "dsync.user.created", user: "u2" }),
  makeEvent(4, { name: "dsync.group.created", group: "g1" }),
  makeEvent(5, { name: "dsync.group.user_added", user: "u1", group: "g1" }),
  makeEvent(6, { name: "dsync.user.deleted", user: "u2" }),
];

/** Changes the file behind everybody's back. */
function damage(path: string, sql: string): void {
  const database = connect(path, { busyTimeoutMs: 1_000 });
  expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
  database.close();
}

async function withCompany(): Promise<{ path: string; journal: Journal }> {
  const path = newStateFile();
  const journal = await boundJournal(path);
  await append(journal, company);
  return { path, journal };
}

test("says how far it has come, because a million events take a minute", async () => {
  const path = newStateFile();
  await append(await boundJournal(path), makeLog(1, 2_500));
  const told: number[] = [];
  await checkMirror(path, (events) => void told.push(events));
  expect(told).toEqual([1_000, 2_000]);
});

/** Every sink has finished everything, so that it may be forgotten and purged. */
async function finishAll(journal: Journal): Promise<void> {
  const { headSeq } = await journal.status();
  const { lowSeq } = await journal.addSink("app");
  const seqs = Array.from({ length: headSeq - lowSeq }, (_, index) => lowSeq + 1 + index);
  await step(journal, { finished: seqs.map(delivered), lowSeq: headSeq });
}

describe("a mirror that is what its journal says", () => {
  test("is found to be so, with how much was compared", async () => {
    const { path } = await withCompany();
    await expect(checkMirror(path)).resolves.toEqual({
      events: 6,
      compared: 5,
      untold: 0,
      differences: 0,
      found: [],
    });
  });

  test.each(Array.from({ length: seeds }, (_, index) => index + 1))(
    "raises no alarm, whatever was read late, purged, forgotten and swept (seed %i)",
    async (seed) => {
      const random = seededRandom(seed);
      const log = makeMirrorLog({ random, events: 60, manner: "any" });
      const late = log.filter(() => random() < 0.1);
      const path = newStateFile();
      const journal = await boundJournal(path);
      const inTime = log.filter((event) => !late.includes(event));
      for (let first = 0; first < inTime.length; first += 20) {
        await append(journal, inTime.slice(first, first + 20));
        // What is read again brings what is late with it.
        const read = log.findIndex(({ id }) => id === inTime[first]?.id) + 1;
        if (random() < 0.7) await append(journal, log.slice(0, read));
        const purge = () => journal.purge({ userId: `d1.u${Math.ceil(random() * 4)}` });
        // What sinks have still to get stays.
        if (random() < 0.3) await purge();
        await finishAll(journal);
        if (random() < 0.5) await purge();
        if (random() < 0.5) await journal.prune(1, Math.ceil(random() * 10));
        while (await journal.sweep(100));
        expect(await checkMirror(path)).toMatchObject({ differences: 0 });
      }
    },
  );

  test("is one also where a scan has made the events", async () => {
    const { path, journal } = await withCompany();
    const scan = await beginScan(journal);
    await listDirectory(journal, scan);
    await listPage(journal, scan, { rows: [listedUser("u1", { state: "inactive" }), listedUser("u3")] });
    await expect(checkMirror(path)).resolves.toMatchObject({ events: 8, differences: 0, untold: 0 });
  });
});

describe("(control) a mirror that somebody has changed", () => {
  const user = { kind: "user", directoryId: "d1", id: "u1" };
  test.each<readonly [string, string, object]>([
    [
      "a user",
      "UPDATE mirror_user SET body = json_set(body, '$.state', 'x') WHERE id = 'u1'",
      { reference: user, problem: "other" },
    ],
    ["an address", "UPDATE mirror_user SET email = 'x@y.z' WHERE id = 'u1'", { reference: user, problem: "other" }],
    [
      "which event a user is by",
      "UPDATE mirror_user SET seq = 3 WHERE id = 'u1'",
      { reference: user, problem: "other" },
    ],
    [
      "who is gone",
      "UPDATE mirror_user SET body = '{}' WHERE id = 'u2'",
      { reference: { ...user, id: "u2" }, problem: "extra" },
    ],
    [
      "a group",
      "DELETE FROM mirror_group",
      { reference: { kind: "group", directoryId: "d1", id: "g1" }, problem: "missing" },
    ],
    [
      "a membership",
      "UPDATE mirror_membership SET is_member = 0",
      { reference: { kind: "membership", directoryId: "d1", groupId: "g1", userId: "u1" }, problem: "missing" },
    ],
  ])("is found out by %s", async (_what, sql, difference) => {
    const { path } = await withCompany();
    damage(path, sql);
    const check = await checkMirror(path);
    expect(check.found).toContainEqual(difference);
    expect(check).toMatchObject({ differences: 1, untold: 0 });
  });

  test("is found out by everything in a directory that was ended", async () => {
    const { path } = await withCompany();
    damage(path, "UPDATE mirror_directory SET body = NULL");
    const { found } = await checkMirror(path);
    expect(found.map(({ reference, problem }) => `${problem} ${reference.kind}`)).toEqual([
      "missing directory",
      "missing user",
      "missing group",
      "missing membership",
    ]);
  });

  test("is found out where the event is left, and not judged where it was forgotten", async () => {
    const { path, journal } = await withCompany();
    await finishAll(journal);
    await append(journal, [makeEvent(7, { user: "u3" })]);
    await journal.prune(1, 6);
    await expect(checkMirror(path)).resolves.toMatchObject({ differences: 0 });
    damage(path, "UPDATE mirror_user SET body = '{}' WHERE id IN ('u1', 'u3')");
    const { found, untold } = await checkMirror(path);
    expect(found).toEqual([{ reference: { ...user, id: "u3" }, problem: "other" }]);
    expect(untold).toBeGreaterThan(0);
  });
});
