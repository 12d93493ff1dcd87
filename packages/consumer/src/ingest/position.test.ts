import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeLog } from "../fixtures/events.ts";
import { ingestRig } from "../fixtures/ingest-rig.ts";
import { seqs, step } from "../fixtures/journal-steps.ts";
import { badRequest, beginMs, dayMs, hourMs, ids, idsIn, later, readBefore, resumed } from "../fixtures/resumed-rig.ts";
import type { UnknownCursor } from "../fixtures/scripted-source.ts";

const untouched = { cursor: "event_000005", headSeq: 5, gaps: [] };

describe("a cursor that upstream refuses", () => {
  test("is renewed without a gap when it is older than what upstream keeps and nothing has come since", async () => {
    const journal = await readBefore();
    await (await resumed(25, { log: makeLog(1, 5), journal })).run({ once: true });
    const { run, clock, facts, source } = await resumed(31, { log: [], journal });
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ cursor: null, headSeq: 5, gaps: [] });
    expect(facts).toEqual([]);
    expect(clock.messages("error")).toEqual([]);
    source.log.push(...later(31, 6, 7));
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 7)));
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000007", gaps: [] });
  });

  test("(control) opens a gap when the end of the log was last seen before that time", async () => {
    const { journal, run, facts, clock } = await resumed(40, { log: later(12, 8, 9) });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(12, 8, 9)));
    const gap = { reason: "expired", fromCursor: "event_000005", verifiedThroughAtMs: beginMs };
    const { gaps } = await journal.status();
    expect(gaps).toMatchObject([gap]);
    expect(gaps[0]?.resumedAtMs).toBeGreaterThanOrEqual(gaps[0]?.openedAtMs ?? Number.NaN);
    expect(facts).toEqual([{ kind: "gap", reason: "expired", fromCursor: "event_000005" }]);
    expect(clock.messages("error")).toEqual(["upstream may have lost events that were never read: a gap is on record"]);
  });

  test("opens a gap, too, when upstream has something that was made before its end was seen and that we never saw", async () => {
    const journal = await readBefore();
    await (await resumed(25, { log: makeLog(1, 5), journal })).run({ once: true });
    const { run } = await resumed(31, { log: later(20, 6, 6), journal });
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 6, gaps: [{ reason: "expired" }] });
  });

  test("is renewed from the event before it when only that one was taken out", async () => {
    const log = [...makeLog(1, 4), ...later(1, 6, 8)];
    const { journal, run } = await resumed(1, { log });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(1, 6, 8)));
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000008", gaps: [] });
  });

  test("(control) opens a gap when more was taken out: that log was put back to an earlier state", async () => {
    const log = [...makeLog(1, 2), ...later(1, 6, 8)];
    const { journal, run } = await resumed(1, { log });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(1, 6, 8)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "rolled_back" }] });
  });

  test("that is only refused once is kept", async () => {
    const { journal, source, run, facts, clock } = await resumed(1, { log: [...makeLog(1, 5), ...later(1, 6, 6)] });
    source.fail(badRequest("Event event_000005 not found"));
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000006", gaps: [] });
    expect(facts).toEqual([]);
    expect([...clock.messages("warn"), ...clock.messages("info")]).toEqual([expect.stringContaining("once more")]);
  });

  test("leaves a gap that lasts until something behind it was read", async () => {
    const journal = await readBefore();
    await journal.addSink("app");
    await step(journal, { lowSeq: 5 });
    await journal.prune(beginMs + 10 * dayMs, 100);
    const { source, run } = await resumed(10, { log: makeLog(1, 4), journal });
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 5, gaps: [{ resumedAtMs: null }] });
    source.log.push(...later(10, 6, 6));
    await run({ once: true });
    const { gaps } = await journal.status();
    expect(gaps[0]?.resumedAtMs).toBeGreaterThanOrEqual(gaps[0]?.openedAtMs ?? Number.NaN);
  });

  test("while the log is read does not stop it: a gap is opened, and what there is goes on", async () => {
    const { source, journal, runFor, clock } = await ingestRig({ log: makeLog(1, 5) });
    void clock.runtime.sleep(60_000).then(() => source.log.splice(0, 5, ...later(0, 100, 103, "d7")));
    await runFor(300_000);
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(0, 100, 103)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "reset" }] });
  });

  test("and was lost again opens another gap, and no more than that", async () => {
    const { source, journal, runFor, clock } = await ingestRig({ log: makeLog(1, 5) });
    void clock.runtime.sleep(60_000).then(() => source.log.splice(0, 5, ...later(0, 100, 103)));
    void clock.runtime.sleep(600_000).then(() => source.log.splice(0, 4, ...later(0, 900, 901)));
    await runFor(hourMs);
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(0, 100, 103), later(0, 900, 901)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "reset" }, { reason: "reset" }] });
  });
});

