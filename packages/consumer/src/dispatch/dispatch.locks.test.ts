/** What `Policy.locks` promises to a receiver: order where two events conflict, and nothing else in the way. */
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { dispatchRig } from "../fixtures/dispatch-rig.ts";
import { makeEvent } from "../fixtures/events.ts";
import { seededRandom } from "../fixtures/seeded-random.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import { laneBy, type LaneBy } from "../locks.ts";

const names = [
  "dsync.user.updated",
  "dsync.user.deleted",
  "dsync.group.updated",
  "dsync.group.user_added",
  "dsync.group.user_removed",
];

/** A company of few people, so that most events conflict with one shortly before; now and then a directory goes. */
function busyLog(seed: number, count: number): DirectoryEvent[] {
  const random = seededRandom(seed);
  const pick = (max: number): number => 1 + Math.floor(random() * max);
  return Array.from({ length: count }, (_, index) => {
    const name = random() < 0.05 ? "dsync.deleted" : (names[pick(names.length) - 1] ?? "");
    const facts = { directory: `d${pick(2)}`, user: `u${pick(4)}`, group: `g${pick(2)}` };
    return makeEvent(index + 1, { name, ...facts });
  });
}

interface Stay {
  readonly event: DirectoryEvent;
  readonly beganAt: number;
  endedAt: number;
}

/** When each event was at the receiver, on a counter that grows with each beginning and end. */
async function staysOf(log: readonly DirectoryEvent[], by: LaneBy, seed: number): Promise<Stay[]> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const stays: Stay[] = [];
  let moment = 0;
  const deliver = async (event: DirectoryEvent): Promise<void> => {
    const fails = random() < 0.2;
    const stay = { event, beganAt: (moment += 1), endedAt: 0 };
    await clock.runtime.sleep(Math.floor(random() * 30));
    stay.endedAt = moment += 1;
    if (fails) throw new Error("once more");
    stays.push(stay);
  };
  const policy = { locks: laneBy[by], concurrency: 5, delayMs: () => 20 };
  const { run } = await dispatchRig({ log, clock, deliver, policy });
  await run();
  return stays;
}

/** Pairs that conflict and were not kept in order. */
function disorderOf(log: readonly DirectoryEvent[], stays: readonly Stay[], by: LaneBy): string[] {
  const stayOf = new Map(stays.map((stay) => [stay.event.id, stay]));
  return log.flatMap((later, index) =>
    log.slice(0, index).flatMap((earlier) => {
      const [first, second] = [stayOf.get(earlier.id), stayOf.get(later.id)];
      const isInOrder = first !== undefined && second !== undefined && first.endedAt < second.beganAt;
      return isInOrder || !conflicts(earlier, later, by) ? [] : [`${earlier.id} before ${later.id}`];
    }),
  );
}

function conflicts(one: DirectoryEvent, other: DirectoryEvent, by: LaneBy): boolean {
  const [a, b] = [laneBy[by](one), laneBy[by](other)];
  const meets = (keys: readonly string[], others: readonly string[]): boolean =>
    keys.some((key) => others.includes(key));
  return meets(a.exclusive, b.exclusive) || meets(a.exclusive, b.shared) || meets(a.shared, b.exclusive);
}

describe("by user", () => {
  test.each([1, 2, 3, 4, 5])("no two events that conflict meet or change places (seed %i)", async (seed) => {
    const log = busyLog(seed, 120);
    const stays = await staysOf(log, "user", seed);
    expect(stays).toHaveLength(log.length);
    expect(disorderOf(log, stays, "user")).toEqual([]);
    // The control: with one key for each event, as if nothing were shared, the same log is not kept in order.
    const loose = await staysOf(log, "none", seed);
    expect(disorderOf(log, loose, "user")).not.toEqual([]);
  });

  test("a directory is deleted after everything that happened in it, and nothing in it comes before that", async () => {
    const log = [
      makeEvent(1, { user: "u1" }),
      makeEvent(2, { user: "u2" }),
      makeEvent(3, { name: "dsync.deleted" }),
      makeEvent(4, { user: "u3" }),
      makeEvent(5, { user: "u4", directory: "d2" }),
    ];
    const stays = await staysOf(log, "user", 8);
    expect(disorderOf(log, stays, "user")).toEqual([]);
    const order = stays.map(({ event }) => event.id.at(-1));
    expect(order.indexOf("3")).toBeGreaterThan(Math.max(order.indexOf("1"), order.indexOf("2")));
    expect(order.indexOf("4")).toBeGreaterThan(order.indexOf("3"));
  });

  test("users of one directory are delivered at the same time", async () => {
    const clock = new VirtualClock();
    let [now, most] = [0, 0];
    const deliver = async (): Promise<void> => {
      most = Math.max(most, (now += 1));
      await clock.runtime.sleep(10);
      now -= 1;
    };
    const log = [1, 2, 3, 4].map((number) => makeEvent(number, { user: `u${number}` }));
    const { run } = await dispatchRig({ log, clock, deliver, policy: { locks: laneBy.user } });
    await run();
    expect(most).toBe(4);
  });
});
