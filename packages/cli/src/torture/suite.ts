/**
 * The whole torture: chapter by chapter, each a log of its own, which is delivered once without a fault and then, run by
 * run, with the faults that a tail's promises allow. What fails is shrunk, noted, and not looked for again.
 */
import { ConfigError } from "@dirsync/sdk";
import { writeChapter } from "./chapter.ts";
import { canonical, differences } from "./difference.ts";
import { Known } from "./known.ts";
import type { Laboratory } from "./laboratory.ts";
import type { Failure, Finding, LogEntry, Observation, Plan } from "./model.ts";
import { layOut } from "./order.ts";
import { drawPlans, type Sketch } from "./plans.ts";
import { judge } from "./judge.ts";
import { seededRandom } from "./random.ts";
import { carryOut } from "./run.ts";
import { shrink } from "./shrink.ts";

/** How much is tried. */
export interface SuiteOptions {
  readonly seed: number;
  /** Runs, at most. */
  readonly runs: number;
  /** The one run to be carried out, from 1 up; null for all. */
  readonly only: number | null;
  /** True once no run is to begin any more. */
  readonly isOver: () => boolean;
  readonly onProgress: (progress: Progress) => void;
}

/** Where it stands. */
export interface Progress {
  readonly run: number;
  readonly title: string;
  readonly findings: number;
}

/** What came of it. */
export interface Result {
  readonly findings: readonly Finding[];
  /** Runs carried out, without those that shrinking took. */
  readonly runs: number;
  /** Tries of events in them. */
  readonly events: number;
  /** False when the module exports no `torture`: lost and repeated effects cannot be told then. */
  readonly hasHarness: boolean;
  readonly end: "complete" | "enough" | "stopped" | "first_mend";
}

/** After each event of the first run, what goes on behind its promise is waited for, so long. */
const settleMs = 250;
/** Behind so many findings there is no point in going on. */
const findingsMax = 10;

/** Runs of a chapter: the clean one and those of `drawPlans`. */
export const chapterRuns = 21;

/** Tortures the handlers in a laboratory. @throws ConfigError when they cannot be used at all. */
export async function torture(laboratory: Laboratory, options: SuiteOptions): Promise<Result> {
  return await new Suite(laboratory, options).run();
}

class Suite {
  readonly #laboratory: Laboratory;
  readonly #options: SuiteOptions;
  readonly #known = new Known();
  readonly #findings: Finding[] = [];
  #runs = 0;
  #events = 0;
  #hasHarness = false;
  #end: Result["end"] = "complete";

  constructor(laboratory: Laboratory, options: SuiteOptions) {
    this.#laboratory = laboratory;
    this.#options = options;
  }

