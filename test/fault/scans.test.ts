/**
 * Scans in simulated time: a consumer as an app gets it, on a real state file, beside a service that changes all the time,
 * whose log and lists show changes at different moments, and whose lists lose their place; killed in the middle of scans.
 * From the moment a scan is complete, the mirror must be what the log says at the cursor, after every single commit.
 */
import { afterAll, describe, expect, test } from "vitest";
import { isWhole, patienceMs, readScale, share } from "./scale.ts";
import { bundleLives, runLives, tellFailures } from "./scans/lives.ts";
import { type ScanMutant, type ScanMutantName, scanMutants } from "./scans/mutants.ts";
import { printTable } from "./table.ts";

const scale = readScale();
const lives = Math.ceil(scale.lives / (isWhole(scale) ? 10 : 4));
/** Each mistake shows within some tens of lives, wherever one begins. One that needs more is hardly tried: then the lives lack something. */
const mutantLivesMax = 400;

/** Lists of these lives are short: so that they are searched part by part as well, a part is two rows. */
const shortParts = { file: "scan/unlisted.ts", line: "const partRows = 5_000;", becomes: "const partRows = 2;" };

test.each([
  ["", [], lives],
  [", also where it searches lists part by part", [shortParts], Math.ceil(lives / 4)],
])(
  "a mirror whose scan is complete is what upstream's log says, at every commit%s",
  async (_where, patches, count) => {
    const startedMs = performance.now();
    const program = await bundleLives(patches);
    try {
      const report = await runLives(program, { first: scale.firstLife, count });
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
      printTable(`scans simulated (seeds from ${scale.firstLife})`, {
        lives: report.lives,
        ...report.counts,
        "wall, s": seconds,
      });
      expect(tellFailures(report)).toBe("");
      expect(report.lives).toBe(count);
      // The control: what never happened proved nothing.
      const needed = [
        "commits compared",
        "kills in a scan",
        "places lost",
        "scans for a gap",
        "approvals",
        "strangers",
      ];
      if (count >= 300) expect(needed.filter((what) => (report.counts[what] ?? 0) === 0)).toEqual([]);
    } finally {
      program.remove();
    }
  },
  patienceMs(scale),
);

describe("a consumer that scans in a way that only looks right", () => {
  const killers: Record<string, string> = {};
  afterAll(() => printTable("wrong scans, and which seed shows it", killers));

  test.each(share(Object.keys(scanMutants) as ScanMutantName[], { of: 6, scale }))(
    "is found out when it %s",
    async (name) => {
      const { patches, readsLogAfterwards = false, shownFrom = 1 }: ScanMutant = scanMutants[name];
      const program = await bundleLives(patches);
      try {
        const range = {
          first: shownFrom,
          count: mutantLivesMax,
          failuresMax: 1,
          processesMax: 1,
          readsLogAfterwards,
        };
        const { failures } = await runLives(program, range);
        killers[name] = String(failures[0]?.seed ?? "none");
        // Not that it does not run, but that it does not come to what is true.
        expect(failures[0]?.wrong.join() ?? "nothing was found").not.toMatch(/The consumer ended|nothing was found/);
      } finally {
        program.remove();
      }
    },
    patienceMs(scale),
  );
});
