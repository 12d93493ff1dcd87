import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import type { Attempt, Sink } from "../model.ts";
import { type GuardOptions, guardSink } from "./guard.ts";

const minuteMs = 60_000;

const gone = (user: number, atMs = 0, directory = "d1"): DirectoryEvent => ({
  object: "event",
  id: `event_${directory}_${user}`,
  event: "dsync.user.deleted",
  data: { id: `u${user}`, directory_id: directory, state: "active" },
  created_at: new Date(atMs).toISOString(),
});

const updated = (user: number, data: object): DirectoryEvent => ({
  ...gone(user),
  event: "dsync.user.updated",
  data: { id: `u${user}`, directory_id: "d1", ...data },
});

interface Rig {
  readonly taken: string[];
  /** Delivers and says whether it was held. */
  give(event: DirectoryEvent, attempt?: Partial<Attempt>): Promise<boolean>;
  readonly bursts: string[];
  readonly sink: Sink;
}

function rig(options: Partial<GuardOptions> = {}, more: Partial<Sink> = {}): Rig {
  const taken: string[] = [];
  const bursts: string[] = [];
  const inner: Sink = {
    name: "app",
    deliver: (event) => {
      taken.push(event.id);
      return Promise.resolve();
    },
    ...more,
  };
  const sink = guardSink(inner, {
    limit: { share: 0.1 },
    windowMs: 10 * minuteMs,
    countUsers: () => 0,
    onBurst: (directory, people) => bursts.push(`${directory} ${people}`),
    ...options,
  });
  let seq = 0;
  const give: Rig["give"] = async (event, attempt = {}) => {
    seq += 1;
    try {
      await sink.deliver(event, attemptOf(attempt.seq ?? seq, attempt));
      return false;
    } catch (error) {
      expect(error).toMatchObject({ name: "SinkError", verdict: "dead", code: "guarded" });
      return true;
    }
  };
  return { taken, bursts, sink, give };
}

function attemptOf(seq: number, more: Partial<Attempt> = {}): Attempt {
  const signal = new AbortController().signal;
  return { number: 1, seq, epoch: 1, lane: "directory:d1", replay: false, signal, ...more };
}

const heldOf = async ({ give }: Rig, events: readonly DirectoryEvent[]): Promise<readonly boolean[]> => {
  const held: boolean[] = [];
  for (const event of events) held.push(await give(event));
  return held;
};
const users = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("a burst", () => {
  test.each<[string, Partial<GuardOptions>, number]>([
    ["of a share of a large directory", { limit: { share: 0.1 }, countUsers: () => 80 }, 8],
    ["of a share of a small one, but for five people", { limit: { share: 0.1 }, countUsers: () => 10 }, 5],
    ["of a number of people", { limit: { people: 3 } }, 3],
    ["of anybody", { limit: { people: 0 } }, 0],
  ])("%s is let through up to the limit and held from then on", async (_name, options, through) => {
    const stage = rig(options);
    const held = await heldOf(
      stage,
      users(20).map((user) => gone(user)),
    );
    expect(held.filter((each) => !each).length).toBeGreaterThanOrEqual(through);
    expect(held.slice(0, through)).toEqual(users(through).map(() => false));
    expect(held.at(-1)).toBe(true);
    expect(stage.taken).toHaveLength(held.filter((each) => !each).length);
    expect(stage.bursts).toHaveLength(1);
  });

  test("is one of a directory: another one's leavers go on", async () => {
    const stage = rig({ limit: { people: 2 } });
    await heldOf(
      stage,
      users(4).map((user) => gone(user)),
    );
    expect(await stage.give(gone(1, 0, "d2"))).toBe(false);
    expect(await stage.give(gone(9))).toBe(true);
  });

  test("is over after its time, by the times of the events", async () => {
    const stage = rig({ limit: { people: 2 } });
    expect(await heldOf(stage, [gone(1), gone(2), gone(3)])).toEqual([false, false, true]);
    expect(await stage.give(gone(4, 11 * minuteMs))).toBe(false);
  });

  test("is told of once, and the next one again", async () => {
    const { give, bursts } = rig({ limit: { people: 2 } });
    const day = 24 * 60 * minuteMs;
    for (const user of [1, 2, 3, 4, 5]) await give(gone(user));
    expect(bursts).toEqual(["d1 3"]);
    for (const user of [6, 7, 8, 9]) await give(gone(user, day));
    expect(bursts).toEqual(["d1 3", "d1 3"]);
  });

  test("is none when a tail catches up with what took weeks", async () => {
    const stage = rig({ limit: { people: 2 } });
    const slow = users(50).map((user) => gone(user, user * 24 * 60 * minuteMs));
    expect(await heldOf(stage, slow)).not.toContain(true);
  });

  test("counts a try once, however often it is repeated", async () => {
    const stage = rig({ limit: { people: 1 } });
    for (let number = 1; number <= 5; number += 1) expect(await stage.give(gone(1), { seq: 7, number })).toBe(false);
  });

  test("that began before a restart is still one", async () => {
    const stage = rig({ limit: { people: 2 }, passed: [gone(1), gone(2)] });
    expect(await stage.give(gone(3, minuteMs))).toBe(true);
    // (control) and no burst of another time is.
    expect(await rig({ limit: { people: 2 }, passed: [gone(1), gone(2)] }).give(gone(3, 20 * minuteMs))).toBe(false);
  });
});

