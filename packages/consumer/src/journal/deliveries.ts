import type { DirectoryEvent } from "@dirsync/sdk";
import type { Outcome, WorkItem } from "../model.ts";
import type { SinkStatus } from "../status.ts";
import { AskedSince } from "./asked-since.ts";
import type { KeptEntry, SinkPosition, Step } from "./model.ts";
import type { FreshEvents } from "./fresh-events.ts";
import { type Rows, upToMax } from "./read-limits.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { toWorkItem, untried, type WorkRow } from "./work-items.ts";

/** Where a sink stands, with times as events have them. */
type SinkRow = Omit<SinkStatus, "oldestPendingAtMs" | "oldestParkedAtMs"> & {
  readonly oldestPendingAt: string | null;
  readonly oldestParkedAt: string | null;
};

/** What sinks have begun and finished. Whoever calls has begun the transaction. */
export class Deliveries {
  readonly #sql: DeliveryStatements;
  readonly #fresh: FreshEvents;
  readonly #askedSince: AskedSince;

  constructor(database: SqliteDatabase, fresh: FreshEvents) {
    this.#fresh = fresh;
    this.#askedSince = new AskedSince(database);
    this.#sql = prepare(database);
  }

  addSink(name: string, waitUntilMs: number): SinkPosition {
    this.#sql.addSink.run(name);
    this.#sql.waitNoLonger.run({ sink: name, waitUntilMs });
    const lowSeq = this.#sql.lowSeq.get(name) ?? 0;
    // Left over by a letter that was discarded while nobody moved the mark.
    this.#sql.dropDone.run(name, 0, lowSeq);
    return { lowSeq, finishedAbove: this.#sql.finishedAbove.all(name, lowSeq) };
  }

  /** Below the mark there is only what a person asked for again, above it what was never finished. */
  read(sink: string, afterSeq: number, limit: number): readonly WorkItem[] {
    const lowSeq = this.#sql.lowSeq.get(sink) ?? 0;
    const again = afterSeq < lowSeq ? upToMax(this.#sql.again.iterate(sink, afterSeq, lowSeq, limit)) : noRows;
    if (again.isCut) return again.rows.map(toWorkItem);
    const aboveSeq = Math.max(afterSeq, lowSeq);
    const left = limit - again.rows.length;
    const fresh = this.#takeFresh(sink, aboveSeq, left);
    const lastSeq = fresh.at(-1)?.seq ?? aboveSeq;
    const isAll = fresh.length > 0 && this.#fresh.isNewest(lastSeq);
    const rest = isAll ? noRows : upToMax(this.#sql.unfinished.iterate(sink, lastSeq, left - fresh.length));
    return [...again.rows.map(toWorkItem), ...fresh, ...rest.rows.map(toWorkItem)];
  }

  /** What was appended a moment ago, as long as nothing is known of any of it. */
  #takeFresh(sink: string, afterSeq: number, limit: number): readonly WorkItem[] {
    if (!this.#fresh.follows(afterSeq) || this.#sql.hasWorkAbove.get(sink, afterSeq) !== undefined) return [];
    return this.#fresh.take(afterSeq, limit).map(untried);
  }

  requests(sink: string): number {
    return this.#sql.requests.get(sink) ?? 0;
  }

  kept(sink: string, afterSeq: number, limit: number): readonly KeptEntry[] {
    return upToMax(this.#sql.kept.iterate(sink, afterSeq, limit)).rows.map(({ seq, body, attempts, state }) => ({
      seq,
      event: JSON.parse(body) as DirectoryEvent,
      attempts,
      isParked: state === "parked",
    }));
  }

  step(sink: string, { finished, started, lowSeq, nowMs }: Step): void {
    const done: number[] = [];
    const parked: number[] = [];
    const again = this.#askedSince.take(sink);
    let delivered = 0;
    for (const outcome of finished) {
      if (!isPlain(outcome)) {
        this.#keep(sink, outcome, nowMs);
        continue;
      }
      if (outcome.result === "delivered") delivered += 1;
      if (outcome.result === "delivered" && again?.has(outcome.seq) === true) continue;
      (outcome.result === "parked" ? parked : done).push(outcome.seq);
    }
    this.#finish(sink, done, lowSeq);
    if (parked.length > 0) this.#sql.park.run({ sink, seqs: JSON.stringify(parked) });
    if (started.length > 0) this.#sql.beginAttempts.run({ sink, seqs: JSON.stringify(started), nowMs });
    this.#sql.moveLow.run(lowSeq, delivered, sink);
  }

  sinks(): readonly SinkStatus[] {
    return this.#sql.sinks.all().map(({ oldestPendingAt, oldestParkedAt, ...sink }) => ({
      ...sink,
      oldestPendingAtMs: timeOf(oldestPendingAt),
      oldestParkedAtMs: timeOf(oldestParkedAt),
    }));
  }

  /** What the mark passes needs no row; what is above it needs one, or it would look like an event never tried. */
  #finish(sink: string, done: readonly number[], lowSeq: number): void {
    const above = done.filter((seq) => seq > lowSeq);
    const passed = done.filter((seq) => seq <= lowSeq);
    if (above.length > 0) this.#sql.finishAbove.run({ sink, seqs: JSON.stringify(above) });
    const low = this.#sql.lowSeq.get(sink) ?? 0;
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

