import type { Journal } from "@dirsync/consumer";
import type { Random } from "../../support/random.ts";
import type { SimulatedClock } from "./clock.ts";
import { EffectRows } from "./effect-rows.ts";
import { isWantedBy } from "./filters.ts";
import type { SimEvent } from "./log.ts";
import type { Mutant } from "./mutant.ts";
import type { FaultName, Plan } from "./plan.ts";
import type { SimRecord } from "./records.ts";

/** What everything in a simulated life shares. */
export interface WorldParts {
  readonly plan: Plan;
  readonly clock: SimulatedClock;
  readonly random: Random;
  /** The state file. */
  readonly path: string;
  /** How the consumer is broken; empty when it is not. */
  readonly mutant: Partial<Mutant>;
}

/** Starts of processes after which nothing more is done to end one: opening a state file is most of what a life costs. */
const epochMax = 10;
const deadly: ReadonlySet<FaultName> = new Set(["killBefore", "killAfter", "killInTry", "takeover", "drain"]);

/** One simulated life: its time, its luck, its log, and what is written down of it. */
export class World {
  readonly plan: Plan;
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly path: string;
  readonly mutant: Partial<Mutant>;
  readonly records: SimRecord[] = [];
  /** Effects that are in the state file itself. */
  readonly rows: EffectRows;
  /** Events that are visible upstream. */
  readonly log: SimEvent[] = [];
  /** Events that each sink has as dead letters, as a visitor last saw it. */
  readonly letters = new Map<string, Set<string>>();
  /** Events that are parked, in the same way. */
  readonly parked = new Map<string, Set<string>>();
  /** Faults happen. */
  isChaos = true;
  /** Sink that is still down after the calm; null when none is. */
  lameSink: string | null;
  /** What the clock on the wall is ahead. */
  wallAheadMs = 0;
  /** Highest epoch that was given out. */
  epoch = 0;
  /** The journal of the process that took the state file over last. */
  holder: Journal | null = null;
  /** A visitor that reads and redrives beside the processes; null until there is a state file. */
  visitor: Journal | null = null;
  /** Dead letters that were redriven and have not ended in one way or another since. */
  readonly #asked = new Set<string>();
  #cursor: string | null = null;
  #headSeq = 0;
  #batches = 0;
  readonly #marks = new Map<string, number>();
  readonly #happened = new Map<FaultName, number>();

  constructor({ plan, clock, random, path, mutant }: WorldParts) {
    this.mutant = mutant;
    this.plan = plan;
    this.clock = clock;
    this.random = random;
    this.path = path;
    this.rows = new EffectRows(path);
    this.lameSink = plan.lameSink;
  }

  /** What a process reads from the clock on the wall. */
  get wallMs(): number {
    return this.clock.nowMs + this.wallAheadMs;
  }

  /** How often each fault happened. */
  get happened(): ReadonlyMap<FaultName, number> {
    return this.#happened;
  }

  record(record: SimRecord): void {
    this.records.push(record);
    if (record.op === "redrive" || record.op === "forced") this.#ask(record.sink, record.id);
    // What is parked is tried again when a person has decided about another one.
    const isOver =
      record.op === "parked" ||
      record.op === "dead" ||
      record.op === "discard" ||
      (record.op === "end" && record.result === "ok");
    if (isOver) this.#asked.delete(`${record.sink} ${record.id}`);
  }

  /** What a sink does not want, and had got only because its filter failed, it does not try again. */
  #ask(sink: string, id: string): void {
    const filter = this.plan.sinks.find(({ name }) => name === sink)?.filter ?? null;
    const event = this.log.find((other) => other.id === id);
    if (event !== undefined && isWantedBy(filter, event)) this.#asked.add(`${sink} ${id}`);
  }

  /** A number that no other batch has. */
  nextBatch(): number {
    this.#batches += 1;
    return this.#batches;
  }

  /** True while a sink has not tried yet what it was asked to try again. */
  isAsked(sink: string): boolean {
    return [...this.#asked].some((key) => key.startsWith(`${sink} `));
  }

  /** Decides whether a fault happens now. */
  happens(fault: FaultName): boolean {
    const rate = this.isChaos ? this.plan.rates.get(fault) : undefined;
    if (this.epoch >= epochMax && deadly.has(fault)) return false;
    if (rate === undefined || this.random() >= rate) return false;
    this.count(fault);
    return true;
  }

  /** Notes that a fault happened that is not left to `happens`. */
  count(fault: FaultName): void {
    this.#happened.set(fault, (this.#happened.get(fault) ?? 0) + 1);
  }

  /** Looks into the state file as anybody may, and writes down what is new. */
  async look(): Promise<void> {
    if (this.visitor === null) return;
    const { cursor, headSeq, sinks } = await this.visitor.status();
    for (const { name, lowSeq, parked, deadLetters } of sinks) {
      const isKept = (this.letters.get(name)?.size ?? 0) + (this.parked.get(name)?.size ?? 0) > 0;
      if (isKept || parked + deadLetters > 0) await this.#lookAtKept(name);
      if (this.#marks.get(name) !== lowSeq) this.record({ op: "commit", sink: name, seq: lowSeq });
      this.#marks.set(name, lowSeq);
    }
    if (this.#cursor !== cursor || this.#headSeq !== headSeq) this.record({ op: "cursor", cursor, headSeq });
    this.#cursor = cursor;
    this.#headSeq = headSeq;
  }

  /** Dead letters and what is parked behind them, as they are at one moment. */
  async #lookAtKept(sink: string): Promise<void> {
    const kept = (await this.visitor?.kept(sink, 0, this.log.length)) ?? [];
    const idsOf = (isParked: boolean): Set<string> =>
      new Set(kept.filter((entry) => entry.isParked === isParked).map(({ event }) => event.id));
    const [letters, parked] = [idsOf(false), idsOf(true)];
    const known = { letters: this.letters.get(sink) ?? new Set(), parked: this.parked.get(sink) ?? new Set() };
    for (const id of letters) if (!known.letters.has(id)) this.record({ op: "dead", sink, id });
    for (const id of known.parked) if (!parked.has(id)) this.record({ op: "unparked", sink, id });
    for (const id of parked) if (!known.parked.has(id)) this.record({ op: "parked", sink, id });
    this.letters.set(sink, letters);
    this.parked.set(sink, parked);
  }
}
