/**
 * `npm run bench -- [NAME…] [--quick | --rounds N] [--json]`
 *
 * Prints tables to standard output and progress to standard error. Whether a goal is met is printed and not enforced:
 * a busy machine is no defect.
 */
import { parseArgs } from "node:util";
import { measuredPackages, selectBenchmarks } from "./benchmarks.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { describeMachine } from "./harness/machine.ts";
import { report } from "./harness/report.ts";
import { type Outcome, runBenchmark } from "./harness/run-benchmark.ts";

const quickRounds = 3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    // One round of next to nothing: shows that every case works.
    tiny: { type: "boolean", default: false },
  },
});

const selected = await selectBenchmarks(positionals);
if (selected.length === 0) {
  const all = await selectBenchmarks([]);
  throw new Error(`No benchmark is called so. There are ${all.map(({ name }) => name).join(", ")}.`);
}
const machine = describeMachine(measuredPackages);
const outcomes: Outcome[] = [];
for (const benchmark of selected) outcomes.push(await run(benchmark));
process.stdout.write(values.json ? `${JSON.stringify({ machine, outcomes }, null, 2)}\n` : textOf(outcomes));

async function run(benchmark: Benchmark): Promise<Outcome> {
  const rounds = roundsOf(benchmark);
  const { stderr } = process;
  stderr.write(`${benchmark.name}: ${rounds} rounds\n`);
  // A terminal sees it count; a log gets one line.
  const onRound = (round: number): void =>
    void (stderr.isTTY && stderr.write(`\r${round}${round === rounds ? "\n" : ""}`));
  return runBenchmark(benchmark, { scale: values.tiny ? "tiny" : "full", rounds, onRound });
}

function roundsOf(benchmark: Benchmark): number {
  if (values.tiny) return 1;
  if (values.rounds !== undefined) return wholeNumber(values.rounds);
  return values.quick ? Math.min(quickRounds, benchmark.rounds) : benchmark.rounds;
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Error(`--rounds must be a whole number from 1 to 9999, not "${text}".`);
}

function textOf(all: readonly Outcome[]): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const where = `${machine.date}, Node ${machine.node}, ${machine.system}, ${machine.processor}, load ${machine.load.toFixed(1)}`;
  const missed = all.flatMap(({ verdicts }) => verdicts).filter(({ isMet }) => !isMet).length;
  const end = missed === 0 ? "Every goal is met." : `${missed} of the goals missed.`;
  return `${[where, versions.join(", "), ...all.map(report), end].join("\n\n")}\n`;
}