  async run(): Promise<Result> {
    const { runs, only } = this.#options;
    const chapters = only === null ? Math.ceil(runs / chapterRuns) : 1;
    const first = only === null ? 0 : Math.floor((only - 1) / chapterRuns);
    try {
      for (let chapter = first; chapter < first + chapters && this.#goesOn(); chapter += 1) await this.#play(chapter);
    } catch (error) {
      if (!this.#laboratory.conditions.signal.aborted) throw error;
      this.#end = "stopped";
    }
    const [findings, hasHarness] = [this.#findings, this.#hasHarness];
    return { findings, runs: this.#runs, events: this.#events, hasHarness, end: this.#end };
  }

  #goesOn(): boolean {
    if (this.#end !== "complete") return false;
    if (this.#findings.length >= findingsMax) this.#end = "enough";
    else if (this.#options.isOver()) this.#end = "stopped";
    return this.#end === "complete";
  }

  async #play(chapter: number): Promise<void> {
    const { seed, only, runs } = this.#options;
    const entries = await writeChapter(seed + chapter);
    const bench = new Bench(this.#laboratory, this.#known);
    const number = chapter * chapterRuns + 1;
    const clean = await this.#deliverCleanly({ bench, entries, number });
    if (this.#end !== "complete") return;
    const random = seededRandom((seed + chapter) ^ 0x5e_ed);
    const { lane } = this.#laboratory.conditions;
    const sketches = drawPlans({ entries, traces: clean.traces, lane, random });
    for (const [index, sketch] of sketches.entries()) {
      const own = number + index + 1;
      const isWanted = only === null ? own <= runs : own === only;
      if (isWanted && this.#goesOn()) await this.#attack({ bench, entries, number: own }, sketch);
    }
  }

  /** Delivers a chapter in order and without a fault: what the others are held against. */
  async #deliverCleanly(stage: Stage): Promise<Observation> {
    const { bench, entries, number } = stage;
    const { only } = this.#options;
    const plan: Plan = { entries, faults: [] };
    const isShown = only === null || only === number;
    if (isShown) this.#begin(number, { title: "in order, nothing injected", faults: [] }, entries.length);
    const clean = await carryOut(plan, this.#laboratory, { settleMs });
    bench.note(plan, clean);
    this.#hasHarness = clean.snapshot !== undefined;
    for (let found = bench.judge(plan, clean); found !== null; found = bench.judge(plan, clean)) {
      const isBlocking = found.verdict === "fails" || found.verdict === "hangs" || found.verdict === "exits";
      if (isShown) await this.#record({ ...stage, settleMs }, { plan, failure: found });
      // Shrinking may have ended at another event; this one must not come up again either.
      this.#known.add({ ...found, plan });
      if (isBlocking) this.#end = "first_mend";
      if (isBlocking) return clean;
    }
    // A replay has been checked when it was found.
    if (this.#hasHarness && number === 1) await this.#mustBeTelling(plan, clean);
    return clean;
  }

  /** A snapshot that differs by itself, or never, proves nothing. What has been found says why, if anything has. */
  async #mustBeTelling(plan: Plan, clean: Observation): Promise<void> {
    const problem = await this.#problemOf(plan, clean);
    if (problem === null) return;
    if (this.#findings.length === 0) throw new ConfigError(problem, { where: "torture.snapshot" });
    this.#end = "first_mend";
  }

  async #problemOf(plan: Plan, clean: Observation): Promise<string | null> {
    const again = await carryOut(plan, this.#laboratory, { settleMs: 0 });
    const [difference] = again.snapshot === undefined ? [] : differences(clean.snapshot, again.snapshot);
    if (difference !== undefined) {
      return `The snapshot differs between two runs without a fault, at ${difference.path}. Leave out what changes by itself, such as times and generated ids.`;
    }
    const empty = await carryOut({ entries: [], faults: [] }, this.#laboratory, { settleMs: 0 });
    if (canonical(empty.snapshot) !== canonical(clean.snapshot)) return null;
    return `The snapshot is the same before and after ${plan.entries.length} events, so it cannot show what the handlers do.`;
  }

  /** Carries out a run, again and again without the faults that are known, until it finds nothing new. */
  async #attack(stage: Stage, sketch: Sketch): Promise<void> {
    const { bench, entries, number } = stage;
    this.#begin(number, sketch, entries.length);
    while (this.#findings.length < findingsMax) {
      const plan: Plan = { entries, faults: this.#known.without(sketch.faults, entries) };
      if (plan.faults.length === 0) return;
      const failure = await bench.probe(plan, 0);
      if (failure === null) return;
      const { plan: smallest } = await this.#record({ ...stage, settleMs: 0 }, { plan, failure });
      // It fails by itself now and then, and would be found for ever.
      if (smallest.faults.length === 0) return;
    }
  }

  async #record(
    { bench, number, settleMs: waitMs }: Stage & { readonly settleMs: number },
    failing: { readonly plan: Plan; readonly failure: Failure },
  ): Promise<Finding> {
    const { plan, failure } = await shrink(failing, (smaller) => bench.probe(smaller, waitMs));
    const { faults } = layOut(plan, this.#laboratory.conditions.lane);
    const finding: Finding = { ...failure, plan: { ...plan, faults }, traces: bench.traces, run: number };
    this.#known.add(finding);
    this.#findings.push(finding);
    return finding;
  }

  #begin(run: number, { title }: Sketch, events: number): void {
    this.#runs += 1;
    this.#events += events;
    this.#options.onProgress({ run, title, findings: this.#findings.length });
  }
}

interface Stage {
  readonly bench: Bench;
  readonly entries: readonly LogEntry[];
  readonly number: number;
}

/** Carries plans of one chapter out and holds them against the same events without a fault. */
class Bench {
  traces: Observation["traces"] = new Map();
  readonly #laboratory: Laboratory;
  readonly #known: Known;
  readonly #clean = new Map<string, Observation>();

  constructor(laboratory: Laboratory, known: Known) {
    this.#laboratory = laboratory;
    this.#known = known;
  }

  /** Keeps what came of a plan without faults. */
  note(plan: Plan, observation: Observation): void {
    if (this.#clean.size === 0) this.traces = observation.traces;
    this.#clean.set(keyOf(plan), observation);
  }

  judge(plan: Plan, observation: Observation): Failure | null {
    const { faults } = layOut(plan, this.#laboratory.conditions.lane);
    const isKnown = this.#known.isKnown(plan.entries);
    return judge(observation, faults, { snapshot: this.#clean.get(keyOf(plan))?.snapshot, isKnown });
  }

  async probe(plan: Plan, waitMs: number): Promise<Failure | null> {
    if (plan.entries.length === 0) return null;
    if (plan.faults.length > 0 && !this.#clean.has(keyOf(plan))) {
      this.note(plan, await carryOut({ ...plan, faults: [] }, this.#laboratory, { settleMs: 0 }));
    }
    // What fails without a fault says nothing about one.
    const clean = plan.faults.length === 0 ? undefined : this.#clean.get(keyOf(plan));
    if (
      clean !== undefined &&
      judge(clean, [], { snapshot: undefined, isKnown: this.#known.isKnown(plan.entries) }) !== null
    ) {
      return null;
    }
    return this.judge(plan, await carryOut(plan, this.#laboratory, { settleMs: waitMs }));
  }
}

function keyOf({ entries }: Plan): string {
  return entries.map(({ seq }) => seq).join(",");
}
