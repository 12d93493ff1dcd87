/** Signals that ask `dirsync tail` for something else than to end in good order: at once, anew, or not at all for a while. */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { CliProcess } from "../support/cli-process.ts";
import type { HistoryRecord } from "../support/history.ts";
import { test } from "../support/rig.ts";
import { onceToStdout } from "../support/catching-up.ts";
import { until } from "../support/until.ts";
import { patienceMs, readScale } from "./scale.ts";
import { type Receiver, WatchedTail } from "./watched-tail.ts";

const scale = readScale();
const timeout = patienceMs(scale);
/** Of each kind: 1 in `npm test`, 10 in the whole suite. */
const rounds = Math.max(1, Math.round(scale.kills / 50));

describe.concurrent("a second signal", () => {
  test.for<["SIGTERM" | "SIGINT", Receiver]>([
    ["SIGINT", "handlers"],
    ["SIGTERM", "stray hook"],
  ])(
    "%s ends a tail at once, whatever its %s is doing, which comes again",
    { timeout },
    async ([signal, receiver], { rig }) => {
      const tail = new WatchedTail(rig, receiver, ["--drain-timeout", "10m"]);
      for (let round = 0; round < rounds; round += 1) {
        tail.start();
        await tail.caughtUp();
        tail.order("before");
        const begun = tail.begins().length;
        await rig.company.hire(2);
        await tail.begun(begun + 1);
        await tail.ask(signal);
        tail.process.signal(signal);
        expect(await tail.ended()).toBe(128 + constants.signals[signal]);
        tail.noteKill();
        tail.lift("before");
        await tail.noteCommit();
      }
      const { tries } = await tail.finish();
      // Of one directory, one event is in flight at a time.
      expect(tries).toBe((await tail.log()).length + rounds);
    },
  );
});

describe.concurrent("SIGHUP", () => {
  test("in the middle of whatever it does loses and repeats nothing", { timeout }, async ({ rig }) => {
    const tail = new WatchedTail(rig, "handlers");
    const reloads = (): number => tail.process.stderr.split("taking the new configuration").length - 1;
    const reload = async (): Promise<void> => {
      const before = reloads();
      tail.process.signal("SIGHUP");
      await tail.wait(() => reloads() > before, "the new configuration");
    };
    await tail.start().output("stderr", /"msg":"tailing"/u);
    for (let round = 0; round < rounds; round += 1) {
      // While it works: before the effect, and after it.
      for (const order of ["before", "after"] as const) {
        await tail.caughtUp();
        tail.order(order);
        const begun = tail.begins().length;
        await rig.company.hire(2);
        await tail.begun(begun + 1);
        await reload();
        tail.lift(order);
      }
      // Between two tries.
      await tail.caughtUp();
      tail.order("refuse");
      const refused = tail.ends("failed").length;
      await rig.company.hire(1);
      await tail.wait(() => tail.ends("failed").length > refused, "a refusal");
      await reload();
      tail.lift("refuse");
      // While a page does not come.
      await tail.caughtUp();
      let isAsked = false;
      rig.proxy.fault = () => {
        isAsked = true;
      };
      await tail.wait(() => isAsked, "a request");
      await rig.company.hire(1);
      await reload();
      rig.proxy.fault = null;
      // Two in a row, with nothing to do.
      await tail.caughtUp();
      await reload();
      await reload();
    }
    await tail.caughtUp();
    expect(await tail.stop()).toBe(0);
    const { violations, tries } = await tail.judge();
    expect(violations).toEqual([]);
    expect(tries).toBe((await tail.log()).length + tail.ends("failed").length);
    // It is one process and one holder all the time.
    expect(new Set(tail.begins().map(({ epoch }) => epoch)).size).toBe(1);
  });
});

/** As many as the tails of these tests have in flight at once. */
const inFlight = 4;
const lanes = ["--lane", "user", "--concurrency", String(inFlight)];