describe("a configuration that is wrong leaves the position as it is", () => {
  test("when the service refuses everything", async () => {
    const { journal, source, run, facts } = await resumed(1, { log: makeLog(1, 5) });
    source.fail(badRequest(), 9);
    await expect(run()).rejects.toMatchObject({ status: 400 });
    await expect(journal.status()).resolves.toMatchObject(untouched);
    expect(source.reads).toHaveLength(2);
    expect(facts).toEqual([]);
  });

  test("when the service refuses everything after it has answered, until somebody mends it", async () => {
    const { journal, source, runFor } = await resumed(1, { log: makeLog(1, 5) });
    source.next(() => source.pageAfter("event_000005")).fail(badRequest(), 9);
    void source.log.push(...later(1, 6, 6));
    await runFor(2 * hourMs);
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000006", gaps: [] });
  });

  test.each<[string, UnknownCursor, readonly DirectoryEvent[]]>([
    ["another environment's, which refuses the cursor", "refused", later(0, 3, 9, "other")],
    ["another environment's, with newer events", "refused", later(1, 6, 9, "other")],
    ["another environment's, which starts again without a word", "restarted", later(0, 3, 9, "other")],
    ["another environment's without a word, and with newer events", "restarted", later(1, 6, 9, "other")],
    ["one without any event", "refused", []],
  ])("when the log is %s", async (_name, unknownCursor, events) => {
    const log = events.map((event) => ({ ...event, id: `other_${event.id}` }));
    const { journal, run } = await resumed(1, { log, unknownCursor });
    const running = run({ once: true });
    await expect(running).rejects.toMatchObject({ code: "unknown_log", retryable: false });
    await expect(running).rejects.toThrow(/https:\/\/log\.test.*event_000005.*another environment.*state file/);
    await expect(journal.status()).resolves.toMatchObject(untouched);
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5)));
  });

  test("(control) but one with a directory of ours is ours, and its loss is a gap", async () => {
    const { journal, run } = await resumed(1, { log: later(1, 6, 9, "d1") });
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 9, gaps: [{ reason: "reset" }] });
  });

  test("when the start is an event that never was", async () => {
    const { journal, run } = await ingestRig({ log: makeLog(1, 5) });
    const running = run({ once: true, start: { from: "event", id: "event_9" } });
    await expect(running).rejects.toMatchObject({ name: "ConfigError", where: "start" });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 0, gaps: [] });
  });
});

describe("a log that starts again without a word", () => {
  test("is seen through when it still has the cursor: its list is followed, and nothing is taken twice", async () => {
    const log = [...makeLog(1, 5), ...later(0, 6, 8)];
    const { source, journal, run, clock } = await resumed(1, { log });
    source.next(() => ({ events: log.slice(0, 3), hasMore: true }));
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(log));
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000008", gaps: [] });
    expect(clock.messages("warn")).toContain("upstream did not go on from the cursor; its list does, and was followed");
  });

  test("is seen through, too, when what it begins with was made just before the cursor and is forgotten here already", async () => {
    const forgetful = await readBefore();
    await forgetful.addSink("app");
    await step(forgetful, { lowSeq: 5 });
    await expect(forgetful.prune(beginMs + 10 * dayMs, 100)).resolves.toBe(4);
    const log = [...makeLog(1, 5), ...later(0, 6, 8)];
    const { source, journal, run } = await resumed(1, { log, journal: forgetful });
    // The first page is looked at, because it is the first. The one that starts again comes when all is well.
    source
      .next(() => ({ events: log.slice(5, 7), hasMore: true }))
      .next(() => ({ events: log.slice(4, 7), hasMore: true }));
    source.next(() => ({ events: log.slice(0, 3), hasMore: true }));
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(5, 5), later(0, 6, 8)));
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000008", gaps: [] });
  });

  test("goes on, too, when it lists one event a page: such a list cannot tell what follows the cursor", async () => {
    const log = [...makeLog(1, 5), ...later(0, 6, 8)];
    const { journal, run } = await resumed(1, { log, pageSize: 1 });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(log));
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000008", gaps: [] });
  });

  test("is not followed when it has the cursor and nothing new: it is asked again, ever more slowly", async () => {
    const { source, journal, runFor, appended } = await resumed(1, { log: makeLog(1, 5) });
    source.next(() => source.pageAfter("event_000005"));
    for (let round = 0; round < 5; round += 1) {
      source.next(() => ({ events: makeLog(1, 2), hasMore: true })).next(() => source.pageAfter(null));
    }
    await runFor(2 * hourMs);
    await expect(journal.status()).resolves.toMatchObject(untouched);
    expect(appended).toEqual([]);
  });

  test("is another log when it no longer has the cursor: a gap is opened", async () => {
    const { journal, run } = await resumed(1, { log: later(0, 8, 9), unknownCursor: "restarted" });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(0, 8, 9)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "reset" }] });
  });

  test("does not repeat what was forgotten here since", async () => {
    const journal = await readBefore();
    await journal.addSink("app");
    await step(journal, { lowSeq: 5 });
    await expect(journal.prune(beginMs + 10 * dayMs, 100)).resolves.toBe(4);
    const log = [...makeLog(1, 4), ...later(9, 6, 8)];
    const { run } = await resumed(10, { log, journal, unknownCursor: "restarted" });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(5, 5), later(9, 6, 8)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "rolled_back" }] });
  });

  test("after a stay away of weeks is looked at, although its events are all new", async () => {
    const { journal, run } = await resumed(40, { log: later(12, 8, 9), unknownCursor: "restarted" });
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 7, gaps: [{ reason: "expired" }] });
  });

  test("(control) is not suspected when it goes on as it should", async () => {
    const { journal, run, clock } = await resumed(20, { log: [...makeLog(1, 5), ...later(12, 6, 9)] });
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 9, gaps: [] });
    expect(clock.messages("warn")).toEqual([]);
  });
});

