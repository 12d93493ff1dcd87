import type { SinkPlan } from "./plan.ts";
import type { Begin, End, TryRecord } from "./records.ts";

/** Says that a promise was broken. */
export type Blame = (rule: string, message: string) => void;

/** An event as far as judging needs it, in the order of the log. */
export interface Subject {
  readonly id: string;
  readonly content: string;
  readonly lane: string | null;
  readonly subject: string;
}

/** What a sink is judged by. */
export interface SinkCase {
  readonly sink: SinkPlan;
  readonly events: readonly Subject[];
  readonly blame: Blame;
}

/** How an event stands. A dead letter that a person asked to be tried again is `redriven` until it has been. */
type Standing = "open" | "ok" | "dead" | "redriven" | "discarded";

interface Place extends Subject {
  readonly seq: number;
  readonly lane: string | null;
  /** Place among the events of its lane, from 0. */
  readonly rank: number;
  standing: Standing;
  /** Tries that began. */
  begins: number;
  /** Kills during a try, since it was last asked for. */
  crashes: number;
  /** Count of crashes of processes at its latest arrival; null when it has not arrived. */
  arrivedAt: number | null;
  /** It may arrive once more: the receiver lied, or a person asked. */
  isExcused: boolean;
  /** A person asked for it, so that it comes out of its turn; forced, so that it may bring an old state back. */
  redriven: "no" | "asked" | "forced";
  isTold: boolean;
}

interface Lane {
  readonly places: Place[];
  /** Highest rank that began other than by a redrive; -1 when none has. */
  highest: number;
  readonly open: Set<TryRecord>;
}

/** Judges what one receiver saw. */
export class SinkJudge {
  readonly #sink: SinkPlan;
  readonly #blame: Blame;
  readonly #places = new Map<string, Place>();
  readonly #inOrder: readonly Place[];
  readonly #lanes = new Map<string, Lane>();
  readonly #open = new Map<string, TryRecord>();
  /** Arrivals for a second time, by the number of crashes before them. */
  readonly #repeats = new Map<number, number>();
  #epoch = 0;
  #staleBegins = 0;
  #crashes = 0;
  #low = 0;

  constructor({ sink, events, blame }: SinkCase) {
    this.#sink = sink;
    this.#blame = (rule, message) => blame(rule, `${sink.name}: ${message}`);
    this.#inOrder = events.map((event, index) => this.#place(event, index + 1));
  }

  lease(epoch: number): void {
    this.#epoch = epoch;
    this.#staleBegins = 0;
  }

