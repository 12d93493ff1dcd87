/** `Scanner`: which scans are made, when, and what becomes of those that fail. */
import { ConnectionError, StateError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append } from "../fixtures/journal-steps.ts";
import { scanRig } from "../fixtures/scan-rig.ts";
import { openGap, refusal, runFor, scannerOf, scans, told, whileMs } from "../fixtures/scanner-rig.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
describe("a scanner makes", () => {
  test("no scan that nobody has asked for", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual([]);
    expect(rig.lists.asked).toEqual([]);
    expect(await scannerOf(rig).isNeeded()).toBe(false);
  });

  test("no count of what sinks have still to get, which takes the longer the more that is, to see that there is nothing to do", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    const journal = new Proxy(rig.journal, {
      get: (target, name) => {
        if (name === "status") throw new Error("Everything was counted.");
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    await runFor(rig, whileMs, { journal });
    expect(await told(rig)).toEqual([]);
  });

  test("the scan that was asked for, once, and is needed until then", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    await rig.journal.scans.requestScan({ cause: "backfill" }, rig.clock.nowMs);
    expect(await scannerOf(rig).isNeeded()).toBe(true);
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["backfill complete"]);
    expect(await scannerOf(rig).isNeeded()).toBe(false);
    expect(rig.clock.messages("info")).toEqual(["a scan begins", "a scan is complete"]);
  });

  test("one for a gap, which it closes", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    await openGap(rig);
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["gap complete"]);
    expect((await rig.journal.status()).gaps).toEqual([]);
  });

  test("none for a gap that is left to people", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    await openGap(rig);
    await runFor(rig, whileMs, { onGap: false });
    expect(await told(rig)).toEqual([]);
  });

  test("none for a gap whose scan a person has given up, and one for the next gap", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    await openGap(rig);
    const id = await rig.journal.scans.requestScan({ cause: "gap" }, rig.clock.nowMs);
    await rig.journal.scans.discardScan(id, rig.clock.nowMs);
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["gap discarded"]);
    await openGap(rig);
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["gap discarded", "gap complete"]);
  });

  test("one by the clock, from the end of the last on, not at the same moment as everybody", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    const { runtime } = rig.clock;
    const jittery = { ...runtime, random: () => 1 };
    await runFor(rig, 10 * minuteMs, { everyMs: 100_000, runtime: jittery });
    const all = await scans(rig);
    expect(all.map(({ cause }) => cause)).toEqual(Array.from({ length: all.length }, () => "schedule"));
    const rests = all.slice(1).map(({ requestedAtMs }, index) => requestedAtMs - (all[index]?.endedAtMs ?? 0));
    expect(rests.length).toBeGreaterThan(2);
    for (const ms of rests) expect([110, 111]).toContain(Math.round(ms / 1_000));
  });

  test("one by the clock although others look at the plan, or at a part, all the time", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    const { clock, journal } = rig;
    const asked = [{ isDryRun: true }, { scope: { directoryIds: ["d1"] } }, { scope: { organizationId: "o1" } }];
    const looking = async (): Promise<void> => {
      for (let round = 0; round < 12; round += 1) {
        await clock.runtime.sleep(minuteMs);
        const more = asked[round % asked.length] ?? {};
        await journal.scans.requestScan({ cause: "reconcile", ...more }, clock.nowMs);
      }
    };
    const looked = looking();
    await runFor(rig, 13 * minuteMs, { everyMs: 3 * minuteMs });
    await looked;
    const byTheClock = (await told(rig)).filter((one) => one === "schedule complete");
    expect(byTheClock.length).toBeGreaterThanOrEqual(4);
  });

  test("none for a gap whose scan a person has given up, also when somebody has looked at the plan since", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    await openGap(rig);
    const { scans: desk } = rig.journal;
    await desk.discardScan(await desk.requestScan({ cause: "gap" }, rig.clock.nowMs), rig.clock.nowMs);
    await desk.requestScan({ cause: "reconcile", isDryRun: true }, rig.clock.nowMs);
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["gap discarded", "reconcile complete"]);
  });

  test("one about what came late, and asks for nothing else", async () => {
    const rig = await scanRig({ d1: ["u1", "u2"] });
    await append(rig.journal, [makeEvent(1, { name: "dsync.activated" }), makeEvent(3, { user: "u1" })]);
    await rig.journal.scans.requestScan({ cause: "backfill" }, rig.clock.nowMs);
    await runFor(rig, whileMs);
    rig.lists.asked.length = 0;
    const late = makeEvent(2, { id: "event_late", user: "u1" });
    const { cursor } = await rig.journal.status();
    await rig.journal.append({
      events: [late],
      late: new Set([late.id]),
      places: new Map([[late.id, 1.5]]),
      expectedCursor: cursor,
      cursor,
      receivedAtMs: rig.clock.nowMs,
    });
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["backfill complete", "late complete"]);
    expect(rig.lists.asked).toEqual(["get u1"]);
  });
});

