/**
 * Lives the lives of a range of seeds and prints what they came to, as JSON. Arguments: the first seed, how many, the
 * step from one to the next, how many failing seeds are enough, and the name of a broken consumer, if one is meant.
 * When its standard input ends, the life that is being lived is the last one.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopsWithInput } from "../seed-shares.ts";
import type { Mutant } from "./mutant.ts";
import { type MutantName, mutants } from "./mutants.ts";
import { simulate } from "./simulate.ts";
import type { SeedsReport } from "./seeds-report.ts";

async function main(first: number, count: number, step: number): Promise<SeedsReport> {
  // In memory where that is possible: what a power cut does is not asked here.
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "dirsync-simulation-"));
  const failuresMax = Number(process.argv[5]);
  const mutant = process.argv[6] === undefined ? {} : mutants[process.argv[6] as MutantName];
  const report: SeedsReport = { seeds: 0, records: 0, elapsedMs: 0, hashes: {}, faults: {}, ops: {}, failures: [] };
  const isEnough = stopsWithInput();
  try {
    for (let index = 0; index < count && report.failures.length < failuresMax && !isEnough(); index += 1) {
      const seed = first + index * step;
      await add(seed, { folder, report, mutant });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report;
}

interface Adding {
  readonly folder: string;
  readonly report: SeedsReport;
  readonly mutant: Partial<Mutant>;
}

async function add(seed: number, { folder, report, mutant }: Adding): Promise<void> {
  const life = await simulate(seed, folder, mutant);
  report.seeds += 1;
  report.records += life.records.length;
  report.elapsedMs += life.elapsedMs;
  report.hashes[seed] = life.hash;
  for (const [name, times] of life.happened) report.faults[name] = (report.faults[name] ?? 0) + times;
  for (const { op } of life.records) report.ops[op] = (report.ops[op] ?? 0) + 1;
  if (life.violations.length === 0) return;
  const [first] = life.violations;
  const before = life.records.slice(Math.max(0, (first?.at ?? 0) - 25), (first?.at ?? 0) + 1);
  const lines = before.map((record) => JSON.stringify(record));
  report.failures.push({ seed, violations: life.violations.slice(0, 5), lines });
}

const [first = 1, count = 1, step = 1] = process.argv.slice(2).map(Number);
void main(first, count, step).then((report) => {
  // Timers of processes that were killed may still be running.
  process.stdout.write(JSON.stringify(report), () => process.exit(0));
});
