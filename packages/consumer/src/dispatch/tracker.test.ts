import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Tracker } from "./tracker.ts";

/** What the mark should be, computed from nothing but the definition. */
function naiveLow(low: number, finished: readonly number[]): number {
  let mark = low;
  while (finished.includes(mark + 1)) mark += 1;
  return mark;
}

const mark = fc.integer({ min: 0, max: 5 });
const positions = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 });

describe("the low-water mark", () => {
  test("is always the highest position below which nothing is unfinished, whatever order things finish in", () => {
    fc.assert(
      fc.property(mark, positions, positions, (low, above, order) => {
        const tracker = new Tracker(low, above);
        const finished = [...above];
        expect(tracker.low).toBe(naiveLow(low, finished));
        for (const seq of order) {
          tracker.finish(seq);
          finished.push(seq);
          expect(tracker.low).toBe(naiveLow(low, finished));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("passes nothing that is unfinished", () => {
    const tracker = new Tracker(0, [3, 4]);
    tracker.finish(1);
    expect(tracker.low).toBe(1);
    tracker.finish(2);
    expect(tracker.low).toBe(4);
  });

  test("passed up to a position, goes on behind it, and never back", () => {
    const tracker = new Tracker(2, [5, 8]);
    tracker.pass(4);
    expect(tracker.low).toBe(5);
    tracker.pass(3);
    expect(tracker.low).toBe(5);
    tracker.pass(9);
    tracker.finish(10);
    expect(tracker.low).toBe(10);
  });

  test.each([
    ["below the mark", 3],
    ["at the mark", 5],
  ])("finishing a position %s again changes nothing", (_name, seq) => {
    const tracker = new Tracker(5, []);
    tracker.finish(seq);
    expect(tracker.low).toBe(5);
  });

  test("a hundred thousand positions finished backwards are taken in one step", () => {
    const tracker = new Tracker(0, []);
    for (let seq = 100_000; seq > 1; seq -= 1) tracker.finish(seq);
    expect(tracker.low).toBe(0);
    tracker.finish(1);
    expect(tracker.low).toBe(100_000);
  });
});
