import { type Runtime, systemRuntime } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { createDoorbell } from "../doorbell.ts";
import { makeLog } from "../fixtures/events.ts";
import { ingestRig } from "../fixtures/ingest-rig.ts";
import { Pause } from "./pause.ts";

const hourMs = 3_600_000;

describe("a ring", () => {
  test("at the end of the log has it read at once, however far away the next look is", async () => {
    const doorbell = createDoorbell();
    const { source, journal, clock, runFor } = await ingestRig({ log: makeLog(1, 3) });
    const readAtMs: number[] = [];
    void clock.runtime.sleep(600_000).then(() => {
      source.log.push(...makeLog(4, 5));
      doorbell.ring();
    });
    void clock.runtime.sleep(600_001).then(async () => readAtMs.push((await journal.status()).headSeq));
    await runFor(700_000, { pollMs: hourMs, doorbell });
    expect(readAtMs).toEqual([5]);
  });

  test("(control) is what does it: without one nothing is read before the next look", async () => {
    const { source, journal, clock, runFor } = await ingestRig({ log: makeLog(1, 3) });
    void clock.runtime.sleep(600_000).then(() => source.log.push(...makeLog(4, 5)));
    await runFor(700_000, { pollMs: hourMs, doorbell: createDoorbell() });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 3 });
  });

  test("during a look is not lost: it is followed by another", async () => {
    const doorbell = createDoorbell();
    const { source, journal, runFor } = await ingestRig({ log: makeLog(1, 3) });
    source.next(() => {
      const page = source.pageAfter(null);
      source.log.push(...makeLog(4, 4));
      doorbell.ring();
      return page;
    });
    source.next(() => ({ events: [], hasMore: false }), 0);
    await runFor(1_000, { pollMs: hourMs, doorbell });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 4 });
  });

  test("that comes before its event can be read is looked after, for about a minute", async () => {
    const doorbell = createDoorbell();
    const { source, journal, clock, runFor } = await ingestRig({ log: makeLog(1, 3) });
    void clock.runtime.sleep(60_000).then(() => doorbell.ring());
    void clock.runtime.sleep(75_000).then(() => source.log.push(...makeLog(4, 4)));
    await runFor(120_000, { pollMs: hourMs, doorbell });
    await expect(journal.status()).resolves.toMatchObject({ headSeq: 4 });
    // Once it has come, nobody goes on looking.
    expect(source.reads.filter(({ atMs }) => atMs > clock.nowMs - 25_000)).toEqual([]);
  });

  test("thousands of times costs ten looks a second at most", async () => {
    const doorbell = createDoorbell();
    const { source, clock, runFor } = await ingestRig({ log: makeLog(1, 3) });
    for (let ms = 0; ms < 10_000; ms += 5) void clock.runtime.sleep(ms).then(() => doorbell.ring());
    await runFor(10_000, { pollMs: hourMs, doorbell });
    expect(source.reads.length).toBeLessThanOrEqual(101);
    expect(source.reads.length).toBeGreaterThan(50);
  });

  test("does not cut a wait short that the service asked for", async () => {
    const doorbell = createDoorbell();
    const { source, clock, runFor } = await ingestRig({ log: makeLog(1, 3) });
    const busy = Object.assign(new Error("busy"), {
      status: 429,
      code: "http_429",
      retryable: true,
      retryAfterMs: 30_000,
    });
    Object.defineProperty(busy, Symbol.for("@dirsync/error"), { value: true });
    source.fail(busy);
    for (let ms = 0; ms < 29_000; ms += 500) void clock.runtime.sleep(ms).then(() => doorbell.ring());
    await runFor(60_000, { pollMs: hourMs, doorbell });
    expect((source.reads[1]?.atMs ?? 0) - (source.reads[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(30_000);
  });
});

test("without a ring it is looked every so often all the same", async () => {
  const { source, runFor } = await ingestRig({ log: makeLog(1, 3) });
  await runFor(10_500, { pollMs: 1_000, doorbell: createDoorbell() });
  expect(source.reads).toHaveLength(11);
});

test("a drain ends the rest at once", async () => {
  const { clock, runFor } = await ingestRig({ log: makeLog(1, 3) });
  const beganMs = clock.nowMs;
  await runFor(2_000, { pollMs: hourMs, doorbell: createDoorbell() });
  expect(clock.nowMs - beganMs).toBe(2_000);
});

describe("a rest whose clock fails", () => {
  const cause = new Error("This clock cannot be waited for.");

  test.each([
    ["without a doorbell", null],
    ["with one", createDoorbell()],
  ])("%s says so, and is not taken for one that is over", async (_how, doorbell) => {
    const runtime: Runtime = {
      ...systemRuntime,
      sleep: (ms) => (ms > 100 ? Promise.reject(cause) : Promise.resolve()),
    };
    const pause = new Pause({ doorbell, pollMs: 1_000, runtime });
    await expect(pause.rest(new AbortController().signal)).rejects.toBe(cause);
  });
});
