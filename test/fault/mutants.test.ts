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
const triesMax = 3;
/** From one look to the next that finds something else. */
const seedsApart = 1_000;

let program = "";
beforeAll(async () => {
  program = await bundle("run-seeds");
});

const killers: Record<string, string> = {};
afterAll(() => printTable(`broken consumers, and which seed shows it (drawn by seed ${scale.seed})`, killers));

/** A sixth of them in `npm test`, and others with another seed. */
test.each(share(Object.keys(mutants) as MutantName[], { of: 6, scale }))(
  "a consumer that %s is found out",
  async (mutant) => {
    const { breaks, shownFrom = 1 }: Mutant = mutants[mutant];
    const isShown = (rules: ReadonlySet<string>): boolean => breaks.some((rule) => rules.has(rule));
    let rules: ReadonlySet<string> = new Set();
    // Whatever changes in the product changes what happens in a life: another one may show it, or another of its faults.
    for (let first = shownFrom, tries = 1; tries <= triesMax && !isShown(rules); tries += 1) {
      const report = await runSeeds(program, { first, count: seedsMax, failuresMax: 1, mutant });
      const [death] = report.failures;
      first = death === undefined ? tries * seedsApart : death.seed + 1;
      if (death === undefined) continue;
      rules = new Set(death.violations.map(({ rule }) => rule));
      killers[mutant] = `${death.seed}: ${[...rules].join(", ")}`;
    }
    // Not any promise, but one that such a consumer cannot keep.
    expect({ mutant, breaks, broken: [...rules].filter((rule) => breaks.includes(rule)) }).not.toEqual({
      mutant,
      breaks,
      broken: [],
    });
  },
  patienceMs(scale),
);
