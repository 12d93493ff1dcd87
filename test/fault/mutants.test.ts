/** The control of the simulation: consumers that are broken on purpose must not get away with it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { patienceMs, readScale, share } from "./scale.ts";
import { bundle } from "./simulation/bundle.ts";
import type { Mutant } from "./simulation/mutant.ts";
import { type MutantName, mutants } from "./simulation/mutants.ts";
import { runSeeds } from "./simulation/seeds.ts";
import { printTable } from "./table.ts";

const scale = readScale();
const seedsMax = 400;

let program = "";
beforeAll(async () => {
  program = await bundle("run-seeds");
});

const killers: Record<string, string> = {};
afterAll(() => printTable(`broken consumers, and which seed shows it (drawn by seed ${scale.seed})`, killers));

/** A third of them in `npm test`, and others with another seed. */
test.each(share(Object.keys(mutants) as MutantName[], { of: 3, scale }))(
  "a consumer that %s is found out",
  async (mutant) => {
    const { shownFrom: first = 1 }: Mutant = mutants[mutant];
    const report = await runSeeds(program, { first, count: seedsMax, failuresMax: 1, mutant });
    const [death] = report.failures;
    const rules = new Set(death?.violations.map(({ rule }) => rule));
    killers[mutant] = death === undefined ? "none" : `${death.seed}: ${[...rules].join(", ")}`;
    // Not any promise, but one that such a consumer cannot keep.
    const { breaks } = mutants[mutant];
    expect({ mutant, found: breaks.filter((rule) => rules.has(rule)) }).not.toEqual({ mutant, found: [] });
  },
  patienceMs(scale),
);
