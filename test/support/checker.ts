/**
 * Judges one sink's history against the log it was to receive.
 *
 * It knows nothing of how the consumer works and believes nothing the consumer says, except its claim of what is
 * finished (`commit`), which it tests. The consumer must have begun at the start of the log and taken every event, so
 * that the seq of an event is its place in the log, counted from 1.
 *
 * A try is open from its `begin` to its `end`. One without an end died with its process, or else it hangs, and then
 * nothing else of its lane may begin.
 *
 * A hook may begin, and end, after the process that started it was killed, so the order of records says nothing about
 * which process a try belongs to. Its epoch does: each process that takes over has a new one.
 */
import { canonicalJson, type LogEvent } from "./event-log.ts";
import type { Begin, Commit, End, HistoryRecord, Try } from "./history.ts";

/** The promises of the delivery guarantee that a receiver can see broken. */
export type Rule =
  /** Every event arrives, or is a dead letter. */
  | "loss"
  /** Nothing arrives that is not in the log, as it is in the log. */
  | "invention"
  /** What the state file calls finished has been finished by the receiver. */
  | "early commit"
  /** What was finished stays finished. */
  | "commit went back"
  /** An event arrives twice only around a kill, and only so many for each kill. */
  | "duplicate"
  /** Within a lane, an event begins after all earlier ones are finished, and never after a later one began (`runMax`). */
  | "order"
  /** Two tries of one lane never run at the same time. */
  | "overlap"
  /** A process that took over is never followed by one that it replaced. */
  | "epoch"
  /** Each try has a number of its own, growing and at most `attemptsMax`. */
  | "attempts";

/** A broken promise. */
export interface Violation {
  readonly rule: Rule;
  readonly message: string;
}

/** What is judged. */
export interface Evidence {
  readonly log: readonly LogEvent[];
  readonly history: readonly HistoryRecord[];
  readonly attemptsMax: number;
  /** Tries that can be in flight at once, which is what one kill can make happen twice. */
  readonly duplicatesPerKillMax: number;
  /** Events of a lane that are begun together: a kill may take a lane back by less than so many. Default 1. */
  readonly runMax?: number;
}

/** The verdict, and what is worth telling about it. */
export interface Verdict {
  readonly violations: readonly Violation[];
  /** Second and later arrivals, by the number of kills before them. */
  readonly duplicatesByKill: ReadonlyMap<number, number>;
  /** Tries that began. */
  readonly tries: number;
  /** Tries that ended although the process that began them had been killed: its hooks, still at work. */
  readonly orphanEnds: number;
}

/** Judges a complete history: the consumer has had all the time it needs since its last start. */
export function checkDelivery(evidence: Evidence): Verdict {
  const check = new DeliveryCheck(evidence);
  for (const record of evidence.history) check.take(record);
  return check.conclude();
}

interface Place {
  /** Place in the log, from 1. */
  readonly seq: number;
  readonly event: LogEvent;
  readonly lane: Lane;
  /** Place in the lane, from 0. */
  readonly rank: number;
}

interface Lane {
  readonly key: string;
  readonly places: Place[];
  /** Rank of the first event that is not finished. */
  frontier: number;
  /** Highest rank that has begun, less what kills since then may have taken back; -1 when none has. */
  highest: number;
  /** Tries that have begun and not ended. */
  readonly open: Set<OpenTry>;
}

interface OpenTry {
  readonly begin: Begin;
  readonly place: Place;
  /** A later process has begun a try of the same lane since. */
  isOvertaken: boolean;
}

