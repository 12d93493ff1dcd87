import type { Journal } from "@dirsync/consumer";
import type { Random } from "../../support/random.ts";
import type { SimulatedClock } from "./clock.ts";
import { isWantedBy } from "./filters.ts";
import type { SimEvent } from "./log.ts";
import type { Mutant } from "./mutant.ts";
import { type Kept, Onlooker } from "./onlooker.ts";
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

/** Starts of processes after which nothing more is done to end one, with the one that made the state file: opening it is most of what a life costs. */
const epochMax = 11;
const deadly: ReadonlySet<FaultName> = new Set(["killBefore", "killAfter", "killInTry", "takeover", "drain"]);

/** One simulated life: its time, its luck, its log, and what is written down of it. */
export class World {
  readonly plan: Plan;
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly path: string;
  readonly mutant: Partial<Mutant>;
  readonly records: SimRecord[] = [];
  /** Whoever reads what is in the state file itself. */
  readonly onlooker: Onlooker;
  /** Events that are visible upstream. */
  readonly log: SimEvent[] = [];
  /** Events that each sink has as dead letters, as a visitor last saw it. */
  readonly letters = new Map<string, ReadonlySet<string>>();
  /** Events that are parked, in the same way. */
  readonly parked = new Map<string, ReadonlySet<string>>();
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
    this.onlooker = new Onlooker(path);
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

  /** False while the marks of these sinks, as they were last seen, say that there is something left to do. */
  isAllPassed(sinks: readonly string[]): boolean {
    return sinks.every((sink) => this.#marks.get(sink) === this.log.length);
  }

  /** True once there is nothing left to read, and never will be. */
  get isAllRead(): boolean {
    return !this.isChaos && this.#headSeq === this.log.length;
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
  look(): void {
    if (this.visitor === null) return;
    const sight = this.onlooker.look();
    if (sight === null) return;
    const { cursor, headSeq, marks, kept } = sight;
    for (const { sink, lowSeq } of marks) {
      this.#note(sink, kept.get(sink) ?? nothingKept);
      if (this.#marks.get(sink) !== lowSeq) this.record({ op: "commit", sink, seq: lowSeq });
      this.#marks.set(sink, lowSeq);
    }
    if (this.#cursor !== cursor || this.#headSeq !== headSeq) this.record({ op: "cursor", cursor, headSeq });
    this.#cursor = cursor;
    this.#headSeq = headSeq;
  }

  /** Dead letters and what is parked behind them, as they are at one moment. */
  #note(sink: string, { letters, parked }: Kept): void {
    const known = { letters: this.letters.get(sink) ?? none, parked: this.parked.get(sink) ?? none };
    for (const id of letters) if (!known.letters.has(id)) this.record({ op: "dead", sink, id });
    for (const id of known.parked) if (!parked.has(id)) this.record({ op: "unparked", sink, id });
    for (const id of parked) if (!known.parked.has(id)) this.record({ op: "parked", sink, id });
    this.letters.set(sink, letters);
    this.parked.set(sink, parked);
  }
}

const none: ReadonlySet<string> = new Set();
const nothingKept: Kept = { letters: none, parked: none };