describe.concurrent("a tail that is suspended", () => {
  test("keeps its state file: a second one ends with 73 and says whose it is", async ({ rig }) => {
    const tail = new WatchedTail(rig, "handlers");
    tail.order("before");
    tail.start();
    await tail.begun(1);
    tail.process.signal("SIGSTOP");
    const second = await rig.run(onceToStdout);
    expect(second).toMatchObject({ code: 73, stdout: "" });
    expect(second.stderr).toContain(String(tail.process.pid));
    tail.process.signal("SIGCONT");
    tail.lift("before");
    await tail.caughtUp();
    expect(await tail.stop()).toBe(0);
    const { violations, tries } = await tail.judge();
    expect({ violations, tries }).toEqual({ violations: [], tries: (await tail.log()).length });
  });

  // Only a lock that does not work lets two at one file: one on a network file system, or one that somebody has deleted.
  test.for<Receiver>(["handlers", "stray hook"])(
    "and replaced all the same is refused when it wakes up; late is only what its %s had in hand",
    async (receiver, { rig }) => {
      const tail = new WatchedTail(rig, receiver, lanes);
      const zombie = await suspend(tail);
      rmSync(`${rig.state}.lock`);
      tail.lift("before");
      tail.start();
      await tail.caughtUp();
      const before = tail.history.read().length;
      await rig.company.hire(inFlight);
      zombie.signal("SIGCONT");
      const exit = await zombie.exit;
      expect(exit).toMatchObject({ code: 73 });
      await rig.company.hire(1);
      await tail.caughtUp();
      expect(await tail.stop()).toBe(0);
      const late = lateRecords(tail.history.read().slice(before));
      expect(late.begins).toBe(0);
      expect(late.ends).toBeLessThanOrEqual(inFlight);
      // Its hooks were ended before anything was handed out again.
      if (receiver !== "handlers") expect(late.ends).toBe(0);
      const latest = tail.begins().filter(({ epoch }) => epoch === latestEpoch(tail.history.read()));
      expect(new Set(latest.map(({ id }) => id)).size).toBe(latest.length);
    },
  );

  test("(control) and replaced by one that it cannot know of goes on delivering, which shows", async ({ rig }) => {
    const tail = new WatchedTail(rig, "handlers", lanes);
    const zombie = await suspend(tail);
    const other = join(rig.folder, "other.db");
    for (const suffix of ["", "-wal"])
      if (existsSync(rig.state + suffix)) copyFileSync(rig.state + suffix, other + suffix);
    tail.lift("before");
    tail.start({ state: other });
    await tail.caughtUp();
    const before = tail.history.read().length;
    zombie.signal("SIGCONT");
    await rig.company.hire(inFlight);
    const isNoticed = (): boolean => lateRecords(tail.history.read().slice(before)).begins > 0;
    await until(isNoticed, { what: "a late delivery", check: () => zombie.mustRun() });
  });
});

/** Starts a tail, and suspends it with as much in flight as it may have. */
async function suspend(tail: WatchedTail): Promise<CliProcess> {
  tail.start();
  await tail.caughtUp();
  tail.order("before");
  const begun = tail.begins().length;
  await tail.rig.company.hire(inFlight * 2);
  await tail.begun(begun + inFlight);
  tail.process.signal("SIGSTOP");
  return tail.process;
}

/** What was done in a name that was no longer the latest one. */
function lateRecords(records: readonly HistoryRecord[]): { begins: number; ends: number } {
  const latest = latestEpoch(records);
  const late = records.filter((record) => "epoch" in record && record.epoch < latest);
  return { begins: late.filter(({ op }) => op === "begin").length, ends: late.filter(({ op }) => op === "end").length };
}

function latestEpoch(records: readonly HistoryRecord[]): number {
  return Math.max(...records.map((record) => ("epoch" in record ? record.epoch : 0)));
}
