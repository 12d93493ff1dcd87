/**
 * Runs whole what `npm test` runs a part of, prints tables of what was done, and the seed.
 *
 * `faults`: all that is to show what becomes of tails and services under faults. A hundred times as many kills, and many times as
 * many simulated lives, every consumer that is broken on purpose, and a consumer that works through a million events.
 *
 *     npm run test:fault                          # another seed each time
 *     DIRSYNC_TEST_SEED=4711 npm run test:fault   # the one that failed
 *     DIRSYNC_TEST_LIVES=1500 npm run test:fault  # sooner: a life takes a tenth of a second of one processor
 *
 * `rest`: every mistake of handlers that the torture knows, every scenario as every provider plays it, every case of the benchmarks, and
 * every runtime that the SDK is for.
 *
 *     npm run test:rest
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** All that `npm test` has a share of: `DIRSYNC_TEST_` and `scale.ts` are what to look for. @type {Readonly<Record<string, readonly string[]>>} */
const parts = {
  faults: ["test/fault", ".simulation", "fold.model", "mirror/check", "log-equals-lists"],
  rest: ["test/projects", "test/e2e/torture", "test/integration/rehearsals", "test/bench/bench"],
};

const [part = "", ...flags] = process.argv.slice(2);
const files = parts[part];
if (files === undefined) throw new Error(`Name one of ${Object.keys(parts).join(", ")}, not "${part}".`);
const kills = process.env["DIRSYNC_TEST_KILLS"] ?? "500";
const seed = process.env["DIRSYNC_TEST_SEED"] ?? String(Date.now() % 1_000_000);
const lives = process.env["DIRSYNC_TEST_LIVES"] ?? "10000";
const soak = process.env["DIRSYNC_TEST_SOAK"] ?? "1000000";
const seeds = process.env["DIRSYNC_TEST_SEEDS"] ?? "120";
/** Two are taken by simulations from the first minute to the last, and most of the others wait for what they have killed. */
const workers = process.env["VITEST_MAX_WORKERS"] ?? String(availableParallelism() + 4);
const { status, error } = spawnSync("vitest", ["run", ...files, ...flags], {
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
