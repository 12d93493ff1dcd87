import { runShares } from "../seed-shares.ts";
import type { MutantName } from "./mutants.ts";
import type { SeedFailure, SeedsReport } from "./seeds-report.ts";

/** Which lives are lived. */
export interface SeedRange {
  readonly first: number;
  readonly count: number;
  /** Failing seeds after which a process stops, and all others at the end of the life they are in. Default 3. */
  readonly failuresMax?: number;
  /** How the consumer is broken, so that few lives show it. Default not at all. */
  readonly mutant?: MutantName;
}

/** Lives the lives of consecutive seeds with a program that `bundle` made, on all cores unless few are needed. */
export async function runSeeds(
  program: string,
  { first, count, failuresMax = 3, mutant }: SeedRange,
): Promise<SeedsReport> {
  const broken = mutant === undefined ? {} : { args: [mutant], processesMax: 1 };
  return (await runShares<SeedsReport>(program, { first, count, failuresMax, ...broken })).reduce(merged);
}

/** What to print about seeds that failed: enough to see what went wrong, and how to see it again. */
export function tellFailures({ failures }: SeedsReport): string {
  return failures.map(tellFailure).join("\n\n");
}

function tellFailure({ seed, violations, lines }: SeedFailure): string {
  const broken = violations.map(({ rule, message, at }) => `  ${rule}: ${message} (record ${at})`);
  const again = `DIRSYNC_TEST_SEED=${seed} DIRSYNC_TEST_LIVES=1 npx vitest run test/fault/simulation.test.ts`;
  return [`seed ${seed}; again with: ${again}`, ...broken, ...lines].join("\n");
}

function merged(left: SeedsReport, right: SeedsReport): SeedsReport {
  return {
    seeds: left.seeds + right.seeds,
    records: left.records + right.records,
    elapsedMs: left.elapsedMs + right.elapsedMs,
    hashes: { ...left.hashes, ...right.hashes },
    faults: sum(left.faults, right.faults),
    ops: sum(left.ops, right.ops),
    failures: [...left.failures, ...right.failures].sort((one, other) => one.seed - other.seed),
  };
}

function sum(left: Readonly<Record<string, number>>, right: Readonly<Record<string, number>>): Record<string, number> {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return Object.fromEntries(names.map((name) => [name, (left[name] ?? 0) + (right[name] ?? 0)]));
}
