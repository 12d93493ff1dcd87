import type { Benchmark, Sample, Scale } from "./benchmark.ts";
import { openCases } from "./case-pool.ts";
import { judge, type Samples, type Verdict } from "./statistics.ts";

/** How a benchmark is run. */
export interface RunOptions {
  readonly scale: Scale;
  readonly rounds: number;
  /** Told after each round. */
  readonly onRound: (round: number) => void;
}

/** What a run came to. */
export interface Outcome {
  readonly benchmark: Benchmark;
  readonly samples: Samples;
  readonly verdicts: readonly Verdict[];
}

/** Measures every case once a round. Each round begins with another case, so that none is always the first. */
export async function runBenchmark(benchmark: Benchmark, { scale, rounds, onRound }: RunOptions): Promise<Outcome> {
  const names = benchmark.cases.map(({ name }) => name);
  const samples: Record<string, Sample[]> = Object.fromEntries(names.map((name) => [name, []]));
  const pool = await openCases(benchmark, scale);
  try {
    for (let round = 0; round < rounds; round += 1) {
      const first = round % names.length;
      for (const name of [...names.slice(first), ...names.slice(0, first)]) {
        samples[name]?.push(await pool.sample(name));
      }
      onRound(round + 1);
    }
  } finally {
    await pool.close();
  }
  return { benchmark, samples, verdicts: verdictsOf(benchmark, samples) };
}

function verdictsOf({ name, goals, metrics }: Benchmark, samples: Samples): Verdict[] {
  return goals.map((goal) => {
    const metric = metrics[goal.metric];
    if (metric === undefined) throw new RangeError(`${name} has a goal for ${goal.metric}, which it does not measure.`);
    return judge(goal, metric, samples);
  });
}
