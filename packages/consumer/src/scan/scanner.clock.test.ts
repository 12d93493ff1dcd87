/** What a clock that is ahead has put on record must not keep what is due from being made until time has caught up. */
import { describe, expect, test } from "vitest";
import { scanRig } from "../fixtures/scan-rig.ts";
import { openGap, refusal, runFor, told, whileMs } from "../fixtures/scanner-rig.ts";
import type { VirtualClock } from "../fixtures/virtual-clock.ts";

const hourMs = 60 * 60_000;

describe("where the clock was a year ahead before, a scanner makes", () => {
  const ahead = ({ runtime }: VirtualClock) => ({
    runtime: { ...runtime, now: () => runtime.now() + 365 * 24 * hourMs },
  });

  test("the one whose time has come", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    await runFor(rig, whileMs, { everyMs: hourMs, ...ahead(rig.clock) });
    expect(await told(rig)).toEqual(["schedule complete"]);
    await runFor(rig, whileMs, { everyMs: hourMs });
    expect(await told(rig)).toEqual(["schedule complete", "schedule complete"]);
  });

  test("the one for a gap, also when one has failed", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    rig.lists.onAsked = () => {
      throw refusal(403);
    };
    await openGap(rig);
    await runFor(rig, whileMs, ahead(rig.clock));
    rig.lists.onAsked = () => undefined;
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["gap failed", "gap complete"]);
  });

  test("the one for a gap, also when a person has given one up before", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    const { scans: desk } = rig.journal;
    const aheadMs = ahead(rig.clock).runtime.now();
    await desk.discardScan(await desk.requestScan({ cause: "reconcile" }, aheadMs), aheadMs);
    await openGap(rig);
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["reconcile discarded", "gap complete"]);
  });
});
