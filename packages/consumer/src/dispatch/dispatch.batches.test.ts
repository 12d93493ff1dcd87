import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { dispatchRig, type DispatchRigOptions, until } from "../fixtures/dispatch-rig.ts";
import { makeLog } from "../fixtures/events.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import { laneBy } from "../locks.ts";
import type { Attempt, BatchEntry } from "../model.ts";
import { doublingToOneMinute } from "../policy.ts";

const numberOf = ({ id }: DirectoryEvent): number => Number(id.slice(-6));
const always = Promise.resolve();

describe("a sink that takes batches", () => {
  interface BatchRig {
    readonly batches: string[][];
    readonly run: Awaited<ReturnType<typeof dispatchRig>>["run"];
    readonly rig: Awaited<ReturnType<typeof dispatchRig>>;
  }

  async function batchRig(
    answer: (entries: readonly BatchEntry[]) => Promise<void>,
    options: DispatchRigOptions = {},
  ): Promise<BatchRig> {
    const batches: string[][] = [];
    const told = ({ event, attempt }: BatchEntry): string => `${numberOf(event)}:${attempt.number}`;
    const take = (entries: readonly BatchEntry[]): Promise<void> => {
      batches.push(entries.map(told));
      return answer(entries);
    };
    const rig = await dispatchRig({
      log: makeLog(1, 5),
      deliver: (event: DirectoryEvent, attempt: Attempt) => take([{ event, attempt }]),
      deliverBatch: take,
      ...options,
      policy: { runMax: 4, ...options.policy },
    });
    return { batches, run: rig.run, rig };
  }

  test("gets a run at once, and a single event as one", async () => {
    const { batches, run } = await batchRig(() => always);
    await expect(run()).resolves.toMatchObject({ delivered: 5 });
    expect(batches).toEqual([["1:1", "2:1", "3:1", "4:1"], ["5:1"]]);
  });

  test("gets events of several lanes in one batch, each lane in order", async () => {
    const log = makeLog(1, 8, 4);
    const { batches, run } = await batchRig(() => always, { log, policy: { runMax: 8, concurrency: 1 } });
    await run();
    expect(batches).toHaveLength(1);
    for (const lane of [0, 1, 2, 3]) {
      const own = batches.flat().filter((told) => Number.parseInt(told, 10) % 4 === lane);
      expect(own).toEqual([...own].sort());
    }
  });

  test("that says how many it took gets the failed one alone, and only that one is charged", async () => {
    let isFirst = true;
    const { batches, run } = await batchRig((entries) => {
      if (!isFirst || entries.length < 4) return always;
      isFirst = false;
      return Promise.reject(new SinkError("third", { verdict: "retry", deliveredCount: 2 }));
    });
    await expect(run()).resolves.toMatchObject({ delivered: 5 });
    expect(batches).toEqual([["1:1", "2:1", "3:1", "4:1"], ["3:2"], ["4:1", "5:1"]]);
  });

  test("that took none of it gets the first alone, and only that one is charged", async () => {
    let isFirst = true;
    const { batches, run } = await batchRig(() => {
      if (!isFirst) return always;
      isFirst = false;
      return Promise.reject(new SinkError("first", { verdict: "retry", deliveredCount: 0 }));
    });
    await expect(run()).resolves.toMatchObject({ delivered: 5 });
    expect(batches.slice(1)).toEqual([["1:2"], ["2:1", "3:1", "4:1", "5:1"]]);
  });

  test("that gives up the one it stopped at makes a dead letter of that one alone", async () => {
    const { run, rig } = await batchRig((entries) =>
      entries.some(({ attempt }) => attempt.seq === 3)
        ? Promise.reject(
            new SinkError("third", {
              verdict: "dead",
              deliveredCount: entries.findIndex((entry) => entry.attempt.seq === 3),
            }),
          )
        : always,
    );
    await expect(run()).resolves.toMatchObject({ delivered: 4, dead: 1 });
    await expect(rig.journal.deadLetters()).resolves.toMatchObject([{ seq: 3, attempts: 1 }]);
  });

  test.each(["retry", "dead"] as const)(
    "that does not say which one is bad (%s) gets each of them alone, and the bad one is found",
    async (verdict) => {
      const { batches, run, rig } = await batchRig(
        (entries) =>
          entries.some(({ attempt }) => attempt.seq === 2) ? Promise.reject(new SinkError("no", { verdict })) : always,
        { policy: { attemptsMax: 3 } },
      );
      await expect(run()).resolves.toMatchObject({ delivered: 4, dead: 1 });
      expect(batches[0]).toEqual(["1:1", "2:1", "3:1", "4:1"]);
      const alone =
        verdict === "dead" ? ["1:2", "2:2", "3:2", "4:2", "5:1"] : ["1:2", "2:2", "2:3", "3:2", "4:2", "5:1"];
      expect(batches.slice(1)).toEqual(alone.map((told) => [told]));
      await expect(rig.journal.deadLetters()).resolves.toMatchObject([{ seq: 2 }]);
    },
  );

  test.each([-1, 1.5, 9, Number.NaN])("that says it took %d of four is not believed", async (deliveredCount) => {
    let isFirst = true;
    const { batches, run } = await batchRig(() => {
      if (!isFirst) return always;
      isFirst = false;
      return Promise.reject(new SinkError("what", { verdict: "retry", deliveredCount }));
    });
    await expect(run()).resolves.toMatchObject({ delivered: 5 });
    expect(batches.slice(1)).toEqual([["1:2"], ["2:2"], ["3:2"], ["4:2"], ["5:1"]]);
  });

  test("that halts is not charged for it", async () => {
    const { run, rig } = await batchRig(() => Promise.reject(new SinkError("no", { verdict: "halt" })));
    await expect(run()).resolves.toMatchObject({ delivered: 0, dead: 0, halted: { verdict: "halt" } });
    const items = await rig.journal.read("app", 0, 10);
    expect(items.map(({ attempts }) => attempts)).toEqual([0, 0, 0, 0, 0]);
  });

  test("gets one event at a time while it is down, and all of it once it is up", async () => {
    const clock = new VirtualClock();
    let isUp = false;
    const log = makeLog(1, 40);
    const { batches, run } = await batchRig(() => (isUp ? always : Promise.reject(new Error("down"))), {
      clock,
      log,
      policy: { locks: laneBy.none, delayMs: doublingToOneMinute },
    });
    void until(clock, () => Promise.resolve(clock.nowMs - clock.startedAtMs > 60_000)).then(() => {
      isUp = true;
    });
    await expect(run()).resolves.toMatchObject({ delivered: 40, dead: 0 });
    expect(batches.length).toBeGreaterThan(10);
  });
});
