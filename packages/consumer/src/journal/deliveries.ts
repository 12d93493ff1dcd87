import type { DirectoryEvent } from "@dirsync/sdk";
import type { Outcome, WorkItem } from "../model.ts";
import type { SinkStatus } from "../status.ts";
import { AskedSince } from "./asked-since.ts";
import { Begun, isIn, remaining, type Stretch, stretchesOf } from "./begun.ts";
import { type DeliveryStatements, prepareDeliveries, type StandingRow } from "./delivery-statements.ts";
import type { KeptEntry, KeptPage, SinkPosition, Step } from "./model.ts";
import type { FreshEvents } from "./fresh-events.ts";
import { noSuchSink } from "./no-such-sink.ts";
import { type Rows, upToMax } from "./read-limits.ts";
import type { SqliteDatabase } from "./sqlite.ts";
import { toWorkItem, type WorkRow } from "./work-items.ts";

/** What sinks have begun and finished. Whoever calls has begun the transaction. */
export class Deliveries {
  readonly #sql: DeliveryStatements;
  readonly #fresh: FreshEvents;
  readonly #askedSince: AskedSince;
  readonly #begun: Begun;

  constructor(database: SqliteDatabase, fresh: FreshEvents) {
    this.#fresh = fresh;
    this.#askedSince = new AskedSince(database);
    this.#begun = new Begun(database);
    this.#sql = prepareDeliveries(database);
  }

  addSink(name: string, waitUntilMs: number): SinkPosition {
    this.#sql.addSink.run(name);
    const { lowSeq } = this.#standing(name);
    this.#sql.waitNoLonger.run({ sink: name, waitUntilMs });
    // Left over by a letter that was discarded while nobody moved the mark.
    this.#sql.dropDone.run(name, 0, lowSeq);
    return { lowSeq, finishedAbove: this.#sql.finishedAbove.all(name, lowSeq) };
  }

  removeSink(name: string): SinkStatus {
    const standing = this.sinks().find((sink) => sink.name === name);
    if (standing === undefined) throw noSuchSink(name);
    for (const statement of this.#sql.removeSink) statement.run(name);
    return standing;
  }

  /** Below the mark there is only what a person asked for again, above it what was never finished. */
  read(sink: string, afterSeq: number, limit: number): readonly WorkItem[] {
    const { lowSeq, stretches } = this.#standing(sink);
    const again = afterSeq < lowSeq ? upToMax(this.#sql.again.iterate(sink, afterSeq, lowSeq, limit)) : noRows;
    if (again.isCut) return again.rows.map(toWorkItem);
    const aboveSeq = Math.max(afterSeq, lowSeq);
    const left = limit - again.rows.length;
    const isUntried = stretches.every(([, last]) => last <= aboveSeq);
    const fresh = isUntried ? this.#takeFresh(sink, aboveSeq, left) : [];
    const lastSeq = fresh.at(-1)?.seq ?? aboveSeq;
    const isAll = fresh.length > 0 && this.#fresh.isNewest(lastSeq);
    const rest = isAll ? noRows : upToMax(this.#sql.unfinished.iterate(sink, lastSeq, left - fresh.length));
    const begunIn = (row: WorkRow): WorkRow =>
      row.attempts === null && isIn(stretches, row.seq) ? { ...row, attempts: 1 } : row;
    return [...again.rows.map(toWorkItem), ...fresh, ...rest.rows.map((row) => toWorkItem(begunIn(row)))];
  }

  #standing(sink: string): Standing {
    const { lowSeq, requests, begun } = this.#sql.standing.get(sink) ?? nothingBegun;
    return { lowSeq, requests, stretches: stretchesOf(begun) };
  }

  /** What was appended a moment ago, as long as nothing is known of any of it. */
  #takeFresh(sink: string, afterSeq: number, limit: number): readonly WorkItem[] {
    if (!this.#fresh.follows(afterSeq) || this.#sql.hasWorkAbove.get(sink, afterSeq) !== undefined) return [];
    return this.#fresh.take(afterSeq, limit);
  }

  requests(sink: string): number {
    return this.#sql.requests.get(sink) ?? 0;
  }

  kept(sink: string, { afterSeq, limit, onlyParked = false }: KeptPage): readonly KeptEntry[] {
    const statement = onlyParked ? this.#sql.parked : this.#sql.kept;
    return upToMax(statement.iterate(sink, afterSeq, limit)).rows.map(({ seq, body, attempts, state }) => ({
      seq,
      event: JSON.parse(body) as DirectoryEvent,
      attempts,
      isParked: state === "parked",
    }));
  }

  step(sink: string, { finished, started, lowSeq, nowMs }: Step): void {
    const done: number[] = [];
    const parked: number[] = [];
    const standing = this.#standing(sink);
    // Most sinks are never asked for anything.
    const again = standing.requests === 0 ? none : this.#askedSince.among(sink, seqsDelivered(finished));
    let delivered = 0;
    for (const outcome of finished) {
      // What is parked keeps what was tried: it goes on from there.
      if (!isPlain(outcome) || outcome.result === "parked") this.#begun.giveRow(sink, outcome.seq, standing.stretches);
      if (!isPlain(outcome)) {
        this.#keep(sink, outcome, nowMs);
        continue;
      }
      if (outcome.result === "delivered") delivered += 1;
      if (outcome.result === "delivered" && again.has(outcome.seq)) continue;
      (outcome.result === "parked" ? parked : done).push(outcome.seq);
    }
    this.#finish(sink, done, { low: standing.lowSeq, lowSeq });
    if (parked.length > 0) this.#sql.park.run({ sink, seqs: JSON.stringify(parked) });
    const low = Math.max(lowSeq, standing.lowSeq);
    const ended = new Set(finished.map(({ seq }) => seq));
    const stretches = remaining(standing.stretches, (seq) => seq <= low || ended.has(seq));
    const before = stretches.length;
    const single = this.#begun.take(sink, started, { stretches, lowSeq: low, nowMs });
    for (const seq of single) this.#begun.giveRow(sink, seq, stretches);
    if (single.length > 0) this.#sql.beginAttempts.run({ sink, seqs: JSON.stringify(single), nowMs });
    const begun = JSON.stringify(stretches);
    if (stretches.length > before) this.#sql.beginStretches.run(begun, lowSeq, delivered, sink);
    else this.#sql.moveLow.run(lowSeq, delivered, begun, sink);
  }

  sinks(): readonly SinkStatus[] {
    return this.#sql.sinks.all().map(({ oldestPendingAt, oldestParkedAt, ...sink }) => ({
      ...sink,
      oldestPendingAtMs: timeOf(oldestPendingAt),
      oldestParkedAtMs: timeOf(oldestParkedAt),
    }));
  }

