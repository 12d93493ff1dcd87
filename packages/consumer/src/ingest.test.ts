import { ApiError, type ApiErrorDetails, ConnectionError, ContractError, CursorExpiredError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeEvent, makeLog } from "./fixtures/events.ts";
import { ScriptedSource } from "./fixtures/scripted-source.ts";
import { bumpEpoch, holdJournal, holdLimitedJournal, newStateFile } from "./fixtures/state-file.ts";
import { VirtualClock } from "./fixtures/virtual-clock.ts";
import { ingest, type IngestOptions } from "./ingest.ts";
import type { Journal } from "./journal/model.ts";
import { connect } from "./journal/sqlite.ts";

const hourMs = 3_600_000;

interface Rig {
  readonly clock: VirtualClock;
  readonly source: ScriptedSource;
  readonly journal: Journal;
  readonly drain: AbortController;
  /** Counts of new events, one for each append. */
  readonly appended: number[];
  run(given?: Partial<IngestOptions>): Promise<void>;
  /** Runs for this long in virtual time. */
  runFor(ms: number, given?: Partial<IngestOptions>): Promise<void>;
}

interface RigOptions {
  readonly log?: ReturnType<typeof makeLog>;
  readonly pageSize?: number;
  readonly journal?: Journal;
  readonly random?: () => number;
}

async function rig({ log = [], pageSize = 100, journal, random }: RigOptions = {}): Promise<Rig> {
  const clock = new VirtualClock(random === undefined ? {} : { random });
  const source = new ScriptedSource(log, { pageSize, now: () => clock.nowMs });
  const held = journal ?? (await holdJournal());
  const drain = new AbortController();
  const appended: number[] = [];
  const options: IngestOptions = {
    source,
    journal: held,
    start: { from: "start" },
    runtime: clock.runtime,
    pollMs: 1_000,
    once: false,
    onAppended: (count) => void appended.push(count),
    lowestSeq: () => null,
    signal: drain.signal,
  };
  const run = (given = {}): Promise<void> => clock.runUntil(ingest({ ...options, ...given }));
  const runFor = (ms: number, given = {}): Promise<void> => {
    void clock.runtime.sleep(ms).then(() => drain.abort());
    return run(given);
  };
  return { clock, source, journal: held, drain, appended, run, runFor };
}

function apiError(status: number, details: Partial<ApiErrorDetails> = {}): ApiError {
  const retryable = status === 429 || status >= 500;
  const facts = { requestId: null, retryAfterMs: null, problems: [], bodyExcerpt: "" };
  return new ApiError(`answered ${status}`, { code: `http_${status}`, status, retryable, ...facts, ...details });
}

const unreachable = new ConnectionError("refused", { code: "unreachable" });

describe("reading", () => {
  test("copies the whole log, page by page without a pause, and rests at its end", async () => {
    const { source, journal, clock, runFor } = await rig({ log: makeLog(1, 250) });
    await runFor(5_500);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 250, cursor: "event_000250" });
    expect(source.reads.map(({ after }) => after)).toEqual([
      null,
      "event_000100",
      "event_000200",
      ...Array.from({ length: 5 }, () => "event_000250"),
    ]);
    expect(new Set(clock.sleeps.slice(1))).toEqual(new Set([1_000]));
  });

  test("goes on at the cursor after a restart", async () => {
    const journal = await holdJournal();
    await (await rig({ log: makeLog(1, 5), journal })).run({ once: true });
    const { source, run, appended } = await rig({ log: makeLog(1, 8), journal });
    await run({ once: true });
    expect(source.reads[0]).toMatchObject({ after: "event_000005" });
    expect(appended).toEqual([3]);
  });

  test("once, ends at the end of the log and notes when that was", async () => {
    const { journal, run, clock } = await rig({ log: makeLog(1, 5) });
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 5, caughtUpAtMs: clock.nowMs });
  });

  test("is not at the end of the log when a page without events says there is more", async () => {
    const { source, journal, run } = await rig({ log: makeLog(1, 3) });
    source.next(() => ({ events: [], hasMore: true }), 3);
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
    expect(source.reads.map(({ atMs }) => atMs - (source.reads[0]?.atMs ?? 0))).toEqual([0, 1_000, 2_000, 3_000]);
  });

  test("stops at once when it is told to, also in the middle of a request", async () => {
    const { source, run, drain } = await rig({ log: makeLog(1, 5) });
    source.next(() => {
      drain.abort();
      return Promise.reject(new ConnectionError("aborted", { code: "aborted" }));
    });
    await expect(run()).resolves.toBeUndefined();
    expect(source.reads).toHaveLength(1);
  });
});