describe("a log that says nothing", () => {
  test("is believed when its list has nothing behind the cursor either, for weeks", async () => {
    const { journal, source, runFor, facts, clock } = await resumed(1, { log: makeLog(1, 5) });
    await runFor(20 * dayMs, { pollMs: hourMs });
    await expect(journal.status()).resolves.toMatchObject(untouched);
    expect(facts).toEqual([]);
    expect([...clock.messages("warn"), ...clock.messages("error")]).toEqual([]);
    expect(source.reads.length).toBeLessThan(20 * 24 * 2 + 50);
  });

  test("is not believed when its list has more", async () => {
    const { journal, run } = await resumed(1, { log: [...makeLog(1, 5), ...later(0, 6, 7)] }).then((rig) => {
      rig.source.next(() => ({ events: [], hasMore: false }));
      return rig;
    });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 7)));
  });

  test("because it has forgotten the cursor, and has more since, is a gap", async () => {
    const { journal, run } = await resumed(1, { log: later(0, 8, 9), unknownCursor: "empty" });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(0, 8, 9)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "reset" }] });
  });

  test("for longer than upstream keeps events is still no gap, and the next event is read", async () => {
    const { journal, source, runFor, facts, clock } = await resumed(1, { log: makeLog(1, 5) });
    void clock.runtime.sleep(30 * dayMs).then(() => source.log.splice(0, 5));
    void clock.runtime.sleep(70 * dayMs).then(() => source.log.push(...later(71, 6, 6)));
    await runFor(72 * dayMs, { pollMs: hourMs });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 6)));
    expect(facts).toEqual([]);
    // What is asked for stays within what one request may cover.
    const oldest = source.reads.at(-40)?.start;
    expect(oldest).toMatchObject({ from: "time" });
  });
});

test("a page after the cursor that is all known is not delivered again", async () => {
  const { source, journal, runFor, appended } = await ingestRig({ log: makeLog(1, 5) });
  const rightly = source.pageAfter.bind(source);
  let times = 3;
  source.pageAfter = (after, start) => {
    if (after !== "event_000005" || times === 0) return rightly(after, start);
    times -= 1;
    return { events: makeLog(2, 4), hasMore: false };
  };
  await runFor(hourMs);
  expect(times).toBe(0);
  expect(appended).toEqual([5]);
  await journal.addSink("app");
  await expect(seqs(journal)).resolves.toEqual([1, 2, 3, 4, 5]);
});

test("an upstream that does not list by time is believed, but not when it starts again", async () => {
  const { source, journal, runFor } = await resumed(1, { log: [...makeLog(1, 5), ...later(0, 6, 9)], pageSize: 2 });
  const rightly = source.pageAfter.bind(source);
  let times = 2;
  source.pageAfter = (after, start) => {
    if (after === null && start?.from === "time") throw badRequest("range_start is no parameter");
    if (after !== "event_000005" || times === 0) return rightly(after, start);
    times -= 1;
    return rightly(null);
  };
  await runFor(hourMs);
  await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 9)));
  await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000009", gaps: [] });
});