class DeliveryCheck {
  readonly #evidence: Evidence;
  readonly #places = new Map<string, Place>();
  readonly #lanes = new Map<string, Lane>();
  readonly #open = new Map<string, OpenTry>();
  readonly #finished = new Set<string>();
  /** Epoch of the latest try that arrived, by event. */
  readonly #arrivals = new Map<string, number>();
  readonly #attempts = new Map<string, number>();
  readonly #violations: Violation[] = [];
  readonly #duplicatesByKill = new Map<number, number>();
  /** Kills before each start. */
  readonly #lives: number[] = [];
  /** Which start an epoch belongs to. */
  readonly #lifeByEpoch = new Map<number, number>();
  #kills = 0;
  #epoch = 0;
  #committed = 0;
  #tries = 0;
  #orphanEnds = 0;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    for (const [index, event] of evidence.log.entries()) this.#place(event, index + 1);
  }

  take(record: HistoryRecord): void {
    switch (record.op) {
      case "start":
        this.#lives.push(this.#kills);
        return;
      case "kill":
        this.#kill();
        return;
      case "begin":
        return this.#begin(record);
      case "end":
        return this.#end(record);
      case "commit":
        return this.#commit(record);
      case "dead":
        return this.#finish(record.id);
      default:
        return record satisfies never;
    }
  }

  conclude(): Verdict {
    for (const { id, event } of this.#evidence.log) {
      if (!this.#finished.has(id)) this.#blame("loss", `${event} ${id} never arrived`);
    }
    for (const [kill, count] of this.#duplicatesByKill) {
      const max = this.#evidence.duplicatesPerKillMax;
      if (count > max) this.#blame("duplicate", `${count} events came again after kill ${kill}; at most ${max} may`);
    }
    return {
      violations: this.#violations,
      duplicatesByKill: this.#duplicatesByKill,
      tries: this.#tries,
      orphanEnds: this.#orphanEnds,
    };
  }

  #place(event: LogEvent, seq: number): void {
    const key = laneOf(event);
    const lane = this.#lanes.get(key) ?? { key, places: [], frontier: 0, highest: -1, open: new Set() };
    this.#lanes.set(key, lane);
    const place = { seq, event, lane, rank: lane.places.length };
    lane.places.push(place);
    this.#places.set(event.id, place);
  }

  #kill(): void {
    this.#kills += 1;
    const back = (this.#evidence.runMax ?? 1) - 1;
    for (const lane of this.#lanes.values()) lane.highest = Math.max(-1, lane.highest - back);
  }

  #begin(begin: Begin): void {
    this.#tries += 1;
    const place = this.#places.get(begin.id);
    if (place === undefined) return this.#blame("invention", `${begin.id} is not in the log`);
    const { seq = place.seq } = begin;
    if (seq !== place.seq) this.#blame("invention", `${begin.id} came as ${seq}, but is ${place.seq}`);
    this.#judgeEpoch(begin);
    this.#judgeAttempt(begin);
    this.#judgeOverlap(begin, place.lane);
    this.#judgeOrder(begin, place);
    this.#judgeRepetition(begin);
    const open = { begin, place, isOvertaken: false };
    this.#open.set(keyOf(begin), open);
    place.lane.open.add(open);
  }

  #judgeEpoch({ id, epoch }: Begin): void {
    if (epoch < this.#epoch) this.#blame("epoch", `${id} began in epoch ${epoch}, after one of ${this.#epoch} had`);
    if (epoch <= this.#epoch) return;
    const life = this.#lives.length;
    // The first sign of the previous epoch came after this start: it was a late hook of the process before.
    if (this.#lifeByEpoch.get(this.#epoch) === life) this.#lifeByEpoch.set(this.#epoch, life - 1);
    this.#lifeByEpoch.set(epoch, life);
    this.#epoch = epoch;
  }

  /** Kills before the process of this epoch started. */
  #killsBefore(epoch: number): number {
    return this.#lives[(this.#lifeByEpoch.get(epoch) ?? 0) - 1] ?? 0;
  }

  #judgeAttempt({ id, attempt }: Begin): void {
    const previous = this.#attempts.get(id) ?? 0;
    if (attempt <= previous) this.#blame("attempts", `${id} was tried as number ${attempt} after number ${previous}`);
    const max = this.#evidence.attemptsMax;
    if (attempt > max) this.#blame("attempts", `${id} was tried ${attempt} times; at most ${max} are allowed`);
    this.#attempts.set(id, Math.max(previous, attempt));
  }

  #judgeOverlap(begin: Begin, lane: Lane): void {
    for (const open of lane.open) {
      if (open.begin.epoch === begin.epoch) {
        this.#blame("overlap", `${begin.id} began while ${open.begin.id} was under way in ${lane.key}`);
      }
      // The try of a killed process died with it, unless it was a hook that lives on: that shows when it ends.
      open.isOvertaken ||= open.begin.epoch < begin.epoch;
    }
  }

  #judgeOrder({ id }: Begin, { rank, lane }: Place): void {
    const missing = lane.places[lane.frontier];
    if (missing !== undefined && rank > lane.frontier) {
      this.#blame("order", `${id} began before ${missing.event.id} was finished in ${lane.key}`);
    }
    if (rank < lane.highest) this.#blame("order", `${id} came again after a later event of ${lane.key} began`);
    lane.highest = Math.max(lane.highest, rank);
  }

  /** Twice is accounted for by a kill in between: the first effect was there, and the record of it was not. */
  #judgeRepetition({ id, epoch }: Begin): void {
    const before = this.#arrivals.get(id);
    if (before === undefined || this.#killsBefore(before) < this.#killsBefore(epoch)) return;
    this.#blame("duplicate", `${id} came again although nothing was killed in between`);
  }

  #end(end: End): void {
    const open = this.#open.get(keyOf(end));
    if (open === undefined) return this.#blame("invention", `a try of ${end.id} ended that never began`);
    this.#open.delete(keyOf(end));
    open.place.lane.open.delete(open);
    if (this.#killsBefore(end.epoch) < this.#kills) this.#orphanEnds += 1;
    if (open.isOvertaken) {
      this.#blame(
        "overlap",
        `${end.id} was still under way in ${open.place.lane.key} when a later process began there`,
      );
    }
    if (end.result === "failed") return;
    if (canonicalJson(end.event) !== canonicalJson(open.place.event)) {
      this.#blame("invention", `${end.id} arrived with another content than the log has`);
    }
    if (this.#arrivals.has(end.id)) this.#countDuplicate(end.epoch);
    this.#arrivals.set(end.id, end.epoch);
    this.#finish(end.id);
  }

  #countDuplicate(epoch: number): void {
    const kill = this.#killsBefore(epoch);
    this.#duplicatesByKill.set(kill, (this.#duplicatesByKill.get(kill) ?? 0) + 1);
  }

  #finish(id: string): void {
    this.#finished.add(id);
    const lane = this.#places.get(id)?.lane;
    if (lane === undefined) return;
    for (;;) {
      const place = lane.places[lane.frontier];
      if (place === undefined || !this.#finished.has(place.event.id)) return;
      lane.frontier += 1;
    }
  }

  #commit({ seq }: Commit): void {
    if (seq < this.#committed) this.#blame("commit went back", `from ${this.#committed} to ${seq}`);
    for (const { id } of this.#evidence.log.slice(this.#committed, seq)) {
      if (!this.#finished.has(id)) this.#blame("early commit", `${id} counts as finished and never arrived`);
    }
    this.#committed = Math.max(this.#committed, seq);
  }

  #blame(rule: Rule, message: string): void {
    this.#violations.push({ rule, message });
  }
}

function keyOf({ id, epoch, attempt, pid }: Try): string {
  return `${id} ${epoch} ${attempt} ${pid}`;
}

/** Order is promised within a directory. Every event names its own, save those about the directory itself. */
function laneOf({ data }: LogEvent): string {
  return String(data["directory_id"] ?? data["id"]);
}
