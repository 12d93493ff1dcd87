/** `scan`: when it reads, when it takes in what it has read, and where it stands when it could not go on. */
import { ApiError, StateError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append } from "../fixtures/journal-steps.ts";
import { type ScanRig, scanRig, skewMs } from "../fixtures/scan-rig.ts";
import { openScan } from "../fixtures/scan-steps.ts";
import type { Journal } from "../journal/model.ts";
import type { ScanRequest } from "./model.ts";
import { scan, type ScanParts } from "./scan.ts";
import type { Release } from "./store.ts";

const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `u${1_000 + index}`);

/** Makes the scan that is open, or the one that is asked for, from wherever it stands. */
async function run(
  { clock, journal, parts }: ScanRig,
  more: Partial<ScanParts> = {},
  request: ScanRequest = { cause: "backfill" },
): Promise<"complete" | "braked"> {
  if ((await journal.scans.open()) === null) await journal.scans.requestScan(request, 0);
  return clock.runUntil(scan(await openScan(journal), { ...parts, failuresMax: 3, ...more }));
}

/** A journal that tells of what is taken in. */
function watched(journal: Journal, onRelease: (releases: readonly Release[]) => void): Journal {
  const scans = new Proxy(journal.scans, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        if (name === "release") onRelease(given[1] as readonly Release[]);
        return Reflect.apply(member, target, given) as unknown;
      };
    },
  });
  return new Proxy(journal, {
    get: (target, name) => {
      if (name === "scans") return scans;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

async function tally({ journal }: ScanRig): Promise<object | undefined> {
  const status = await journal.scans.scanStatus();
  return { state: status?.state, ...status?.tallies.user };
}

describe("a scan", () => {
  test("asks for nothing before the log has been read for one skew", async () => {
    const rig = await scanRig({ d1: ["u1"] });
    let firstAtMs = 0;
    rig.lists.onAsked = () => void (firstAtMs ||= rig.clock.nowMs);
    await expect(run(rig)).resolves.toBe("complete");
    expect(firstAtMs - rig.clock.startedAtMs).toBeGreaterThan(skewMs);
  });

  test("takes a page in only when the log was read to an end that was asked for one skew after the page was", async () => {
    const rig = await scanRig({ d1: ids(4) });
    const readAtMs: number[] = [];
    rig.lists.onAsked = (what) => void (what.startsWith("list d1") && readAtMs.push(rig.clock.nowMs));
    const takenAtMs: number[] = [];
    const journal = watched(rig.journal, (releases) => {
      const pages = releases.filter((release) => release.kind === "page" && release.rows.length > 1);
      for (const _page of pages) takenAtMs.push(rig.reading.endAskedAtMs);
    });
    await run(rig, { journal });
    expect(takenAtMs).toHaveLength(2);
    for (const [index, atMs] of takenAtMs.entries())
      expect(atMs).toBeGreaterThanOrEqual((readAtMs[index] ?? 0) + skewMs);
  });

  test("takes what is due in together, up to 200 rows, and tells of the head once each time", async () => {
    const rig = await scanRig({ d1: ids(500) });
    rig.lists.pageRows = 50;
    const rows: number[] = [];
    const journal = watched(rig.journal, (releases) => {
      rows.push(releases.reduce((sum, release) => sum + (release.kind === "page" ? release.rows.length : 0), 0));
    });
    await run(rig, { journal });
    expect(Math.max(...rows)).toBe(200);
    expect(rows.filter((count) => count > 1)).toEqual([200, 200, 100]);
    expect(await tally(rig)).toEqual({ state: "complete", listed: 500, created: 500, updated: 0, deleted: 0 });
    // The directory comes first.
    expect(rig.made).toEqual([1, 201, 401, 501]);
  });

  test("takes nothing in while too much waits to be delivered", async () => {
    const rig = await scanRig({ d1: ids(4) });
    let [isFull, taken] = [true, 0];
    const journal = watched(rig.journal, () => {
      taken += 1;
      expect(isFull).toBe(false);
    });
    const running = run(rig, { journal, isFull: () => Promise.resolve(isFull) });
    await rig.clock.runtime.sleep(20 * skewMs);
    expect([taken, rig.lists.asked]).toEqual([0, ["list directories"]]);
    isFull = false;
    await expect(running).resolves.toBe("complete");
  });

  test("reads four directories at a time", async () => {
    const directories = ["d1", "d2", "d3", "d4", "d5", "d6"];
    const rig = await scanRig(Object.fromEntries(directories.map((id) => [id, ["u1"]])));
    let [open, most] = [0, 0];
    rig.lists.onAsked = async (what) => {
      if (!what.startsWith("list d")) return;
      if (what === "list directories") return;
      open += 1;
      most = Math.max(most, open);
      await rig.clock.runtime.sleep(skewMs);
      open -= 1;
    };
    await run(rig);
    expect(most).toBe(4);
  });

  test("waits for what it has read of many directories at once, and not for four of them after the other", async () => {
    const directories = Array.from({ length: 200 }, (_, index) => `d${index + 1}`);
    const rig = await scanRig(Object.fromEntries(directories.map((id) => [id, ["u1"]])));
    const beganMs = rig.clock.nowMs;
    await run(rig);
    expect(rig.clock.nowMs - beganMs).toBeLessThan(8 * skewMs);
    expect(rig.lists.asked.filter((what) => what.startsWith("list d"))).toHaveLength(201);
  });

  test("deletes who is not there any more at the very end", async () => {
    const rig = await scanRig({ d1: ids(3) });
    const gone = makeEvent(2, { name: "dsync.user.created", user: "u0" });
    await append(rig.journal, [makeEvent(1, { name: "dsync.activated" }), gone]);
    await run(rig);
    await rig.journal.addSink("app");
    const events = (await rig.journal.read("app", 2, 10)).map(
      ({ event }) => `${event.event} ${String(event.data["id"])}`,
    );
    expect(events).toEqual([...ids(3).map((id) => `dsync.user.created ${id}`), "dsync.user.deleted u0"]);
    expect(rig.lists.asked.at(-1)).toBe("get u0");
  });

  test("that has waited for a person goes on with its deletions, and lists nothing again", async () => {
    const rig = await scanRig({ d1: [] });
    const users = ids(60).map((user, index) => makeEvent(index + 2, { name: "dsync.user.created", user }));
    await append(rig.journal, [makeEvent(1, { name: "dsync.activated" }), ...users]);
    await expect(run(rig)).resolves.toBe("braked");
    expect(await tally(rig)).toMatchObject({ state: "braked", deleted: 0 });
    const [asked, decidedAtMs] = [rig.lists.asked.length, rig.clock.nowMs];
    await rig.journal.scans.approveScan((await openScan(rig.journal)).id, null);
    await expect(run(rig)).resolves.toBe("complete");
    expect(await tally(rig)).toMatchObject({ deleted: 60 });
    expect(rig.lists.asked).toHaveLength(asked);
    // Nor does it wait for the log: whatever that has said since counts anyway.
    expect(rig.clock.nowMs - decidedAtMs).toBeLessThan(skewMs);
  });
});

describe("a scan that cannot go on", () => {
  test("stays where it was, and is gone on with from there", async () => {
    const rig = await scanRig({ d1: ids(6) });
    const none = { requestId: null, retryAfterMs: null, problems: [], bodyExcerpt: "" };
    const broken = new ApiError("Upstream answered 403.", { code: "x", retryable: false, status: 403, ...none });
    rig.lists.onAsked = async (what) => {
      if (!what.endsWith("after u1003")) return;
      // What was read before has been taken in by then.
      await rig.clock.runtime.sleep(3 * skewMs);
      throw broken;
    };
    await expect(run(rig)).rejects.toBe(broken);
    expect(await tally(rig)).toMatchObject({ state: "running", listed: 4 });
    rig.lists.onAsked = () => undefined;
    rig.lists.asked.length = 0;
    await expect(run(rig)).resolves.toBe("complete");
    expect(rig.lists.asked).toEqual(["list d1 after u1003"]);
    expect(await tally(rig)).toMatchObject({ listed: 6, created: 6 });
  });

  test("does not go on reading when what was read cannot be taken in", async () => {
    const rig = await scanRig({ d1: ids(6) });
    const fenced = new StateError("Another process holds it.", { code: "fenced" });
    const journal = watched(rig.journal, () => {
      throw fenced;
    });
    await expect(run(rig, { journal })).rejects.toBe(fenced);
    expect(rig.lists.asked).toEqual(["list directories"]);
  });

  test("waits for a disk that is full, and takes the same in then", async () => {
    const rig = await scanRig({ d1: ids(2) });
    let refusals = 3;
    const journal = watched(rig.journal, () => {
      if (refusals-- > 0) throw new StateError("The disk is full.", { code: "full" });
    });
    await expect(run(rig, { journal })).resolves.toBe("complete");
    expect(await tally(rig)).toMatchObject({ listed: 2, created: 2 });
    expect(rig.clock.messages("error")).toEqual(["the state file refuses writes; waiting"]);
  });

  test("ends at once with its process, wherever it waits", async () => {
    const rig = await scanRig({ d1: ids(2) });
    rig.lists.onAsked = () => rig.stop.abort(new Error("stopped"));
    await expect(run(rig)).rejects.toThrow("stopped");
    expect(await tally(rig)).toMatchObject({ state: "running" });
  });
});