const noRows: Rows<WorkRow> = { rows: [], isCut: false };

/** An outcome of which nothing but itself is to be recorded. */
type Plain = Extract<Outcome, { readonly result: "delivered" | "skipped" | "parked" }>;
type Kept = Exclude<Outcome, Plain>;

function isPlain(outcome: Outcome): outcome is Plain {
  return outcome.result === "delivered" || outcome.result === "skipped" || outcome.result === "parked";
}

interface KeptRow {
  readonly seq: number;
  readonly body: string;
  readonly attempts: number;
  readonly state: string;
}

interface DeliveryStatements {
  readonly addSink: SqliteStatement;
  readonly waitNoLonger: SqliteStatement;
  readonly lowSeq: SqliteStatement<[string], number>;
  readonly finishedAbove: SqliteStatement<[string, number], number>;
  readonly unfinished: SqliteStatement<[string, number, number], WorkRow>;
  readonly hasWorkAbove: SqliteStatement<[sink: string, above: number], number>;
  readonly again: SqliteStatement<[sink: string, above: number, upTo: number, limit: number], WorkRow>;
  readonly kept: SqliteStatement<[string, number, number], KeptRow>;
  readonly requests: SqliteStatement<[string], number>;
  readonly beginAttempts: SqliteStatement;
  readonly finishAbove: SqliteStatement;
  readonly finishPassed: SqliteStatement<[sink: string, seqs: string]>;
  readonly finishStretch: SqliteStatement<[sink: string, from: number, upTo: number]>;
  readonly postpone: SqliteStatement;
  readonly release: SqliteStatement;
  readonly bury: SqliteStatement;
  readonly park: SqliteStatement;
  readonly moveLow: SqliteStatement;
  readonly dropDone: SqliteStatement<[sink: string, above: number, upTo: number]>;
  readonly sinks: SqliteStatement<[], SinkRow>;
}

function prepare(database: SqliteDatabase): DeliveryStatements {
  return { ...readingStatements(database), ...writingStatements(database) };
}

type ReadingName = "lowSeq" | "requests" | "finishedAbove" | "unfinished" | "hasWorkAbove" | "again" | "kept" | "sinks";

