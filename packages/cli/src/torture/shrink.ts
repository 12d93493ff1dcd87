import type { Failure, Fault, LogEntry, Plan } from "./model.ts";
import { foundations, plausible } from "./plausible.ts";

/** Carries a plan out and says what is wrong with it, or null. */
export type Probe = (plan: Plan) => Promise<Failure | null>;

/** A plan that fails, and how. */
export interface Failing {
  readonly plan: Plan;
  readonly failure: Failure;
}

/** Most runs that shrinking one failure takes. What it has reached then is shown. */
const probesMax = 70;

/** The smallest plan found that fails in the same way: fewer faults first, then fewer events. */
export async function shrink(start: Failing, probe: Probe): Promise<Failing> {
  const search = new Search(start, probe);
  await search.faults();
  await search.events();
  // Fewer events may need fewer faults.
  await search.faults();
  return search.best;
}

class Search {
  best: Failing;
  readonly #probe: Probe;
  readonly #wanted: Failure;
  #probes = 0;

  constructor(start: Failing, probe: Probe) {
    this.best = start;
    this.#wanted = start.failure;
    this.#probe = probe;
  }

  async faults(): Promise<void> {
    const { entries } = this.best.plan;
    const suspects = this.#suspects();
    if (suspects.length < this.best.plan.faults.length) await this.#fails({ entries, faults: suspects });
    const { faults } = this.best.plan;
    await minimise(faults, (kept) => this.#fails({ entries, faults: kept }));
    await this.#shorten();
  }

  /** The faults of events that the failure itself names. Mostly they are enough, and one run tells. */
  #suspects(): readonly Fault[] {
    const { plan, failure } = this.best;
    const told = JSON.stringify(failure.differences);
    const isNamed = ({ seq, event }: LogEntry): boolean =>
      failure.trouble === null ? keysOf(event.data).some((key) => told.includes(key)) : failure.trouble.at === seq;
    const named = new Set(plan.entries.filter(isNamed).map(({ seq }) => seq));
    return plan.faults.filter(({ at }) => named.has(at));
  }

  async events(): Promise<void> {
    const { entries } = this.best.plan;
    for (const few of [this.#needed(entries), this.#related(entries)]) {
      if (few.length < entries.length && (await this.#fails(this.#without(few)))) break;
    }
    await minimise(this.best.plan.entries, (kept) => this.#fails(this.#without(kept)));
  }

  /** What the faults are about, and what that rests on. */
  #needed(entries: readonly LogEntry[]): readonly LogEntry[] {
    return foundations(entries, this.#touched());
  }

  /** The same, and everything else about the same people and teams. */
  #related(entries: readonly LogEntry[]): readonly LogEntry[] {
    const touched = this.#touched();
    const keys = new Set(entries.filter(({ seq }) => touched.has(seq)).flatMap(({ event }) => keysOf(event.data)));
    const isRelated = ({ event }: LogEntry): boolean => keysOf(event.data).some((key) => keys.has(key));
    return foundations(entries, new Set(entries.filter(isRelated).map(({ seq }) => seq)));
  }

  #touched(): ReadonlySet<number> {
    const { plan, failure } = this.best;
    const places = plan.faults.flatMap((fault) => ("beside" in fault ? [fault.at, fault.beside] : [fault.at]));
    return new Set(failure.trouble === null ? places : [...places, failure.trouble.at]);
  }

  #without(kept: readonly LogEntry[]): Plan {
    const entries = plausible(kept);
    const has = (place: number): boolean => entries.some(({ seq }) => seq === place);
    const faults = this.best.plan.faults.filter(
      (fault) => has(fault.at) && (!("beside" in fault) || has(fault.beside)),
    );
    return { entries, faults };
  }

  /** A crash that repeats one event only, if that is enough. */
  async #shorten(): Promise<void> {
    const { entries, faults } = this.best.plan;
    const short = faults.map((fault) => (fault.kind === "crash_after" ? { ...fault, span: 1 } : fault));
    const isLong = faults.some((fault) => fault.kind === "crash_after" && fault.span > 1);
    if (isLong) await this.#fails({ entries, faults: short });
  }

  async #fails(plan: Plan): Promise<boolean> {
    if (this.#probes >= probesMax) return false;
    this.#probes += 1;
    const failure = await this.#probe(plan);
    if (failure === null || !isSame(failure, this.#wanted)) return false;
    this.best = { plan, failure };
    return true;
  }
}

/**
 * Delta debugging: leaves out halves, quarters and so on down to single items, as long as what is left still fails.
 * `fails` may leave out more than it was asked to.
 */
export async function minimise<T>(
  items: readonly T[],
  fails: (kept: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1 && kept.length > 0;) {
    let hasShrunk = false;
    // From the end, because what comes later rests on what comes earlier.
    for (let from = Math.max(0, kept.length - size); kept.length > 0; from -= size) {
      const start = Math.max(0, from);
      const rest = [...kept.slice(0, start), ...kept.slice(from + size)];
      if (rest.length < kept.length && (await fails(rest))) {
        kept = rest;
        hasShrunk = true;
      }
      if (start === 0) break;
    }
    if (size === 1 && !hasShrunk) break;
    size = Math.min(size === 1 ? 1 : Math.ceil(size / 2), Math.max(1, kept.length));
  }
  return kept;
}

function isSame(one: Failure, other: Failure): boolean {
  if (one.trouble !== null || other.trouble !== null) return one.trouble?.kind === other.trouble?.kind;
  return one.differences.length > 0;
}

function keysOf(data: Readonly<Record<string, unknown>>): readonly string[] {
  const { id, email, user, group } = data;
  const own = [id, email].filter((value) => typeof value === "string");
  const nested = [user, group].flatMap((end) =>
    typeof end === "object" && end !== null ? keysOf(end as Readonly<Record<string, unknown>>) : [],
  );
  return [...own, ...nested];
}
