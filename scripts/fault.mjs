/**
 * Runs whole what `npm test` runs a part of: a hundred times as many kills, and many times as many simulated lives, every mistake of
 * handlers that the torture knows, every scenario as every provider plays it, every case of the benchmarks, every runtime that the SDK is
 * for, and a consumer that works through a million events. Prints their tables and the seed.
 *
 *     npm run test:fault                          # another seed each time
 *     DIRSYNC_TEST_SEED=4711 npm run test:fault   # the one that failed
 *     DIRSYNC_TEST_LIVES=1500 npm run test:fault  # sooner: a life takes a tenth of a second of one processor
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

const kills = process.env["DIRSYNC_TEST_KILLS"] ?? "500";
const seed = process.env["DIRSYNC_TEST_SEED"] ?? String(Date.now() % 1_000_000);
const lives = process.env["DIRSYNC_TEST_LIVES"] ?? "10000";
const soak = process.env["DIRSYNC_TEST_SOAK"] ?? "1000000";
const seeds = process.env["DIRSYNC_TEST_SEEDS"] ?? "120";
/** Besides the fault suites, all that `npm test` has a share of: `DIRSYNC_TEST_` and `scale.ts` are what to look for. */
const files = [
  "test/fault",
  "test/projects",
  "test/e2e/torture",
  "test/integration/rehearsals",
  "test/bench/bench",
  ".simulation",
  "fold.model",
  "mirror/check",
  "log-equals-lists",
];
/** Two are taken by simulations from the first minute to the last, and most of the others wait for what they have killed. */
const workers = process.env["VITEST_MAX_WORKERS"] ?? String(availableParallelism() + 4);
const { status, error } = spawnSync("vitest", ["run", ...files, ...process.argv.slice(2)], {
  stdio: "inherit",
  shell: process.platform === "win32",
  env: {
    ...process.env,
    DIRSYNC_TEST_KILLS: kills,
    DIRSYNC_TEST_LIVES: lives,
    DIRSYNC_TEST_SEEDS: seeds,
    DIRSYNC_TEST_SEED: seed,
    DIRSYNC_TEST_SOAK: soak,
    VITEST_MAX_WORKERS: workers,
  },
});
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
