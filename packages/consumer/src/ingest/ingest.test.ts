import { ApiError, type ApiErrorDetails, ConnectionError, ContractError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeLog } from "../fixtures/events.ts";
import { ingestRig } from "../fixtures/ingest-rig.ts";
import { holdJournal } from "../fixtures/state-file.ts";

const hourMs = 3_600_000;

function apiError(status: number, details: Partial<ApiErrorDetails> = {}): ApiError {
  const retryable = status === 429 || status >= 500;
  const facts = { requestId: null, retryAfterMs: null, problems: [], bodyExcerpt: "" };
  return new ApiError(`answered ${status}`, { code: `http_${status}`, status, retryable, ...facts, ...details });
}

const unreachable = new ConnectionError("refused", { code: "unreachable" });

describe("reading", () => {
  test("copies the whole log, page by page without a pause, and rests at its end", async () => {
    const { source, journal, clock, runFor } = await ingestRig({ log: makeLog(1, 250) });
    await runFor(5_500);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 250, cursor: "event_000250" });
    expect(source.reads.map(({ after }) => after)).toEqual([
      null,
      "event_000100",
      "event_000200",
      // Once more at once: the page before was asked for early, and cannot tell where the log ends.
      ...Array.from({ length: 6 }, () => "event_000250"),
    ]);
    expect(new Set(clock.sleeps.slice(1))).toEqual(new Set([1_000]));
  });

  test("tells of each page, and of a service that wants to be left alone", async () => {
    const { source, run, reads, facts } = await ingestRig({ log: makeLog(1, 150) });
    source.fail(apiError(429, { retryAfterMs: 30_000 }));
    await run({ once: true });
    expect(reads).toEqual([
      { kind: "read", count: 100, headSeq: 100, hasMore: true },
      { kind: "read", count: 50, headSeq: 150, hasMore: true },
    ]);
    expect(facts).toEqual([{ kind: "rate", retryAfterMs: 30_000 }]);
  });

  test("goes on at the cursor after a restart", async () => {
    const journal = await holdJournal();
    await (await ingestRig({ log: makeLog(1, 5), journal })).run({ once: true });
    const { source, run, appended } = await ingestRig({ log: makeLog(1, 8), journal });
    await run({ once: true });
    expect(source.reads[0]).toMatchObject({ after: "event_000005" });
    expect(appended).toEqual([3]);
  });

  test("once, ends at the end of the log and notes when that was", async () => {
    const { journal, run, clock } = await ingestRig({ log: makeLog(1, 5) });
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 5, caughtUpAtMs: clock.nowMs });
  });

  test("is not at the end of the log when a page without events says there is more", async () => {
    const { source, journal, run } = await ingestRig({ log: makeLog(1, 3) });
    source.next(() => ({ events: [], hasMore: true }), 3);
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
    expect(source.reads.map(({ atMs }) => atMs - (source.reads[0]?.atMs ?? 0))).toEqual([0, 1_000, 2_000, 3_000]);
  });

  test("stops at once when it is told to, also in the middle of a request", async () => {
    const { source, run, drain } = await ingestRig({ log: makeLog(1, 5) });
    source.next(() => {
      drain.abort();
      return Promise.reject(new ConnectionError("aborted", { code: "aborted" }));
    });
    await expect(run()).resolves.toBeUndefined();
    expect(source.reads).toHaveLength(1);
  });
});

describe("an error that passes", () => {
  test("is waited out with growing pauses up to a minute, and never in a hot loop", async () => {
    const { source, runFor, journal, clock } = await ingestRig({ log: makeLog(1, 3), random: () => 0 });
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
      const { source, runFor } = await ingestRig({ log: makeLog(1, 3), random: () => random });
      source.fail(apiError(429, { retryAfterMs: 30_000 }), 3);
      await runFor(600_000);
      const gaps = source.reads.slice(1, 4).map(({ atMs }, index) => atMs - (source.reads[index]?.atMs ?? 0));
      expect(gaps).toHaveLength(3);
      for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(30_000);
      for (const gap of gaps) expect(gap).toBeLessThanOrEqual(36_000);
    },
  );

  test("with a Retry-After of a day is asked again after a quarter of an hour", async () => {
    const { source, runFor } = await ingestRig({ random: () => 0 });
    source.fail(apiError(503, { retryAfterMs: 24 * hourMs }));
    await runFor(2 * hourMs);
    expect((source.reads[1]?.atMs ?? 0) - (source.reads[0]?.atMs ?? 0)).toBe(900_000);
  });

  test("starts from short pauses again after a success", async () => {
    const { source, runFor } = await ingestRig({ random: () => 0 });
    source
      .fail(unreachable, 5)
      .next(() => ({ events: [], hasMore: false }))
      .fail(unreachable);
    await runFor(60_000);
    const gap = (source.reads[7]?.atMs ?? 0) - (source.reads[6]?.atMs ?? 0);
    expect(gap).toBe(250);
  });

  test("ends a run that is to happen once when it comes a third time in a row", async () => {
    const { source, run } = await ingestRig();
    source.fail(unreachable, 9);
    await expect(run({ once: true })).rejects.toMatchObject({ code: "unreachable" });
    expect(source.reads).toHaveLength(3);
  });

  test("an answer that is not the contract's, such as a proxy's page, passes as well", async () => {
    const { source, runFor, journal } = await ingestRig({ log: makeLog(1, 3) });
    source.fail(new ContractError("HTML", { issues: [] }), 2);
    await runFor(60_000);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
  });
});

