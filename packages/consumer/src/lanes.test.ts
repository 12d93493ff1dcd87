import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeEvent } from "./fixtures/events.ts";
import { Lanes } from "./lanes.ts";
import type { WorkItem } from "./model.ts";

function item(seq: number, nextAtMs = 0): WorkItem {
  return { seq, event: makeEvent(seq), attempts: 0, nextAtMs, replay: false };
}

function taken(lanes: Lanes, nowMs: number, max: number): string[] {
  return lanes.take(nowMs, max).map((entry) => `${entry.lane}${entry.item.seq}`);
}

describe("inside a lane", () => {
  test("entries come oldest first, one at a time, each after the one before it was settled", () => {
    const lanes = new Lanes();
    for (const seq of [1, 2, 3]) lanes.add("a", item(seq));
    expect(taken(lanes, 0, 10)).toEqual(["a1"]);
    expect(taken(lanes, 0, 10)).toEqual([]);
    lanes.settle("a");
    expect(taken(lanes, 0, 10)).toEqual(["a2"]);
  });

  test("an entry put back comes again before those behind it", () => {
    const lanes = new Lanes();
    for (const seq of [1, 2]) lanes.add("a", item(seq));
    lanes.take(0, 1);
    lanes.putBack("a", item(1));
    expect(taken(lanes, 0, 10)).toEqual(["a1"]);
  });

  test("an entry that is not due holds back those behind it, even when they are", () => {
    const lanes = new Lanes();
    lanes.add("a", item(1, 100));
    lanes.add("a", item(2));
    expect(taken(lanes, 99, 10)).toEqual([]);
    expect(taken(lanes, 100, 10)).toEqual(["a1"]);
  });

  test("an entry added while the lane is busy waits", () => {
    const lanes = new Lanes();
    lanes.add("a", item(1));
    lanes.take(0, 1);
    lanes.add("a", item(2));
    expect(taken(lanes, 0, 10)).toEqual([]);
    expect(lanes.nextDueAtMs()).toBeNull();
  });
});

describe("between lanes", () => {
  test("a lane that waits does not hold back another", () => {
    const lanes = new Lanes();
    lanes.add("a", item(1, 1_000));
    lanes.add("b", item(2));
    expect(taken(lanes, 0, 10)).toEqual(["b2"]);
  });

  test("no lane is passed over for ever: with room for one, two lanes take turns", () => {
    const lanes = new Lanes();
    for (const seq of [1, 3, 5]) lanes.add("a", item(seq));
    for (const seq of [2, 4, 6]) lanes.add("b", item(seq));
    const order = [];
    for (let turn = 0; turn < 6; turn += 1) {
      for (const entry of lanes.take(0, 1)) {
        order.push(entry.item.seq);
        lanes.settle(entry.lane);
      }
    }
    expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a lane that is put back goes behind those that have waited", () => {
    const lanes = new Lanes();
    lanes.add("a", item(1));
    lanes.add("b", item(2));
    lanes.take(0, 1);
    lanes.putBack("a", item(1));
    expect(taken(lanes, 0, 1)).toEqual(["b2"]);
  });
});

describe("when the next entry is due", () => {
  test("it is the earliest head of an idle lane; entries behind a head do not count", () => {
    const lanes = new Lanes();
    lanes.add("a", item(1, 500));
    lanes.add("a", item(2, 10));
    lanes.add("b", item(3, 300));
    expect(lanes.nextDueAtMs()).toBe(300);
  });

  test("there is none when nothing waits", () => {
    expect(new Lanes().nextDueAtMs()).toBeNull();
  });
});

test("under any sequence of operations a lane gives out its entries in order, never two at once, and loses none", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("add" as const), lane: fc.constantFrom("a", "b", "c") }),
    fc.record({ do: fc.constant("take" as const), max: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ do: fc.constantFrom("settle" as const, "putBack" as const), pick: fc.nat(10) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const lanes = new Lanes();
      const expected = new Map<string, number[]>();
      const flying: { lane: string; item: WorkItem }[] = [];
      let seq = 0;
      for (const action of steps) {
        if (action.do === "add") {
          seq += 1;
          lanes.add(action.lane, item(seq));
          expected.set(action.lane, [...(expected.get(action.lane) ?? []), seq]);
        } else if (action.do === "take") {
          for (const entry of lanes.take(0, action.max)) {
            expect(flying.map(({ lane }) => lane)).not.toContain(entry.lane);
            expect(entry.item.seq).toBe(expected.get(entry.lane)?.[0]);
            flying.push(entry);
          }
        } else {
          const [entry] = flying.splice(action.pick % Math.max(1, flying.length), 1);
          if (entry === undefined) continue;
          if (action.do === "putBack") lanes.putBack(entry.lane, entry.item);
          else {
            lanes.settle(entry.lane);
            expected.get(entry.lane)?.shift();
          }
        }
      }
      const unfinished = [...expected.values()].flat().length;
      expect(lanes.size).toBe(unfinished - flying.length);
    }),
    { numRuns: 1_000 },
  );
});
