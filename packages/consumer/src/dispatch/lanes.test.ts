import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { Lanes } from "./lanes.ts";
import type { Locks, WorkItem } from "../model.ts";

function item(seq: number, given: Partial<WorkItem> = {}): WorkItem {
  return { seq, event: makeEvent(seq), attempts: 0, nextAtMs: 0, replay: false, ...given };
}

/** `X a b, S c` */
function locks(text: string): Locks {
  const keys = (mode: string): string[] =>
    text.split(", ").flatMap((part) => (part.startsWith(`${mode} `) ? part.slice(2).split(" ") : []));
  return { exclusive: keys("X"), shared: keys("S") };
}

/** Lanes with one entry for each text, at 1, 2, 3 … */
function lanesOf(...texts: readonly string[]): Lanes {
  const lanes = new Lanes();
  for (const [index, text] of texts.entries()) lanes.add(item(index + 1), locks(text), text);
  return lanes;
}

/** Positions of the runs taken. */
function runs(lanes: Lanes, max = 10, runMax = 1, nowMs = 0): number[][] {
  return lanes.take(nowMs, { max, runMax }).map((run) => run.map((entry) => entry.item.seq));
}

const taken = (lanes: Lanes, max = 10, nowMs = 0): number[] => runs(lanes, max, 1, nowMs).flat();

describe("entries that need a key for themselves", () => {
  test("come oldest first, one at a time, each after the one before it was settled", () => {
    const lanes = lanesOf("X a", "X a", "X a");
    expect(taken(lanes)).toEqual([1]);
    expect(taken(lanes)).toEqual([]);
    lanes.settle(1);
    expect(taken(lanes)).toEqual([2]);
  });

  test("that are put back come again before those behind them", () => {
    const lanes = lanesOf("X a", "X a");
    lanes.take(0, { max: 1, runMax: 1 });
    lanes.putBack(item(1));
    expect(taken(lanes)).toEqual([1]);
  });

  test("that are not due hold back those behind them, even when these are", () => {
    const lanes = new Lanes();
    lanes.add(item(1, { nextAtMs: 100 }), locks("X a"), "a");
    lanes.add(item(2), locks("X a"), "a");
    expect(taken(lanes, 10, 99)).toEqual([]);
    expect(taken(lanes, 10, 100)).toEqual([1]);
  });

  test("wait when they are added while the key is in use", () => {
    const lanes = lanesOf("X a");
    taken(lanes);
    lanes.add(item(2), locks("X a"), "a");
    expect(taken(lanes)).toEqual([]);
    expect(lanes.nextDueAtMs()).toBeNull();
  });

  test("may name a key twice, or in both ways, without waiting for themselves", () => {
    const lanes = lanesOf("X a a, S a b b", "S a");
    expect(taken(lanes)).toEqual([1]);
    lanes.settle(1);
    expect(taken(lanes)).toEqual([2]);
  });
});

describe("entries that share a key", () => {
  test("go at the same time, and whoever needs it alone waits for all of them", () => {
    const lanes = lanesOf("X u1, S d", "X u2, S d", "X d", "X u3, S d");
    expect(taken(lanes)).toEqual([1, 2]);
    lanes.settle(2);
    expect(taken(lanes)).toEqual([]);
    lanes.settle(1);
    expect(taken(lanes)).toEqual([3]);
    lanes.settle(3);
    expect(taken(lanes)).toEqual([4]);
  });

  test("never overtake one that waits for it alone, so that one is not kept waiting for ever", () => {
    const lanes = lanesOf("X u1, S d", "X d");
    taken(lanes);
    for (let seq = 3; seq < 10; seq += 1) lanes.add(item(seq), locks(`X u${seq}, S d`), "");
    expect(taken(lanes)).toEqual([]);
    lanes.settle(1);
    expect(taken(lanes)).toEqual([2]);
  });

  test("are ordered by their other keys: a membership with its user and with its group", () => {
    const lanes = lanesOf("X user, S d", "X group, S d", "X user, S group d", "X group, S d");
    expect(taken(lanes)).toEqual([1, 2]);
    lanes.settle(1);
    expect(taken(lanes)).toEqual([]);
    lanes.settle(2);
    expect(taken(lanes)).toEqual([3]);
    lanes.settle(3);
    expect(taken(lanes)).toEqual([4]);
  });

  test("keep their place while one of them is tried again", () => {
    const lanes = lanesOf("X u1, S d", "X d");
    taken(lanes);
    lanes.putBack(item(1, { nextAtMs: 500, attempts: 1 }));
    expect(taken(lanes, 10, 499)).toEqual([]);
    expect(lanes.nextDueAtMs()).toBe(500);
    expect(taken(lanes, 10, 500)).toEqual([1]);
  });
});

