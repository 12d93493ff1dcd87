import type { SimEvent } from "./log.ts";
import { type Asked, isOvertaken, type Place, placesOf } from "./places.ts";
import type { SinkPlan } from "./plan.ts";
import type { Begin, Effect, End, Replay, TryRecord } from "./records.ts";
import { type Blame, judgeTurn, type OpenTry } from "./turns.ts";

/** What a sink is judged by. */
export interface SinkCase {
  readonly sink: SinkPlan;
  readonly log: readonly SimEvent[];
  readonly blame: Blame;
}

/** Judges what one receiver saw. */
export class SinkJudge {
  readonly #sink: SinkPlan;
  readonly #blame: Blame;
  readonly #inOrder: readonly Place[];
  readonly #places: ReadonlyMap<string, Place>;
  readonly #open = new Map<string, OpenTry>();
  /** Arrivals for a second time, by the crash that they are due to: the first one after they had arrived. */
  readonly #repeats = new Map<number, number>();
  /** Events of which a side effect is on record. */
  readonly #noted = new Set<string>();
  #epoch = 0;
  #staleBegins = 0;
  #crashes = 0;
  #asks = 0;
  #turns = 0;
  #low = 0;

  constructor({ sink, log, blame }: SinkCase) {
    this.#sink = sink;
    this.#blame = (rule, message) => blame(rule, `${sink.name}: ${message}`);
    this.#inOrder = placesOf(log, sink);
    this.#places = new Map(this.#inOrder.map((place) => [place.id, place]));
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
    if (record.epoch < this.#epoch) this.#staleBegin();
    else this.#beginInTurn({ record, place });
    this.#open.set(keyOf(record), { record, place });
  }

  end(record: End): void {
    const begun = this.#open.get(keyOf(record));
    if (begun === undefined) return this.#blame("I2", `a try of ${record.id} ended that never began`);
    const { place } = begun;
    this.#open.delete(keyOf(record));
    const isCurrent = record.epoch === this.#epoch;
    if (record.result === "failed" || record.result === "fenced") {
      if (isCurrent && place.turn !== null) place.turn.hasFailed = true;
      return;
    }
    if (record.content !== place.content) this.#blame("I2", `${record.id} arrived with another content`);
    if (place.arrivedAt !== null) this.#judgeRepeat(place, place.arrivedAt);
    place.arrivedAt = this.#crashes;
    // What a process does that has been replaced it cannot put on record.
    place.isExcused = record.result === "ambiguous" || !isCurrent;
    if (record.result !== "ok") return;
    place.standing = "ok";
    if (isCurrent) place.asked = null;
  }

  effect({ op, id, epoch }: Effect): void {
    // Nobody can keep a process from its effect that was stopped right before it.
    if (op === "effect" && epoch === this.#epoch && this.#noted.has(id)) {
      this.#blame("I5", `the effect of ${id} was had again although it is on record`);
    }
    if (op === "noted") this.#noted.add(id);
  }

  /** Crash of a process: what was in flight may come again. */
  crash(): void {
    this.#crashes += 1;
  }

  kill(node: number): void {
    for (const { record, place } of this.#open.values()) {
      if (record.node !== node) continue;
      place.crashes += 1;
      if (place.crashes > this.#sink.policy.attemptsMax) {
        this.#blame("I8", `${record.id} has ended the process ${place.crashes} times`);
      }
    }
    this.exit(node);
    this.crash();
  }

  /** Nothing of this process goes on. */
  exit(node: number): void {
    for (const [key, { record }] of this.#open) if (record.node === node) this.#open.delete(key);
  }

  dead(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return this.#blame("I9", `${id} is a dead letter and not in the log`);
    // A try that was on record when the process was killed uses up its budget, begun or not.
    if (place.begins === 0 && this.#crashes === 0) this.#blame("I9", `${id} was given up without a try`);
    if (!place.isTold) this.#blame("I9", `${id} was given up, and the log does not say so`);
    if (!place.isWanted && !place.isUnsure) this.#blame("I2", `${id} was given up, and the sink does not want it`);
    place.standing = "dead";
    place.isLetter = true;
    place.wasHeld = true;
    place.asked = null;
  }

  told(id: string): void {
    const place = this.#places.get(id);
    if (place !== undefined) place.isTold = true;
  }

  unsure(id: string): void {
    const place = this.#places.get(id);
    if (place !== undefined) place.isUnsure = true;
  }

  parked(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return this.#blame("I10", `${id} is parked and not in the log`);
    if (this.#sink.policy.onDeadLetter !== "park") this.#blame("I10", `${id} is parked at a sink that does not park`);
    if (!place.isWanted && !place.isUnsure) this.#blame("I2", `${id} is parked, and the sink does not want it`);
    // Whoever parked it may not know yet what a person has decided a moment ago.
    if (!place.before.some(({ wasHeld }) => wasHeld)) this.#blame("I10", `${id} is parked behind nothing`);
    place.isParked = true;
    place.wasHeld = true;
    // Where it arrived, a crash came before that was on record: it is to come again, behind what a person decides about.
    if (place.standing === "ok") place.standing = "open";
  }

  unparked(id: string): void {
    const place = this.#places.get(id);
    if (place !== undefined) place.isParked = false;
  }

  discard(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    place.standing = "discarded";
    place.isLetter = false;
    place.asked = null;
  }

  /** A person asked for another try, and was not refused. */
  redrive(id: string, isForced: boolean): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    // What is to come once more comes after it.
    const later = place.replacedBy.find(({ standing, asked }) => standing === "ok" && asked === null);
    if (later !== undefined && !isForced) this.#blame("I10", `${id} may be redriven although ${later.id} overtook it`);
    this.#asks += 1;
    this.#ask(place, { kind: "redrive", isForced });
  }

  /** A person asked for events once more, and was not refused. */
  replay({ matching, marked, isForced }: Replay): void {
    const wanted = this.#inOrder.filter(({ id }) => matching.includes(id));
    const isKnown = (place: Place): boolean =>
      place.isWanted && place.standing === "ok" && place.seq <= this.#low && !place.wasAsked && !place.wasHeld;
    for (const place of wanted) {
      const isLeftOut = isKnown(place) && !marked.includes(place.id);
      if (isLeftOut) this.#blame("I1", `${place.id} was asked for once more, and the state file does not know`);
    }
    this.#asks += 1;
    const places = marked.map((id) => this.#places.get(id)).filter((place) => place !== undefined);
    for (const place of places) {
      if (!matching.includes(place.id)) this.#blame("I2", `${place.id} is replayed, and nobody asked for it`);
      const isFinished = place.standing !== "dead" && place.standing !== "open";
      if (place.isParked || (place.isWanted && !isFinished)) {
        this.#blame("I2", `${place.id} is replayed, and was not finished`);
      }
      place.wasReplayed = true;
      this.#ask(place, { kind: "replay", isForced });
    }
    if (isForced) return;
    const undone = places.find(({ replacedBy }) =>
      replacedBy.some(({ standing, asked }) => standing === "ok" && asked === null),
    );
    if (undone !== undefined) this.#blame("I10", `${undone.id} may be replayed although a later event overtook it`);
  }

  /** The state file says that everything up to here is finished. */
  commit(low: number): void {
    if (low < this.#low) this.#blame("I4", `its mark went back from ${this.#low} to ${low}`);
    for (const { id, standing, isWanted, wasHeld } of this.#inOrder.slice(this.#low, low)) {
      if (standing !== "open" || !isWanted || wasHeld) continue;
      this.#blame("I3", `${id} counts as finished, and neither arrived nor is a dead letter`);
    }
    this.#low = Math.max(this.#low, low);
  }

  conclude(): void {
    for (const place of this.#inOrder) {
      if (place.isParked) this.#judgeParked(place);
      else if (place.isWanted) this.#judgeArrived(place);
    }
    const windowMax = this.#windowMax();
    for (const [crash, count] of this.#repeats) {
      if (count > windowMax) this.#blame("I5", `${count} events came again after crash ${crash + 1}; ${windowMax} may`);
    }
  }

  #judgeArrived(place: Place): void {
    const { id, standing, asked } = place;
    if (standing === "open") this.#blame("I1", `${id} never arrived`);
    if (asked === null) return;
    // A replay that would have undone what came in the meantime is given up.
    const isUndoing = asked.kind === "replay" && !asked.isForced && isOvertaken(place);
    if (!isUndoing) this.#blame("I1", `${id} was asked for again and forgotten`);
  }

  #judgeParked({ id, before }: Place): void {
    const isHeld = before.some(({ isLetter, isParked }) => isLetter || isParked);
    if (!isHeld) this.#blame("I26", `${id} is parked, and nothing before it waits for a person`);
  }

  #ask(place: Place, asked: Pick<Asked, "kind" | "isForced">): void {
    place.asked = { ...asked, number: this.#asks, hasBegun: false };
    place.wasAsked = true;
    place.isLetter = false;
    place.isExcused = true;
    place.crashes = 0;
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

  #beginInTurn(trying: OpenTry): void {
    const { record, place } = trying;
    judgeTurn(trying, { sink: this.#sink, open: [...this.#open.values()], crashes: this.#crashes, blame: this.#blame });
    if (place.asked !== null) place.asked.hasBegun = true;
    this.#turns += 1;
    place.turn = { number: this.#turns, crashes: this.#crashes, batch: record.batch, hasFailed: false };
    if (record.batch !== null) place.batches.add(record.batch);
  }

  #judgeRepeat(place: Place, arrivedAt: number): void {
    if (place.isExcused) return;
    if (this.#sink.manner === "applies") {
      this.#blame("I5", `the effect of ${place.id} was had again although its mark is in the same transaction`);
      return;
    }
    if (arrivedAt === this.#crashes) {
      this.#blame("I5", `${place.id} arrived again although nothing had crashed in between`);
      return;
    }
    this.#repeats.set(arrivedAt, (this.#repeats.get(arrivedAt) ?? 0) + 1);
  }
}

function keyOf({ id, epoch, attempt, node }: TryRecord): string {
  return `${id} ${epoch} ${attempt} ${node}`;
}