  begin(record: Begin): void {
    const place = this.#places.get(record.id);
    if (place === undefined) return this.#blame("I2", `${record.id} is not in the log`);
    if (record.seq !== place.seq) this.#blame("I2", `${record.id} came as ${record.seq}, but is ${place.seq}`);
    if (record.attempt > this.#sink.policy.attemptsMax) {
      this.#blame("I8", `${record.id} was tried as number ${record.attempt}`);
    }
    place.begins += 1;
    this.#open.set(keyOf(record), record);
    const lane = place.lane === null ? undefined : this.#lanes.get(place.lane);
    if (record.epoch < this.#epoch) this.#staleBegin();
    else this.#judgeTurn(record, place, lane);
    lane?.open.add(record);
  }

  end(record: End): void {
    const begun = this.#open.get(keyOf(record));
    const place = this.#places.get(record.id);
    if (begun === undefined || place === undefined) {
      return this.#blame("I2", `a try of ${record.id} ended that never began`);
    }
    this.#close(begun, place);
    if (record.result === "failed" || record.result === "fenced") return;
    if (record.content !== place.content) this.#blame("I2", `${record.id} arrived with another content`);
    if (place.arrivedAt !== null) this.#judgeRepeat(place, place.arrivedAt);
    place.arrivedAt = this.#crashes;
    // What a process does that has been replaced it cannot put on record.
    place.isExcused = record.result === "ambiguous" || record.epoch < this.#epoch;
    if (record.result === "ok") place.standing = "ok";
  }

  /** Crash of a process: what was in flight may come again. */
  crash(_index: number): void {
    this.#crashes += 1;
  }

  kill(node: number, index: number): void {
    for (const record of this.#open.values()) {
      const place = this.#places.get(record.id);
      if (record.node !== node || place === undefined) continue;
      place.crashes += 1;
      if (place.crashes > this.#sink.policy.attemptsMax) {
        this.#blame("I8", `${record.id} has ended the process ${place.crashes} times`);
      }
    }
    this.exit(node);
    this.crash(index);
  }

  /** Nothing of this process goes on. */
  exit(node: number): void {
    for (const record of this.#open.values()) {
      const place = this.#places.get(record.id);
      if (record.node === node && place !== undefined) this.#close(record, place);
    }
  }

  dead(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return this.#blame("I9", `${id} is a dead letter and not in the log`);
    // A try that was on record when the process was killed uses up its budget, begun or not.
    if (place.begins === 0 && this.#crashes === 0) this.#blame("I9", `${id} was given up without a try`);
    if (!place.isTold) this.#blame("I9", `${id} was given up, and the log does not say so`);
    place.standing = "dead";
  }

  told(id: string): void {
    const place = this.#places.get(id);
    if (place !== undefined) place.isTold = true;
  }

  discard(id: string): void {
    const place = this.#places.get(id);
    if (place !== undefined) place.standing = "discarded";
  }

  /** A person asked for another try, and was not refused. */
  redrive(id: string, isForced: boolean): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    const later = this.#laterOf(place).find(({ standing }) => standing === "ok");
    if (later !== undefined && !isForced) this.#blame("I10", `${id} may be redriven although ${later.id} overtook it`);
    place.standing = "redriven";
    place.crashes = 0;
    place.isExcused = true;
    place.redriven = isForced ? "forced" : "asked";
  }

  /** The state file says that everything up to here is finished. */
  commit(low: number): void {
    if (low < this.#low) this.#blame("I4", `its mark went back from ${this.#low} to ${low}`);
    for (const { id, standing } of this.#inOrder.slice(this.#low, low)) {
      if (standing === "open") this.#blame("I3", `${id} counts as finished, and neither arrived nor is a dead letter`);
    }
    this.#low = Math.max(this.#low, low);
  }

  conclude(): void {
    for (const { id, standing } of this.#inOrder) {
      if (standing === "open") this.#blame("I1", `${id} never arrived`);
      if (standing === "redriven") this.#blame("I1", `${id} was asked for again and forgotten`);
    }
    const windowMax = this.#windowMax();
    for (const [crash, count] of this.#repeats) {
      if (count > windowMax) this.#blame("I5", `${count} events came again after crash ${crash}; ${windowMax} may`);
    }
  }

  /** Events that can be in flight at once. */
  #windowMax(): number {
    const { concurrency, runMax } = this.#sink.policy;
    return concurrency * runMax;
  }

  /** What was on record already when another process took over may still begin, and nothing else. */
  #staleBegin(): void {
    this.#staleBegins += 1;
    if (this.#staleBegins > this.#windowMax()) this.#blame("I7", "a process that was replaced begins new tries");
  }

  #judgeTurn(record: Begin, place: Place, lane: Lane | undefined): void {
    const others = lane === undefined ? this.#open.values() : lane.open.values();
    for (const other of others) {
      const isSame = lane !== undefined || other.id === record.id;
      if (isSame && other !== record && other.epoch === record.epoch) {
        this.#blame("I6", `${record.id} began while ${other.id} was under way`);
      }
    }
    if (place.standing === "dead" || place.standing === "discarded") {
      this.#blame("I10", `${place.id} is ${place.standing} and was tried again`);
    }
    if (place.redriven !== "no") return this.#judgeRedriven(place);
    if (lane === undefined) return;
    const missing = lane.places.slice(0, place.rank).find(({ standing }) => standing === "open");
    if (missing !== undefined) this.#blame("I6", `${place.id} began before ${missing.id} was finished`);
    if (place.rank < lane.highest) this.#blame("I6", `${place.id} came again after a later event began`);
    lane.highest = Math.max(lane.highest, place.rank);
  }

  /** An old state must not be written over a newer one. Without lanes nobody promises that. */
  #judgeRedriven(place: Place): void {
    if (place.redriven === "forced" || place.lane === null) return;
    const later = this.#laterOf(place).find(({ standing }) => standing === "ok");
    if (later !== undefined) this.#blame("I10", `${place.id} is tried after ${later.id}, which is newer, arrived`);
  }

  #judgeRepeat(place: Place, arrivedAt: number): void {
    if (place.isExcused) return;
    if (arrivedAt === this.#crashes) {
      this.#blame("I5", `${place.id} arrived again although nothing had crashed in between`);
      return;
    }
    this.#repeats.set(this.#crashes, (this.#repeats.get(this.#crashes) ?? 0) + 1);
  }

  #laterOf({ subject, seq }: Place): readonly Place[] {
    return this.#inOrder.slice(seq).filter((other) => other.subject === subject);
  }

  #place(event: Subject, seq: number): Place {
    const key = event.lane;
    const lane: Lane = (key === null ? undefined : this.#lanes.get(key)) ?? {
      places: [],
      highest: -1,
      open: new Set(),
    };
    if (key !== null) this.#lanes.set(key, lane);
    const fresh = { standing: "open" as const, begins: 0, crashes: 0, arrivedAt: null };
    const place: Place = {
      ...event,
      seq,
      rank: lane.places.length,
      ...fresh,
      isExcused: false,
      redriven: "no",
      isTold: false,
    };
    lane.places.push(place);
    this.#places.set(event.id, place);
    return place;
  }

  #close(record: TryRecord, place: Place): void {
    this.#open.delete(keyOf(record));
    if (place.lane !== null) this.#lanes.get(place.lane)?.open.delete(record);
  }
}

function keyOf({ id, epoch, attempt, node }: TryRecord): string {
  return `${id} ${epoch} ${attempt} ${node}`;
}