describe("entries that do not conflict", () => {
  test("do not hold each other back", () => {
    const lanes = new Lanes();
    lanes.add(item(1, { nextAtMs: 1_000 }), locks("X a"), "a");
    lanes.add(item(2), locks("X b"), "b");
    lanes.add(item(3), locks(""), "");
    expect(taken(lanes)).toEqual([2, 3]);
  });

  test("take turns, with room for one: nobody is passed over for ever", () => {
    const lanes = lanesOf("X a", "X b", "X a", "X b", "X a", "X b");
    const order = [];
    for (let turn = 0; turn < 6; turn += 1) {
      for (const seq of taken(lanes, 1)) {
        order.push(seq);
        lanes.settle(seq);
      }
    }
    expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("go before one that was put back", () => {
    const lanes = lanesOf("X a", "X b");
    taken(lanes, 1);
    lanes.putBack(item(1));
    expect(taken(lanes, 1)).toEqual([2]);
  });
});

describe("when the next entry is due", () => {
  test("it is the earliest one that is not blocked", () => {
    const lanes = new Lanes();
    lanes.add(item(1, { nextAtMs: 500 }), locks("X a"), "a");
    lanes.add(item(2, { nextAtMs: 10 }), locks("X a"), "a");
    lanes.add(item(3, { nextAtMs: 300 }), locks("X b"), "b");
    expect(lanes.nextDueAtMs()).toBe(300);
  });

  test("there is none when nothing waits", () => {
    expect(new Lanes().nextDueAtMs()).toBeNull();
  });
});

describe("a run", () => {
  test("has the next entries of a lane, up to its limit, and the rest waits for it", () => {
    const lanes = lanesOf("X a", "X b", "X a", "X a", "X b", "X a");
    expect(runs(lanes, 10, 3)).toEqual([
      [1, 3, 4],
      [2, 5],
    ]);
    for (const seq of [1, 3]) lanes.settle(seq);
    expect(runs(lanes, 10, 3)).toEqual([]);
    lanes.settle(4);
    expect(runs(lanes, 10, 3)).toEqual([[6]]);
  });

  test("ends before what waits for anything outside of it", () => {
    const lanes = lanesOf("X u1, S d", "X u2, S d", "X u1, S d", "X d", "X u1, S d");
    expect(runs(lanes, 10, 10)).toEqual([[1, 3], [2]]);
  });

  test("goes over a shared key when nobody else has it", () => {
    const lanes = lanesOf("X u1, S g", "X g", "X u1, S g", "X u1");
    expect(runs(lanes, 10, 10)).toEqual([[1]]);
    lanes.settle(1);
    expect(runs(lanes, 10, 10)).toEqual([[2, 3]]);
  });

  test("has one entry where that was tried before, and ends before one that was or that is not due", () => {
    const lanes = new Lanes();
    lanes.add(item(1, { attempts: 1 }), locks("X a"), "a");
    for (const seq of [2, 3]) lanes.add(item(seq), locks("X a"), "a");
    lanes.add(item(4, { attempts: 1 }), locks("X a"), "a");
    lanes.add(item(5), locks("X a"), "a");
    lanes.add(item(6, { nextAtMs: 9 }), locks("X a"), "a");
    const all = [];
    for (let run = runs(lanes, 1, 10); run.length > 0; run = runs(lanes, 1, 10)) {
      all.push(...run);
      for (const seq of run.flat()) lanes.settle(seq);
    }
    expect(all).toEqual([[1], [2, 3], [4], [5]]);
  });

  test("that ended early gives back what was not delivered, in order", () => {
    const lanes = lanesOf("X a", "X a", "X a", "X a");
    runs(lanes, 1, 3);
    lanes.settle(1);
    lanes.putBack(item(2, { attempts: 1, nextAtMs: 7 }));
    lanes.putBack(item(3));
    expect(runs(lanes, 10, 10)).toEqual([]);
    expect(runs(lanes, 10, 10, 7)).toEqual([[2]]);
    lanes.settle(2);
    expect(runs(lanes, 10, 10)).toEqual([[3, 4]]);
  });
});