test("somebody who is switched off has lost access as well, and stays switched on with everything about it", async () => {
  const stage = rig({ limit: { people: 1 } });
  const off = (user: number) => updated(user, { state: "inactive", previous_attributes: { state: "active" } });
  expect(await heldOf(stage, [off(1), off(2)])).toEqual([false, true]);
  // Says the same of the same person once more.
  expect(await stage.give(updated(2, { state: "inactive", previous_attributes: { title: "x" } }))).toBe(true);
  expect(await stage.give(updated(3, { state: "active", previous_attributes: { state: "inactive" } }))).toBe(false);
});

test("changes of people who are inactive anyway are no burst", async () => {
  const stage = rig({ limit: { people: 1 } });
  const changed = users(10).map((user) => updated(user, { state: "inactive", previous_attributes: { title: "x" } }));
  expect(await heldOf(stage, changed)).not.toContain(true);
});

test("who is switched off and then deleted is one person", async () => {
  const stage = rig({ limit: { people: 2 } });
  const off = (user: number) => updated(user, { state: "inactive", previous_attributes: { state: "active" } });
  expect(await heldOf(stage, [off(1), gone(1), off(2), gone(2), off(3)])).toEqual([false, false, false, false, true]);
});

test("the end of a directory is held by itself; everything else passes in the middle of a burst", async () => {
  const stage = rig({ limit: { people: 0 } });
  expect(await stage.give({ ...gone(1), event: "dsync.deleted", data: { id: "d1" } })).toBe(true);
  expect(await stage.give(gone(1))).toBe(true);
  for (const name of ["dsync.user.created", "dsync.group.user_removed", "dsync.group.deleted", "dsync.activated"]) {
    expect(await stage.give({ ...gone(2), event: name })).toBe(false);
  }
});

test("what a person has asked for, and what a scan has found, is let through", async () => {
  const stage = rig({ limit: { people: 1 } });
  expect(
    await heldOf(
      stage,
      users(3).map((user) => gone(user)),
    ),
  ).toEqual([false, true, true]);
  expect(await stage.give(gone(4), { synthetic: { cause: "reconcile", scanId: "s" } })).toBe(false);
  expect(await stage.give(gone(1), { replay: true })).toBe(false);
  // What is asked for again and takes nobody's access is no look at the burst.
  expect(await stage.give({ ...gone(9), event: "dsync.user.created" }, { redriven: true })).toBe(false);
  expect(await stage.give(gone(5))).toBe(true);
  expect(await stage.give(gone(2), { redriven: true })).toBe(false);
  // The burst has been looked at: the next one is counted anew.
  expect(await heldOf(stage, [gone(6), gone(7)])).toEqual([false, true]);
});

test("what a person gives up ends the burst of its directory while the guard is at work", async () => {
  const decided = new Set<string>();
  let looks = 0;
  const has = (id: string): boolean => {
    looks += 1;
    return decided.has(id);
  };
  const stage = rig({ limit: { people: 1 }, decisions: { count: () => decided.size, has } });
  expect(await heldOf(stage, [gone(1), gone(2), gone(3), gone(4, 0, "d2"), gone(5, 0, "d2")])).toEqual([
    false,
    true,
    true,
    false,
    true,
  ]);
  // (control) Nothing is looked for where nobody has decided anything.
  expect(looks).toBe(0);
  decided.add("event_d1_2");
  // Who came behind what was given up counts: one more is too many.
  expect(await stage.give(gone(6))).toBe(true);
  decided.add("event_d1_3").add("event_d1_6");
  expect(await heldOf(stage, [gone(7), gone(8)])).toEqual([false, true]);
  // Another directory's burst goes on.
  expect(await stage.give(gone(9, 0, "d2"))).toBe(true);
  expect(stage.bursts).toEqual(["d1 2", "d2 2", "d1 2", "d1 2"]);
});

test("of a batch, what comes before the burst is delivered", async () => {
  const batches: string[][] = [];
  const { sink } = rig(
    { limit: { people: 2 } },
    {
      deliverBatch: (entries) => {
        batches.push(entries.map(({ event }) => event.id));
        return Promise.resolve();
      },
    },
  );
  const entries = users(4).map((user) => ({ event: gone(user), attempt: attemptOf(user) }));
  await expect(sink.deliverBatch?.(entries, new AbortController().signal)).rejects.toMatchObject({
    code: "guarded",
    deliveredCount: 2,
  });
  expect(batches).toEqual([["event_d1_1", "event_d1_2"]]);
});

test("a sink that works inside the transaction is guarded as well", () => {
  const applied: string[] = [];
  const { sink } = rig({ limit: { people: 0 } }, { apply: (event) => void applied.push(event.id) });
  const database = {} as Parameters<NonNullable<Sink["apply"]>>[2];
  expect(() => sink.apply?.(gone(1), attemptOf(1), database)).toThrow(/waits for a person/);
  sink.apply?.({ ...gone(2), event: "dsync.user.created" }, attemptOf(2), database);
  expect(applied).toEqual(["event_d1_2"]);
});
