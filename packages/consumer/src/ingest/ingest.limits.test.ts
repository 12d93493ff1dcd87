import { describe, expect, test } from "vitest";
import { makeLog } from "../fixtures/events.ts";
import { ingestRig } from "../fixtures/ingest-rig.ts";
import { bumpEpoch, holdJournal, holdLimitedJournal, newStateFile } from "../fixtures/state-file.ts";
import { BackPressure } from "./back-pressure.ts";
import { connect } from "../journal/sqlite.ts";

describe("storage that refuses", () => {
  test("holds a page until there is space; it is not read again, and no event is lost", async () => {
    const { journal, database } = await holdLimitedJournal();
    const { source, runFor, clock, facts } = await ingestRig({ log: makeLog(1, 300), journal, pageSize: 300 });
    const pages = Number(database.pragma("page_count", { simple: true }));
    database.pragma(`max_page_count = ${pages + 1}`);
    void clock.runtime.sleep(20_000).then(() => database.pragma("max_page_count = 100000"));
    await runFor(60_000);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 300 });
    expect(source.reads.filter(({ after }) => after === null)).toHaveLength(1);
    expect(clock.messages("error")).toEqual(["the state file refuses writes; waiting"]);
    expect(clock.messages("info")).toContain("the state file takes writes again");
    expect(facts).toEqual([true, false].map((isRefused) => ({ kind: "storage", who: "stream", isRefused })));
  });

  test("for a moment, because a visitor writes, is no reason to fail at the start", async () => {
    const path = newStateFile();
    const journal = await holdJournal(path);
    const visitor = connect(path, { busyTimeoutMs: 0 });
    visitor.exec("BEGIN IMMEDIATE");
    const { run, clock } = await ingestRig({ log: makeLog(1, 3), journal });
    void clock.runtime.sleep(1_200).then(() => visitor.exec("ROLLBACK"));
    await run({ once: true });
    visitor.close();
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
  });

  test("for good, because another process has taken over, ends the loop", async () => {
    const path = newStateFile();
    const journal = await holdJournal(path);
    const { run, source } = await ingestRig({ log: makeLog(1, 3), journal });
    source.next(() => {
      bumpEpoch(path);
      return source.pageAfter(null);
    });
    await expect(run()).rejects.toMatchObject({ code: "fenced" });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 0 });
  });
});

describe("a sink that is far behind", () => {
  test("stops the reading, which says so once and goes on when the sink has caught up", async () => {
    const { source, journal, runFor, clock } = await ingestRig({ log: makeLog(1, 500), pageSize: 10 });
    let low = 0;
    void clock.runtime.sleep(30_000).then(() => (low = 60));
    void clock.runtime.sleep(60_000).then(() => (low = 500));
    const sampled: number[] = [];
    void clock.runtime.sleep(29_000).then(async () => sampled.push((await journal.status()).headSeq));
    void clock.runtime.sleep(59_000).then(async () => sampled.push((await journal.status()).headSeq));
    const pressure = new BackPressure({ journal, lowestSeq: () => low, backlogMax: 100, log: clock.runtime.log });
    await runFor(120_000, { pressure });
    expect(sampled).toEqual([100, 160]);
    expect(source.reads.length).toBeLessThan(120);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 500 });
    const told = [...clock.messages("warn"), ...clock.messages("info")];
    expect(told).toEqual([
      "a sink is too far behind; reading waits for it",
      "a sink is too far behind; reading waits for it",
      "the sinks have caught up; reading goes on",
      "the sinks have caught up; reading goes on",
    ]);
  });

  test("does not keep a drain waiting", async () => {
    const { runFor, clock, journal } = await ingestRig({ log: makeLog(1, 500) });
    const before = clock.nowMs;
    const pressure = new BackPressure({ journal, lowestSeq: () => 0, backlogMax: 100, log: clock.runtime.log });
    await runFor(2_500, { pressure });
    expect(clock.nowMs - before).toBe(2_500);
  });
});
