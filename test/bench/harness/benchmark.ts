/**
 * What a benchmark is: the same work done by the least code that can do it (the limit), by others (peers) and by us.
 *
 * Each case that is measured lives in a process of its own, so that no case runs on code the engine has shaped for
 * another, and the cases take turns round after round, so that whatever else the machine does hits all of them alike. Only
 * ratios of one run mean anything.
 */

/** One measurement: metric name → value. Every sample of a benchmark has the same names. */
export type Sample = Readonly<Record<string, number>>;

/** What a case is opened with. */
export interface Setting {
  /** The size of the work. `tiny` only shows that a case works; its numbers mean nothing. */
  readonly scale: Scale;
  /** Where the benchmark's service is; empty when it has none. */
  readonly url: string;
}

/** How much work a sample is. */
export type Scale = "full" | "tiny";

/** A case that is ready to be measured. */
export interface Subject {
  /** Does the work once. Throws when it does not come to the right result: a fast wrong answer is no measurement. */
  sample(): Sample | Promise<Sample>;
}

/** One way to do the work. */
export interface Case {
  readonly name: string;
  readonly role: "limit" | "peer" | "ours";
  /** Loads what the case needs, here and not before: other cases must not pay for it. */
  open(setting: Setting): Promise<Subject>;
}

/** How a metric is read. */
export interface Metric {
  readonly unit: string;
  readonly better: "more" | "less";
  /**
   * What factors and goals are taken from. `best`: the best sample of each, for times on the clock, which a disturbance only
   * ever makes longer. `median`: the middle one of the factors of each round, for the rest.
   */
  readonly judgedBy: "best" | "median";
}

/** What is promised of a case: a factor to another case, or a number. */
export interface Goal {
  readonly metric: string;
  readonly of: string;
  /** Left out where the goal is an absolute number, in the unit of the metric. */
  readonly to?: string;
  /** Which way is allowed follows from the metric: at least this where more is better, at most this where less is. */
  readonly bound: number;
}

/** A service that the cases talk to, in a process of its own. */
export interface Service {
  readonly url: string;
}

/** One question, and those who answer it. */
export interface Benchmark {
  /** Lower case with slashes; what `npm run bench -- NAME` selects by. */
  readonly name: string;
  readonly title: string;
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly cases: readonly Case[];
  readonly goals: readonly Goal[];
  /** Rounds of a whole run. Sizes need one, what is noisy needs many. */
  readonly rounds: number;
  serve?(scale: Scale): Promise<Service>;
  /** Variables that the processes of the cases get besides those of this one. Asked for once, before they are started. */
  environment?(): Readonly<Record<string, string>>;
}
