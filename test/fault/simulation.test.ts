/**
 * Whole tails in simulated time: the consumer as an app gets it, on a real state file, between a service that fails in
 * every way the reliability table knows and receivers that fail, hang, lie and take the process with them; killed,
 * stopped, replaced and drained at any of its steps, while a person decides about dead letters and asks for events once
 * more, and somebody sets the clock. Lanes, runs, batches, filters and what is done about dead letters are drawn, too.
 * Then the faults end, and everything must arrive.
 */
import { beforeAll, expect, test } from "vitest";
import { isWhole, patienceMs, readScale } from "./scale.ts";
import { bundle } from "./simulation/bundle.ts";
import { faultNames } from "./simulation/plan.ts";
import { runSeeds, tellFailures } from "./simulation/seeds.ts";
import { printTable } from "./table.ts";

const scale = readScale();
const againMax = isWhole(scale) ? 20 : 5;
/** The rarest fault happens in three lives of a hundred: in so many, whatever their seeds, there is one. */
const livesThatShowAll = 400;

let program = "";
beforeAll(async () => {
  program = await bundle("run-seeds");
});

test(
  "no simulated life breaks a promise, and each ends with everything delivered",
  async () => {
    const startedMs = performance.now();
    const report = await runSeeds(program, { first: scale.firstLife, count: scale.lives });
    printTable(`tail simulated (seeds from ${scale.firstLife})`, {
      lives: report.seeds,
      "records judged": report.records,
      "processes started": report.ops["lease"] ?? 0,
      tries: report.ops["begin"] ?? 0,
      "parked, replays": ["parked", "replay"].map((op) => report.ops[op] ?? 0).join(", "),
      "kills, replacements, drains": ["kill", "replaced", "drain"].map((op) => report.ops[op] ?? 0).join(", "),
      faults: Object.values(report.faults).reduce((total, count) => total + count, 0),
      "simulated, h": (report.elapsedMs / 3_600_000).toFixed(1),
      "wall, s": ((performance.now() - startedMs) / 1_000).toFixed(1),
    });
    expect(tellFailures(report)).toBe("");
    expect(report.seeds).toBe(scale.lives);
    // The control: a fault that never happened proved nothing.
    const missed = faultNames.filter((name) => (report.faults[name] ?? 0) === 0);
    if (scale.lives >= livesThatShowAll) expect(missed).toEqual([]);
    const kinds = ["parked", "unparked", "replay", "effect", "unsure"].filter((op) => (report.ops[op] ?? 0) === 0);
    if (scale.lives >= 150) expect(kinds).toEqual([]);
  },
  patienceMs(scale),
);

test(
  "a seed gives the same history each time, whatever was lived before it in the same process",
  async () => {
    const count = Math.min(againMax, scale.lives);
    const one = await runSeeds(program, { first: scale.firstLife, count });
    const other = await runSeeds(program, { first: scale.firstLife - 1, count: count + 1 });
    expect(other.hashes).toMatchObject(one.hashes);
    // The control: another seed gives another one.
    expect(new Set(Object.values(one.hashes)).size).toBe(count);
  },
  patienceMs(scale),
);
