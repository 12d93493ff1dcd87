import { readFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { runShares } from "../seed-shares.ts";
import type { Patch } from "./mutants.ts";

/** What lives came to. */
export interface LivesReport {
  lives: number;
  readonly counts: Record<string, number>;
  readonly failures: { readonly seed: number; readonly wrong: readonly string[] }[];
}

/** Which lives are lived. */
export interface LivesRange {
  readonly first: number;
  readonly count: number;
  /** Failing seeds after which a process stops, and all others at the end of the life they are in. Default 3. */
  readonly failuresMax?: number;
  /** Default one for each core. */
  readonly processesMax?: number;
  readonly readsLogAfterwards?: boolean;
}

const here = fileURLToPath(new URL(".", import.meta.url));
const cache = fileURLToPath(new URL("../../.cache/", import.meta.url));
const source = fileURLToPath(new URL("../../../packages/consumer/src/", import.meta.url));

/** A program of the product with some lines changed. It lies inside the workspace, where native modules are found. */
export interface Program {
  readonly path: string;
  remove(): void;
}

/**
 * Makes the program that lives lives.
 * @throws Error when a line that is to be changed is not there exactly once: then the mutant would be no mutant.
 */
export async function bundleLives(patches: readonly Patch[] = []): Promise<Program> {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "scans-"));
  const path = join(folder, "run-lives.mjs");
  await build({
    entryPoints: [join(here, "run-lives.ts")],
    outfile: path,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@dirsync/source"],
    // The one is native; the other is never used, because the service is a function.
    external: ["better-sqlite3", "undici"],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: "error",
    plugins: [patched(patches)],
  });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Lives the lives of consecutive seeds. */
export async function runLives(program: Program, range: LivesRange): Promise<LivesReport> {
  const { failuresMax = 3, readsLogAfterwards = false } = range;
  const args = readsLogAfterwards ? ["afterwards"] : [];
  return (await runShares<LivesReport>(program.path, { ...range, failuresMax, args })).reduce(merged);
}

/** What to print about lives that failed, and how to see one again. */
export function tellFailures({ failures }: LivesReport): string {
  return failures
    .map(({ seed, wrong }) => {
      const again = `DIRSYNC_TEST_SEED=${seed} DIRSYNC_TEST_LIVES=1 npx vitest run test/fault/scans.test.ts`;
      return [`seed ${seed}; again with: ${again}`, ...wrong].join("\n  ");
    })
    .join("\n\n");
}

function patched(patches: readonly Patch[]): Plugin {
  const files = new Map<string, Patch[]>();
  for (const patch of patches) {
    const path = join(source, patch.file);
    files.set(path, [...(files.get(path) ?? []), patch]);
  }
  return {
    name: "patched",
    setup: (builder) => {
      builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const changes = files.get(path);
        if (changes === undefined) return null;
        let contents = readFileSync(path, "utf8");
        for (const { line, becomes } of changes) {
          const times = contents.split(line).length - 1;
          if (times !== 1) throw new Error(`${path} has ${times} times, and not once: ${line}`);
          contents = contents.replace(line, () => becomes);
        }
        return { contents, loader: "ts" };
      });
    },
  };
}

function merged(left: LivesReport, right: LivesReport): LivesReport {
  const names = [...new Set([...Object.keys(left.counts), ...Object.keys(right.counts)])];
  return {
    lives: left.lives + right.lives,
    counts: Object.fromEntries(names.map((name) => [name, (left.counts[name] ?? 0) + (right.counts[name] ?? 0)])),
    failures: [...left.failures, ...right.failures].sort((one, other) => one.seed - other.seed),
  };
}
