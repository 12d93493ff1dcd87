import { describe, expect, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { ingestRig } from "../fixtures/ingest-rig.ts";
import { openMirror } from "../mirror/open.ts";
import { holdJournal, newStateFile } from "../fixtures/state-file.ts";
import { hourMs, ids, idsIn, later, resumed } from "../fixtures/resumed-rig.ts";

describe("events that come late", () => {
  test("with an old time behind the cursor are taken in their place, and flagged", async () => {
    const old = makeEvent(99, { second: -7_200 });
    const { journal, run, facts } = await resumed(1, { log: [...makeLog(1, 5), old, ...later(0, 6, 7)] });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), [old], later(0, 6, 7)));
    expect(facts).toEqual([{ kind: "late", count: 1 }]);
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000007", gaps: [] });
  });

  test("before the cursor are found within minutes, taken at the end, and flagged", async () => {
    const { journal, source, runFor, facts, clock } = await ingestRig({ log: makeLog(1, 5) });
    const late = makeEvent(99, { second: 4 });
    void clock.runtime.sleep(60_000).then(() => source.log.splice(3, 0, late));
    await runFor(hourMs);
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), [late]));
    expect(facts).toEqual([{ kind: "late", count: 1 }]);
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000005", gaps: [] });
  });

  test("before the cursor are found although the clock is set back by a day, and so is the end noted", async () => {
    const { journal, source, runFor, facts, clock } = await ingestRig({ log: makeLog(1, 5) });
    let behindMs = 0;
    const late = makeEvent(99, { second: 4 });
    void clock.runtime.sleep(30_000).then(() => (behindMs = 24 * hourMs));
    void clock.runtime.sleep(60_000).then(() => source.log.splice(3, 0, late));
    const runtime = { ...clock.runtime, now: () => clock.runtime.now() - behindMs };
    await runFor(hourMs, { runtime });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), [late]));
    expect(facts).toEqual([{ kind: "late", count: 1 }]);
    const { caughtUpAtMs } = await journal.status();
    expect(Math.abs(runtime.now() - (caughtUpAtMs ?? 0))).toBeLessThan(10_000);
  });

  test.each([
    ["before the end of what they are about do not bring it back", 2, []],
    ["behind the end of what they are about bring it back", 4, ["u1"]],
  ])("and stand %s, in the mirror", async (_what, index, users) => {
    const path = newStateFile();
    const log = makeLog(1, 6).map((event, at) =>
      at === 2 ? makeEvent(3, { user: "u1", name: "dsync.user.deleted" }) : event,
    );
    const { source, runFor, clock } = await ingestRig({ log, journal: await holdJournal(path) });
    const late = makeEvent(99, { second: 5 });
    void clock.runtime.sleep(60_000).then(() => source.log.splice(index, 0, late));
    await runFor(hourMs);
    const mirror = await openMirror(path);
    const found = (await mirror.user("u1")) === null ? [] : ["u1"];
    await mirror.close();
    expect(found).toEqual(users);
  });

  test("(control) are not looked for among what was before the beginning", async () => {
    // Made in the same moment as the first that was to be read, and standing before it.
    const twin = makeEvent(50, { second: 6 });
    const { journal, runFor, facts } = await ingestRig({ log: [...makeLog(1, 4), twin, ...makeLog(5, 9)] });
    await runFor(hourMs, { start: { from: "event", id: "event_000005" } });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(6, 9)));
    expect(facts).toEqual([]);
  });
});