describe("a log that starts again", () => {
  test("is recognised by an event we have, and nothing of the page is taken", async () => {
    const { source, journal, run, appended } = await rig({ log: makeLog(1, 5) });
    await run({ once: true });
    source.next(() => ({ events: [...makeLog(1, 5), makeEvent(6)], hasMore: false }));
    await expect(run()).rejects.toMatchObject({ code: "log_restarted", retryable: false });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 5, cursor: "event_000005" });
    expect(appended).toEqual([5]);
  });

  test("is recognised by its age when the journal has forgotten the events", async () => {
    const { source, journal, run } = await rig({ log: [makeEvent(1), makeEvent(2, { second: 100 * 3_600 })] });
    await run({ once: true });
    await journal.addSink("app");
    await journal.step("app", { finished: [], started: [], lowSeq: 2, nowMs: 0 });
    await expect(journal.prune(Number.MAX_SAFE_INTEGER, 100)).resolves.toBe(1);
    source.next(() => ({ events: [makeEvent(1)], hasMore: false }));
    await expect(run()).rejects.toMatchObject({ code: "log_restarted" });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 2 });
  });
});

describe("an error that passes", () => {
  test("is waited out with growing pauses up to a minute, and never in a hot loop", async () => {
    const { source, runFor, journal, clock } = await rig({ log: makeLog(1, 3), random: () => 0 });
    source.fail(unreachable, 40);
    await runFor(hourMs);
    const gaps = source.reads.slice(1, 41).map(({ atMs }, index) => atMs - (source.reads[index]?.atMs ?? 0));
    expect(gaps.slice(0, 9)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
    expect(clock.messages("info")).toContain("upstream answers again");
  });

  test.each([0, 0.5, 0.999])(
    "with Retry-After is never followed by a request before that time (random %f)",
    async (random) => {
      const { source, runFor } = await rig({ log: makeLog(1, 3), random: () => random });
      source.fail(apiError(429, { retryAfterMs: 30_000 }), 3);
      await runFor(600_000);
      const gaps = source.reads.slice(1, 4).map(({ atMs }, index) => atMs - (source.reads[index]?.atMs ?? 0));
      expect(gaps).toHaveLength(3);
      for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(30_000);
      for (const gap of gaps) expect(gap).toBeLessThanOrEqual(36_000);
    },
  );

  test("with a Retry-After of a day is asked again after a quarter of an hour", async () => {
    const { source, runFor } = await rig({ random: () => 0 });
    source.fail(apiError(503, { retryAfterMs: 24 * hourMs }));
    await runFor(2 * hourMs);
    expect((source.reads[1]?.atMs ?? 0) - (source.reads[0]?.atMs ?? 0)).toBe(900_000);
  });

  test("starts from short pauses again after a success", async () => {
    const { source, runFor } = await rig({ random: () => 0 });
    source
      .fail(unreachable, 5)
      .next(() => ({ events: [], hasMore: false }))
      .fail(unreachable);
    await runFor(60_000);
    const gap = (source.reads[7]?.atMs ?? 0) - (source.reads[6]?.atMs ?? 0);
    expect(gap).toBe(250);
  });

  test("ends a run that is to happen once when it comes a third time in a row", async () => {
    const { source, run } = await rig();
    source.fail(unreachable, 9);
    await expect(run({ once: true })).rejects.toMatchObject({ code: "unreachable" });
    expect(source.reads).toHaveLength(3);
  });

  test("an answer that is not the contract's, such as a proxy's page, passes as well", async () => {
    const { source, runFor, journal } = await rig({ log: makeLog(1, 3) });
    source.fail(new ContractError("HTML", { issues: [] }), 2);
    await runFor(60_000);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
  });
});

describe("a wrong key", () => {
  test.each([401, 403, 404])("that never worked (%i) shows at once", async (status) => {
    const { source, run } = await rig();
    source.fail(apiError(status));
    await expect(run()).rejects.toMatchObject({ status });
    expect(source.reads).toHaveLength(1);
  });

  test("that worked before is waited for, asking no more than every five seconds and falling to five minutes", async () => {
    const { source, runFor, journal } = await rig({ log: makeLog(1, 3), random: () => 0 });
    source.next(() => source.pageAfter(null)).fail(apiError(401), 12);
    await runFor(2 * hourMs);
    const gaps = source.reads.slice(2, 14).map(({ atMs }, index) => atMs - (source.reads[index + 1]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000);
    expect(gaps.slice(0, 8)).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3, cursor: "event_000003" });
  });

  test("of another copy of the SDK is recognised by what it is, not by its class", async () => {
    const { source, runFor } = await rig({ log: makeLog(1, 3) });
    const foreign = Object.assign(new Error("answered 401"), { status: 401, code: "http_401", retryable: false });
    Object.defineProperty(foreign, Symbol.for("@dirsync/error"), { value: true });
    source.next(() => source.pageAfter(null)).fail(foreign);
    await expect(runFor(60_000)).resolves.toBeUndefined();
  });

  test("ends a run that is to happen once, also when it worked before", async () => {
    const { source, run } = await rig({ log: makeLog(1, 3) });
    source.next(() => ({ events: makeLog(1, 3), hasMore: true })).fail(apiError(401));
    await expect(run({ once: true })).rejects.toMatchObject({ status: 401 });
  });
});

