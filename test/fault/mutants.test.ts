/** The control of the simulation: consumers that are broken on purpose must not get away with it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { patienceMs, readScale } from "./scale.ts";
import { bundle } from "./simulation/bundle.ts";
import { type MutantName, mutants } from "./simulation/mutants.ts";
import { runSeeds } from "./simulation/seeds.ts";
import { printTable } from "./table.ts";

const seedsMax = 400;

let program = "";
beforeAll(async () => {
  program = await bundle("run-seeds");
});

const killers: Record<string, string> = {};
afterAll(() => printTable("broken consumers, and which seed shows it", killers));

test.each(Object.keys(mutants) as MutantName[])(
  "a consumer that %s is found out",
  async (mutant) => {
    const report = await runSeeds(program, { first: 1, count: seedsMax, failuresMax: 1, mutant });
    const [death] = report.failures;
    const rules = new Set(death?.violations.map(({ rule }) => rule));
    killers[mutant] = death === undefined ? "none" : `${death.seed}: ${[...rules].join(", ")}`;
    // Not any promise, but one that such a consumer cannot keep.
    const { breaks } = mutants[mutant];
    expect({ mutant, found: breaks.filter((rule) => rules.has(rule)) }).not.toEqual({ mutant, found: [] });
  },
  patienceMs(readScale()),
);