  /** What the mark passes needs no row; what is above it needs one, or it would look like an event never tried. */
  #finish(sink: string, done: readonly number[], { low, lowSeq }: Mark): void {
    const above = done.filter((seq) => seq > lowSeq);
    const passed = done.filter((seq) => seq <= lowSeq);
    if (above.length > 0) this.#sql.finishAbove.run({ sink, seqs: JSON.stringify(above) });
    this.#pass(sink, passed);
    // Finished earlier, and passed only now.
    if (lowSeq - low > passed.filter((seq) => seq > low).length) this.#sql.dropDone.run(sink, low, lowSeq);
  }

  #pass(sink: string, seqs: readonly number[]): void {
    const [first, last] = [seqs[0], seqs.at(-1)];
    if (first === undefined || last === undefined) return;
    // A run that ended well is a stretch without holes, and then no list has to be taken apart.
    if (isStretch(seqs)) this.#sql.finishStretch.run(sink, first, last);
    else this.#sql.finishPassed.run(sink, JSON.stringify(seqs));
  }

  #keep(sink: string, outcome: Kept, nowMs: number): void {
    const { seq, result } = outcome;
    switch (result) {
      case "retry":
        this.#postpone(sink, outcome);
        return;
      case "released":
        this.#sql.release.run({ sink, seq, nextAtMs: outcome.nextAtMs, attempts: outcome.attempts });
        return;
      case "dead":
        this.#sql.bury.run({ sink, seq, nowMs, failure: JSON.stringify(outcome.failure) });
        return;
      default:
        return result satisfies never;
    }
  }

  #postpone(sink: string, { seq, nextAtMs, attempts, failure }: Outcome & { result: "retry" }): void {
    this.#sql.postpone.run({ sink, seq, nextAtMs, attempts, failure: JSON.stringify(failure) });
  }
}

const none: ReadonlySet<number> = new Set();

function seqsDelivered(finished: Step["finished"]): readonly number[] {
  return finished.filter(({ result }) => result === "delivered").map(({ seq }) => seq);
}

const noRows: Rows<WorkRow> = { rows: [], isCut: false };

/** A sink's mark, how often people have asked it for something, and what it has begun together. */
interface Standing {
  readonly lowSeq: number;
  readonly requests: number;
  readonly stretches: readonly Stretch[];
}

/** A low-water mark before a step, and after it. */
interface Mark {
  readonly low: number;
  readonly lowSeq: number;
}

const nothingBegun: StandingRow = { lowSeq: 0, requests: 0, begun: "[]" };

/** An outcome of which nothing but itself is to be recorded. */
type Plain = Extract<Outcome, { readonly result: "delivered" | "skipped" | "parked" }>;
type Kept = Exclude<Outcome, Plain>;

function isPlain(outcome: Outcome): outcome is Plain {
  return outcome.result === "delivered" || outcome.result === "skipped" || outcome.result === "parked";
}

/** True when each position is the one behind the one before. */
function isStretch(seqs: readonly number[]): boolean {
  return seqs.every((seq, index) => index === 0 || seq === (seqs[index - 1] ?? seq) + 1);
}

/** Null as well when upstream wrote what is no time. */
function timeOf(createdAt: string | null): number | null {
  const ms = createdAt === null ? Number.NaN : Date.parse(createdAt);
  return Number.isNaN(ms) ? null : ms;
}
