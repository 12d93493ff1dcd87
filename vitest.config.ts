import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { takeMachineCertificates } from "./scripts/machine-certificates.mjs";

// Tests of a package run from its source, so that no build can be stale.
// Not "module": what is resolved is loaded by Node, and behind that condition some packages keep files only bundlers can read.
const conditions = ["@dirsync/source", "node", "development|production"];

/** Where the files are that take longest, most of them waiting for processes, so that none of them is left alone at the end. */
const longest = /^test\/(?:bench\/bench|docs|e2e\/|fault\/|gates|integration\/|projects\/)/;

/** Among those the ones that work without a pause, for minutes where they are run whole: whatever else waits, they fill the time. */
const busiest = /^test\/fault\/(?:(?:simulation|scans|mutants|soak)\.test|scan-memory|backfill|kill-)/;

/** As vitest orders them, but the longest first, whatever a clean checkout knows of them. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const path = relative(this.ctx.config.root, moduleId);
      if (busiest.test(path)) return 0;
      return longest.test(path) ? 1 : 2;
    };
    return sorted.sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // More than there are processors: most tests wait for processes and sockets.
    maxWorkers: availableParallelism() * 2,
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "./scripts/counts-reporter.mjs"],
    // Files in a row share a process, and in it what they import: to load the packages anew for each takes longer than
    // most files take to run. It is safe because importing one of our modules does nothing, and none keeps state.
    isolate: false,
    env: takeMachineCertificates(),
    // One project: each would transform the packages for itself, in processes of its own.
    include: ["test/**/*.test.ts", "packages/*/src/**/*.test.ts"],
    // Far longer than anything takes, several processes and their pauses between tries among it, on a machine that has other
    // things to do: a test that hangs still says so.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // For `npm run coverage`: the core by the consumer's own tests alone. That it also is what test/fault runs for hours of
    // virtual time does not count here. What is left are mostly answers that types ask for and SQLite never gives.
    coverage: {
      include: ["packages/consumer/src/{dispatch,ingest,journal}/*.ts"],
      exclude: ["**/*.test.ts"],
      reporter: ["text-summary", "html"],
      thresholds: {
        "packages/consumer/src/dispatch/*.ts": { branches: 95 },
        "packages/consumer/src/ingest/*.ts": { branches: 95 },
        "packages/consumer/src/journal/*.ts": { branches: 95 },
      },
    },
  },
});