describe.each(["tls", "headers_too_large"] as const)("a connection that somebody must mend (%s)", (code) => {
  const broken = new ConnectionError("broken", { code });

  test("is waited for once the service has answered, and the log is read on", async () => {
    const { source, journal, runFor } = await ingestRig({ log: makeLog(1, 3) });
    source.next(() => ({ events: [], hasMore: false })).fail(broken, 2);
    await runFor(600_000);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
  });

  test("that never worked shows at once", async () => {
    const { source, run } = await ingestRig();
    source.fail(broken);
    await expect(run()).rejects.toMatchObject({ code });
    expect(source.reads).toHaveLength(1);
  });
});

test("a certificate that cannot be trusted is looked at again once a minute at most, and in five minutes at least", async () => {
  const { source, runFor, journal } = await ingestRig({ log: makeLog(1, 3), random: () => 0 });
  source.next(() => source.pageAfter(null)).fail(new ConnectionError("expired", { code: "tls" }), 10);
  await runFor(2 * hourMs);
  const gaps = source.reads.slice(2, 12).map(({ atMs }, index) => atMs - (source.reads[index + 1]?.atMs ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60_000);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(300_000);
  await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
});

describe("a wrong key", () => {
  test.each([401, 403, 404])("that never worked (%i) shows at once", async (status) => {
    const { source, run } = await ingestRig();
    source.fail(apiError(status));
    await expect(run()).rejects.toMatchObject({ status });
    expect(source.reads).toHaveLength(1);
  });

  test("that worked in an earlier run is waited for from the beginning, as whoever starts this one says", async () => {
    const { source, journal, runFor } = await ingestRig({ log: makeLog(1, 3) });
    source.fail(apiError(401), 2);
    await runFor(60_000, { hasContact: true });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
  });

  test.each([
    [400, "shows at once"],
    [401, "shows at once"],
    [403, "shows at once"],
    [302, "is waited for"],
    [404, "is waited for"],
    [407, "is waited for"],
  ])("or another answer (%i), where an earlier run has read from this address, %s", async (status, becomes) => {
    const journal = await holdJournal();
    await (await ingestRig({ log: makeLog(1, 3), journal })).run({ once: true });
    const { source, runFor } = await ingestRig({ log: makeLog(1, 6), journal });
    source.fail(apiError(status), 3);
    const outcome = await runFor(600_000).then(
      () => "is waited for",
      (error: unknown) => {
        expect(error).toMatchObject({ status });
        return "shows at once";
      },
    );
    const { headSeq } = await journal.status();
    expect({ outcome, headSeq }).toEqual({ outcome: becomes, headSeq: becomes === "is waited for" ? 6 : 3 });
  });

  test("that worked before is waited for, asking no more than every five seconds and falling to five minutes", async () => {
    const { source, runFor, journal } = await ingestRig({ log: makeLog(1, 3), random: () => 0 });
    source.next(() => source.pageAfter(null)).fail(apiError(401), 12);
    await runFor(2 * hourMs);
    const gaps = source.reads.slice(2, 14).map(({ atMs }, index) => atMs - (source.reads[index + 1]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000);
    expect(gaps.slice(0, 8)).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3, cursor: "event_000003" });
  });

  test("of another copy of the SDK is recognised by what it is, not by its class", async () => {
    const { source, runFor } = await ingestRig({ log: makeLog(1, 3) });
    const foreign = Object.assign(new Error("answered 401"), { status: 401, code: "http_401", retryable: false });
    Object.defineProperty(foreign, Symbol.for("@dirsync/error"), { value: true });
    source.next(() => source.pageAfter(null)).fail(foreign);
    await expect(runFor(60_000)).resolves.toBeUndefined();
  });

  test("ends a run that is to happen once, also when it worked before", async () => {
    const { source, run } = await ingestRig({ log: makeLog(1, 3) });
    source.next(() => ({ events: makeLog(1, 3), hasMore: true })).fail(apiError(401));
    await expect(run({ once: true })).rejects.toMatchObject({ status: 401 });
  });
});

test("a mistake of ours is not retried", async () => {
  const { source, run } = await ingestRig();
  source.fail(new TypeError("bug"));
  await expect(run()).rejects.toThrow("bug");
});
