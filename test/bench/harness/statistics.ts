import type { Goal, Metric, Sample } from "./benchmark.ts";

/** What the rounds of one case came to, for one metric. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly best: number;
  /** The one that goals in numbers are held against. */
  readonly judged: number;
}

/** Case → what was measured, one sample a round, in the order of the rounds. */
export type Samples = Readonly<Record<string, readonly Sample[]>>;

/** Whether a goal is met. */
export interface Verdict extends Goal {
  /** The factor, or the number itself for an absolute goal. */
  readonly reached: number;
  readonly isMet: boolean;
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError("No values have no median.");
  return (lower + upper) / 2;
}

/** What one metric of one case came to. */
export function summarize(values: readonly number[], { better, judgedBy }: Metric): Summary {
  const middle = median(values);
  const min = Math.min(...values);
  const max = Math.max(...values);
  const best = better === "more" ? max : min;
  return { median: middle, min, max, best, judged: judgedBy === "best" ? best : middle };
}

/** A factor of one case to another, taken in two ways. Where they are far apart, the run was disturbed. */
export interface Factor {
  /** Of the best samples. */
  readonly best: number;
  /** The middle one of the factors of each round. */
  readonly median: number;
  /** The one that goals are held against. */
  readonly judged: number;
}

/** The factor of one case to another, whose samples are in the same order. */
export function factor(of: readonly number[], to: readonly number[], metric: Metric): Factor {
  const rounds = of.flatMap((value, round) => {
    const other = to[round];
    return other === undefined ? [] : [value / other];
  });
  const best = summarize(of, metric).best / summarize(to, metric).best;
  const middle = median(rounds);
  return { best, median: middle, judged: metric.judgedBy === "best" ? best : middle };
}

/** Holds what was measured against a goal. */
export function judge(goal: Goal, metric: Metric, samples: Samples): Verdict {
  const of = valuesOf(samples, goal.of, goal.metric);
  const reached =
    goal.to === undefined
      ? summarize(of, metric).judged
      : factor(of, valuesOf(samples, goal.to, goal.metric), metric).judged;
  return { ...goal, reached, isMet: metric.better === "more" ? reached >= goal.bound : reached <= goal.bound };
}

/** The values of one metric of one case, in the order of the rounds. */
export function valuesOf(samples: Samples, name: string, metric: string): readonly number[] {
  const own = samples[name];
  if (own === undefined)
    throw new RangeError(`There is no case ${name}; there are ${Object.keys(samples).join(", ")}.`);
  return own.map((sample) => {
    const value = sample[metric];
    if (value === undefined || !Number.isFinite(value)) throw new RangeError(`${name} did not measure ${metric}.`);
    return value;
  });
}
