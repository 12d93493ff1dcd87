import type { Fault, FaultKind, Finding, LogEntry, Trouble } from "./model.ts";

/** Faults that show the same kind of mistake. After two findings of a family, more would only repeat them. */
const families: Readonly<Record<FaultKind, string>> = {
  again: "repetition",
  crash_after: "death",
  crash_inside: "death",
  restart: "death",
  refuse: "refusal",
  cut_off: "refusal",
  overtake: "order",
  together: "order",
  redrive: "redrive",
};

const perFamilyMax = 2;

/** An event that is not taken twice fails under each of these, too. */
const repeating: readonly FaultKind[] = ["again", "crash_after", "crash_inside", "refuse", "cut_off"];

/** What has been found. It is not injected again, so that each run can find something new. */
export class Known {
  readonly #faults = new Set<string>();
  readonly #troubles = new Set<string>();
  readonly #families = new Map<string, number>();

  /** Takes a finding in. */
  add({ plan, trouble }: Pick<Finding, "plan" | "trouble">): void {
    const { entries, faults } = plan;
    if (faults.length === 0 && trouble !== null) this.#troubles.add(`${trouble.kind} ${nameAt(trouble.at, entries)}`);
    for (const { kind, at } of faults) {
      const name = nameAt(at, entries);
      for (const one of kind === "again" ? repeating : [kind]) this.#faults.add(`${one} ${name}`);
    }
    for (const family of new Set(faults.map(({ kind }) => families[kind]))) {
      this.#families.set(family, (this.#families.get(family) ?? 0) + 1);
    }
  }

  /** The faults that may still find something. */
  without(faults: readonly Fault[], entries: readonly LogEntry[]): readonly Fault[] {
    return faults.filter(
      ({ kind, at }) =>
        !this.#faults.has(`${kind} ${nameAt(at, entries)}`) && (this.#families.get(families[kind]) ?? 0) < perFamilyMax,
    );
  }

  /** Tells whether trouble with one of these entries is known. */
  isKnown(entries: readonly LogEntry[]): (trouble: Trouble) => boolean {
    return ({ kind, at }) => this.#troubles.has(`${kind} ${nameAt(at, entries)}`);
  }
}

function nameAt(place: number, entries: readonly LogEntry[]): string {
  return entries.find(({ seq }) => seq === place)?.event.event ?? "";
}
