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
/** Most events that are looked at as the one to be overtaken. */
const targetsMax = 4;

/** The smallest plan found that fails in the same way: fewer faults first, then fewer events. */
export async function shrink(start: Failing, probe: Probe): Promise<Failing> {
  const search = new Search(start, probe);
  await search.narrow();
  await search.faults();
  await search.events();
  // Fewer events may need fewer faults, and other faults fewer events.
  await search.faults();
  await search.events();
  return search.best;
}

class Search {
  best: Failing;
  readonly #probe: Probe;
  readonly #wanted: Failure;
  /** Plans that did not fail. */
  readonly #passed = new Set<string>();
  #probes = 0;

  constructor(start: Failing, probe: Probe) {
    this.best = start;
    this.#wanted = start.failure;
    this.#probe = probe;
  }

  /** Goes for what the failure itself names. Mostly that is enough, and one or two runs tell. */
  async narrow(): Promise<void> {
    const { plan } = this.best;
    const named = this.#named();
    const faults = plan.faults.filter(({ at }) => named.has(at));
    if (named.size === 0 || named.size === plan.entries.length) return;
    const few = this.#without(foundations(plan.entries, named));
    if (await this.#fails({ ...few, faults: few.faults.filter(({ at }) => named.has(at)) })) return;
    if (await this.#fails(few)) return;
    if (faults.length < plan.faults.length) await this.#fails({ ...plan, faults });
  }

  async faults(): Promise<void> {
    const { entries, faults } = this.best.plan;
    await minimise(faults, (kept) => this.#fails({ entries, faults: kept }));
    await this.#shorten();
  }

  /** Places of the events about what differs, or of the one that made trouble and its people. */
  #named(): ReadonlySet<number> {
    const { plan, failure } = this.best;
    const { differences, trouble } = failure;
    const culprit = plan.entries.find(({ seq }) => seq === trouble?.at);
    const told = JSON.stringify(culprit === undefined ? differences : keysOf(culprit.event.data));
    const named = plan.entries.filter(({ event }) => keysOf(event.data).some((key) => told.includes(key)));
    return new Set(named.map(({ seq }) => seq));
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
    const places = plan.faults.flatMap((fault) => (fault.kind === "together" ? [fault.at, fault.beside] : [fault.at]));
    return new Set(failure.trouble === null ? places : [...places, failure.trouble.at]);
  }

  #without(kept: readonly LogEntry[]): Plan {
    const entries = plausible(kept);
    const has = (place: number): boolean => entries.some(({ seq }) => seq === place);
    // One that overtakes goes as far as it can, whoever is left there.
    const faults = this.best.plan.faults.filter(
      (fault) => has(fault.at) && (fault.kind !== "together" || has(fault.beside)),
    );
    return { entries, faults };
  }

  /** A crash that repeats one event only, and the nearest event that has to be overtaken, if that is enough. */
  async #shorten(): Promise<void> {
    const { faults } = this.best.plan;
    for (const [index, fault] of faults.entries()) {
      for (const simpler of this.#simpler(fault)) {
        if (await this.#fails({ ...this.best.plan, faults: replaceAt(this.best.plan.faults, index, simpler) })) break;
      }
    }
  }

  /** The same fault in less, the least first. */
  #simpler(fault: Fault): readonly Fault[] {
    if (fault.kind === "crash_after") return fault.span > 1 ? [{ ...fault, span: 1 }] : [];
    if (fault.kind !== "overtake") return [];
    const between = this.best.plan.entries.filter(({ seq }) => seq > fault.beside && seq < fault.at);
    return between
      .reverse()
      .slice(0, targetsMax)
      .map(({ seq }) => ({ ...fault, beside: seq }));
  }

  async #fails(plan: Plan): Promise<boolean> {
    // Nothing differs from itself.
    if (plan.faults.length === 0 && this.#wanted.trouble === null) return false;
    const key = JSON.stringify([plan.entries.map(({ seq }) => seq), plan.faults]);
    if (this.#probes >= probesMax || this.#passed.has(key)) return false;
    this.#probes += 1;
    const failure = await this.#probe(plan);
    if (failure === null || !isSame(failure, this.#wanted)) {
      this.#passed.add(key);
      return false;
    }
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

function replaceAt<T>(items: readonly T[], index: number, item: T): readonly T[] {
  return items.map((one, place) => (place === index ? item : one));
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