test("a lost cursor is never waited out and never answered by starting again", async () => {
  const { source, journal, run } = await rig({ log: makeLog(1, 5) });
  await run({ once: true });
  source.log.splice(0, 5, ...makeLog(50, 60));
  await expect(run()).rejects.toBeInstanceOf(CursorExpiredError);
  await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000005", headSeq: 5 });
});

test("a mistake of ours is not retried", async () => {
  const { source, run } = await rig();
  source.fail(new TypeError("bug"));
  await expect(run()).rejects.toThrow("bug");
});

describe("storage that refuses", () => {
  test("holds a page until there is space; it is not read again, and no event is lost", async () => {
    const { journal, database } = await holdLimitedJournal();
    const { source, runFor, clock } = await rig({ log: makeLog(1, 300), journal, pageSize: 300 });
    const pages = Number(database.pragma("page_count", { simple: true }));
    database.pragma(`max_page_count = ${pages + 1}`);
    void clock.runtime.sleep(20_000).then(() => database.pragma("max_page_count = 100000"));
    await runFor(60_000);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 300 });
    expect(source.reads.filter(({ after }) => after === null)).toHaveLength(1);
    expect(clock.messages("error")).toEqual(["the state file refuses writes; waiting"]);
    expect(clock.messages("info")).toContain("the state file takes writes again");
  });

  test("for a moment, because a visitor writes, is no reason to fail at the start", async () => {
    const path = newStateFile();
    const journal = await holdJournal(path);
    const visitor = connect(path, { busyTimeoutMs: 0 });
    visitor.exec("BEGIN IMMEDIATE");
    const { run, clock } = await rig({ log: makeLog(1, 3), journal });
    void clock.runtime.sleep(1_200).then(() => visitor.exec("ROLLBACK"));
    await run({ once: true });
    visitor.close();
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
  });

  test("for good, because another process has taken over, ends the loop", async () => {
    const path = newStateFile();
    const journal = await holdJournal(path);
    const { run, source } = await rig({ log: makeLog(1, 3), journal });
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
    const { source, journal, runFor, clock } = await rig({ log: makeLog(1, 500), pageSize: 10 });
    let low = 0;
    void clock.runtime.sleep(30_000).then(() => (low = 60));
    void clock.runtime.sleep(60_000).then(() => (low = 500));
    const sampled: number[] = [];
    void clock.runtime.sleep(29_000).then(async () => sampled.push((await journal.status()).headSeq));
    void clock.runtime.sleep(59_000).then(async () => sampled.push((await journal.status()).headSeq));
    await runFor(120_000, { lowestSeq: () => low, backlogMax: 100 });
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
    const { runFor, clock } = await rig({ log: makeLog(1, 500) });
    const before = clock.nowMs;
    await runFor(2_500, { lowestSeq: () => 0, backlogMax: 100 });
    expect(clock.nowMs - before).toBe(2_500);
  });
});