function readingStatements(database: SqliteDatabase): Pick<DeliveryStatements, ReadingName> {
  return {
    lowSeq: database.prepare<[string], number>("SELECT low_seq FROM sink WHERE name = ?").pluck(),
    requests: database.prepare<[string], number>("SELECT requests FROM sink WHERE name = ?").pluck(),
    finishedAbove: database
      .prepare<[string, number], number>(
        `SELECT seq FROM work WHERE sink = ? AND seq > ?
           AND (state IN ('done', 'dead', 'parked') OR redriven > 0 OR replay > 0) ORDER BY seq`,
      )
      .pluck(),
    unfinished: database.prepare<[string, number, number], WorkRow>(
      `SELECT event.seq, event.body, work.attempts, work.next_at, work.replay, work.redriven, event.flags
       FROM event LEFT JOIN work ON work.sink = ? AND work.seq = event.seq
       WHERE event.seq > ? AND (work.state IS NULL OR work.state IN ('inflight', 'wait'))
       ORDER BY event.seq LIMIT ?`,
    ),
    hasWorkAbove: database
      .prepare<[string, number], number>("SELECT 1 FROM work WHERE sink = ? AND seq > ? LIMIT 1")
      .pluck(),
    again: database.prepare(
      `SELECT event.seq, event.body, work.attempts, work.next_at, work.replay, work.redriven, event.flags
       FROM work JOIN event ON event.seq = work.seq
       WHERE work.sink = ? AND work.seq > ? AND work.seq <= ? AND work.state IN ('inflight', 'wait')
       ORDER BY work.seq LIMIT ?`,
    ),
    kept: database.prepare(
      `SELECT event.seq, event.body, work.attempts, work.state FROM work JOIN event ON event.seq = work.seq
       WHERE work.sink = ? AND work.state IN ('dead', 'parked') AND work.seq > ? ORDER BY work.seq LIMIT ?`,
    ),
    sinks: database.prepare<[], SinkRow>(
      `SELECT name, low_seq AS lowSeq, delivered,
         (SELECT count(*) FROM event WHERE seq > low_seq)
           - (SELECT count(*) FROM work WHERE sink = name AND seq > low_seq AND state IN ('done', 'dead', 'parked'))
           + (SELECT count(*) FROM work WHERE sink = name AND seq <= low_seq AND state IN ('inflight', 'wait'))
           AS pending,
         (SELECT count(*) FROM work WHERE sink = name AND state IN ('dead', 'parked') AND state = 'dead') AS deadLetters,
         (SELECT count(*) FROM work WHERE sink = name AND state IN ('dead', 'parked') AND state = 'parked') AS parked,
         (SELECT created_at FROM event WHERE seq = coalesce(
            (SELECT min(seq) FROM work WHERE sink = name AND seq <= low_seq AND state IN ('inflight', 'wait')),
            (SELECT seq FROM event AS above WHERE seq > low_seq AND NOT EXISTS (
              SELECT 1 FROM work WHERE sink = name AND work.seq = above.seq AND state IN ('done', 'dead', 'parked')
            ) ORDER BY seq LIMIT 1)
          )) AS oldestPendingAt,
         (SELECT created_at FROM event WHERE seq = (
            SELECT min(seq) FROM work WHERE sink = name AND state IN ('dead', 'parked') AND state = 'parked'
          )) AS oldestParkedAt
       FROM sink ORDER BY name`,
    ),
  };
}

function writingStatements(database: SqliteDatabase): Omit<DeliveryStatements, ReadingName> {
  return {
    addSink: database.prepare(
      // Not at the oldest event there is: that may be a dead letter whose successors are gone, and would bring back an
      // old state. Above this mark there are no gaps.
      "INSERT INTO sink (name, low_seq) VALUES (?, (SELECT pruned_seq FROM stream)) ON CONFLICT (name) DO NOTHING",
    ),
    waitNoLonger: database.prepare(
      "UPDATE work SET next_at = @waitUntilMs WHERE sink = @sink AND state IN ('wait', 'inflight') AND next_at > @waitUntilMs",
    ),
    beginAttempts: database.prepare(
      `INSERT INTO work (sink, seq, state, attempts, first_at, last_at)
       SELECT @sink, value, 'inflight', 1, @nowMs, @nowMs FROM json_each(@seqs) WHERE true
       ON CONFLICT (sink, seq) DO UPDATE SET state = 'inflight', attempts = attempts + 1, last_at = @nowMs`,
    ),
    finishAbove: database.prepare(
      `INSERT INTO work (sink, seq, state) SELECT @sink, value, 'done' FROM json_each(@seqs) WHERE true
       ON CONFLICT (sink, seq) DO UPDATE SET state = 'done', redriven = 0, replay = 0`,
    ),
    finishPassed: database.prepare("DELETE FROM work WHERE sink = ? AND seq IN (SELECT value FROM json_each(?))"),
    finishStretch: database.prepare("DELETE FROM work WHERE sink = ? AND seq BETWEEN ? AND ?"),
    postpone: database.prepare(
      `UPDATE work SET state = 'wait', attempts = @attempts, next_at = @nextAtMs, failure = @failure
       WHERE sink = @sink AND seq = @seq`,
    ),
    release: database.prepare(
      `UPDATE work SET state = 'wait', attempts = @attempts, next_at = @nextAtMs WHERE sink = @sink AND seq = @seq`,
    ),
    bury: database.prepare(
      `INSERT INTO work (sink, seq, state, failure, first_at, last_at) VALUES (@sink, @seq, 'dead', @failure, @nowMs, @nowMs)
       ON CONFLICT (sink, seq) DO UPDATE SET state = 'dead', redriven = 0, failure = @failure`,
    ),
    park: database.prepare(
      `INSERT INTO work (sink, seq, state) SELECT @sink, value, 'parked' FROM json_each(@seqs) WHERE true
       ON CONFLICT (sink, seq) DO UPDATE SET state = 'parked', redriven = 0`,
    ),
    moveLow: database.prepare("UPDATE sink SET low_seq = max(low_seq, ?), delivered = delivered + ? WHERE name = ?"),
    dropDone: database.prepare("DELETE FROM work WHERE sink = ? AND seq > ? AND seq <= ? AND state = 'done'"),
  };
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
