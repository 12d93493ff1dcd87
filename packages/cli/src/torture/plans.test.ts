import type { LaneBy } from "@dirsync/consumer";
import { beforeAll, describe, expect, test } from "vitest";
import { writeChapter } from "./chapter.ts";
import type { Fault, LogEntry, Trace } from "./model.ts";
import { isFree, isSuperseded, layOut } from "./order.ts";
import { drawPlans, type Sketch } from "./plans.ts";
import { seededRandom } from "./random.ts";
import { chapterRuns } from "./suite.ts";

const lanes: readonly LaneBy[] = ["directory", "organization", "user", "group", "none"];

let entries: readonly LogEntry[];
let traces: ReadonlyMap<number, Trace>;

beforeAll(async () => {
  entries = await writeChapter(3);
  traces = new Map(entries.map(({ seq }) => [seq, { effects: ["writes", "writes"], awaits: 3 }]));
}, 60_000);

const draw = (lane: LaneBy, seed: number): readonly Sketch[] =>
  drawPlans({ entries, traces, lane, random: seededRandom(seed) });

describe.each(lanes)("in lanes of %s", (lane) => {
  test("no plan delivers an event before an earlier one of its lane, or redrives one that was overtaken", () => {
    let moved = 0;
    for (const seed of [1, 2, 3, 4, 5]) {
      for (const { faults } of draw(lane, seed)) {
        const { turns, redriven } = layOut({ entries, faults }, lane);
        const order = turns.flatMap((turn) => turn.entries);
        expect(order.length + redriven.length).toBe(entries.length);
        expect(brokenPromises(order, lane)).toEqual([]);
        expect(redriven.filter(isOvertaken)).toEqual([]);
        moved += order.filter(({ seq }, index) => order.some((other, at) => at > index && other.seq < seq)).length;
      }
    }
    // Otherwise the above says nothing.
    expect(moved).toBeGreaterThan(0);
  });

  test("every kind of fault is drawn and can be carried out", () => {
    const kinds = new Set(draw(lane, 1).flatMap(({ faults }) => layOut({ entries, faults }, lane).faults.map(nameOf)));
    expect([...kinds].sort()).toEqual([
      "again",
      "crash_after",
      "crash_inside",
      "cut_off",
      "overtake",
      "redrive",
      "refuse",
      "restart",
      "together",
    ]);
  });
});

test("a chapter has as many runs as the numbers of runs rely on, and the same ones for the same seed", () => {
  expect(draw("directory", 1)).toHaveLength(chapterRuns - 1);
  expect(draw("directory", 1)).toEqual(draw("directory", 1));
  expect(draw("directory", 2)).not.toEqual(draw("directory", 1));
});

test("(control) a broken promise is found", () => {
  expect(brokenPromises([...entries].reverse(), "directory").length).toBeGreaterThan(0);
});

function brokenPromises(order: readonly LogEntry[], lane: LaneBy): readonly string[] {
  return order.flatMap((entry, index) =>
    order
      .slice(index + 1)
      .filter((later) => later.seq < entry.seq && !isFree(later.event, entry.event, lane))
      .map((later) => `${entry.seq} before ${later.seq}`),
  );
}

function isOvertaken(entry: LogEntry): boolean {
  return entries.some((later) => later.seq > entry.seq && isSuperseded(entry.event, later.event));
}

function nameOf({ kind }: Fault): string {
  return kind;
}