describe("a scan that fails", () => {
  test("says why, and is made again for its gap after an hour", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    await openGap(rig);
    rig.lists.onAsked = () => {
      throw refusal(403);
    };
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["gap failed"]);
    expect((await scans(rig))[0]?.problem).toBe("Upstream answered 403.");
    rig.lists.onAsked = () => undefined;
    const { runtime } = rig.clock;
    const after = (ms: number) => ({ runtime: { ...runtime, now: () => runtime.now() + ms } });
    await runFor(rig, whileMs, after(hourMs - 3 * whileMs));
    expect(await told(rig)).toEqual(["gap failed"]);
    await runFor(rig, whileMs, after(hourMs));
    expect(await told(rig)).toEqual(["gap failed", "gap complete"]);
  });

  test("never does so because a service is away for an hour", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    const backAtMs = rig.clock.nowMs + hourMs;
    rig.lists.onAsked = () => {
      if (rig.clock.nowMs < backAtMs) throw new ConnectionError("Away.", { code: "unreachable" });
    };
    await rig.journal.scans.requestScan({ cause: "reconcile" }, rig.clock.nowMs);
    await runFor(rig, 2 * hourMs);
    expect(await told(rig)).toEqual(["reconcile complete"]);
  });

  test("in one-shot mode ends the process, and can be gone on with where it may pass", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    const away = new ConnectionError("Away.", { code: "unreachable" });
    rig.lists.onAsked = () => {
      throw away;
    };
    await rig.journal.scans.requestScan({ cause: "backfill" }, rig.clock.nowMs);
    await expect(runFor(rig, hourMs, { once: true })).rejects.toBe(away);
    expect(await told(rig)).toEqual(["backfill running"]);
    const never = refusal(403);
    rig.lists.onAsked = () => {
      throw never;
    };
    await expect(runFor(rig, hourMs, { once: true })).rejects.toBe(never);
    expect(await told(rig)).toEqual(["backfill failed"]);
  });

  test("with an error that is none of ours is a bug, and ends the process", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    const bug = new TypeError("x is not a function");
    rig.lists.onAsked = () => {
      throw bug;
    };
    await openGap(rig);
    await expect(runFor(rig, whileMs)).rejects.toBe(bug);
    expect(await told(rig)).toEqual(["gap failed"]);
  });
});

describe("a scan that others have to do with", () => {
  test("is left alone while it waits for a person, and gone on with once they have decided", async () => {
    const rig = await scanRig({ d1: [] });
    const users = Array.from({ length: 60 }, (_, index) => makeEvent(index + 2, { user: `u${index}` }));
    await append(rig.journal, [makeEvent(1, { name: "dsync.activated" }), ...users]);
    const id = await rig.journal.scans.requestScan({ cause: "reconcile" }, rig.clock.nowMs);
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["reconcile braked"]);
    expect(await scannerOf(rig).isNeeded()).toBe(false);
    expect(rig.clock.messages("error")).toHaveLength(1);
    await rig.journal.scans.approveScan(id, null);
    expect(await scannerOf(rig).isNeeded()).toBe(true);
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["reconcile complete"]);
  });

  test("deletes also whom a purge has named meanwhile, and that one leaves them until then", async () => {
    const rig = await scanRig({ d1: [] });
    const { journal } = rig;
    await append(journal, [makeEvent(1, { name: "dsync.activated" }), makeEvent(2, { user: "u1" })]);
    const id = await journal.scans.requestScan({ cause: "reconcile" }, rig.clock.nowMs);
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["reconcile braked"]);
    await expect(journal.purge({ userId: "u1" })).resolves.toMatchObject({ waiting: 1 });
    await journal.scans.approveScan(id, null);
    await runFor(rig, whileMs);
    await journal.addSink("app");
    const { event } = (await journal.read("app", 0, 10)).at(-1) ?? {};
    expect(event).toMatchObject({ event: "dsync.user.deleted", data: { id: "u1" } });
  });

  test("and that is given up while it runs ends without an error", async () => {
    const rig = await scanRig({ d1: ["u1", "u2", "u3"] });
    const id = await rig.journal.scans.requestScan({ cause: "backfill" }, rig.clock.nowMs);
    rig.lists.onAsked = async (what) => {
      if (what === "list d1") await rig.journal.scans.discardScan(id, rig.clock.nowMs);
    };
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["backfill discarded"]);
    expect(rig.clock.messages("warn")).toEqual(["a scan was ended from outside"]);
  });

  test("and whose process ends is neither failed nor over", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    await rig.journal.scans.requestScan({ cause: "backfill" }, rig.clock.nowMs);
    rig.lists.onAsked = () => {
      rig.stop.abort();
      throw new StateError("closed", { code: "unreadable" });
    };
    await runFor(rig, whileMs);
    expect(await told(rig)).toEqual(["backfill running"]);
  });
});
