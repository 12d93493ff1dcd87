import type { DirectoryEvent } from "@dirsync/sdk";
import type { Outcome, SinkStatus, WorkItem } from "../model.ts";
import type { SinkPosition, Step } from "./model.ts";
import { forced } from "./dead-letters.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { Superseded } from "./superseded.ts";

/** An entry with what a sink has done about it; nulls when it has done nothing. */
interface WorkRow {
  readonly seq: number;
  readonly body: string;
  readonly attempts: number | null;
  readonly next_at: number | null;
  readonly redriven: number | null;
  readonly replay: number | null;
}

/** What sinks have begun and finished. Whoever calls has begun the transaction. */
export class Deliveries {
  readonly #sql: DeliveryStatements;
  readonly #superseded: Superseded;

  constructor(database: SqliteDatabase) {
    this.#sql = prepare(database);
    this.#superseded = new Superseded(database);
  }

  addSink(name: string): SinkPosition {
    this.#sql.addSink.run(name);
    const lowSeq = this.#sql.lowSeq.get(name) ?? 0;
    // Left over by a letter that was discarded while nobody moved the mark.
    this.#sql.dropDone.run(name, 0, lowSeq);
    return { lowSeq, finishedAbove: this.#sql.finishedAbove.all(name, lowSeq) };
  }

  read(sink: string, afterSeq: number, limit: number): readonly WorkItem[] {
    return this.#sql.unfinished.all(sink, afterSeq, limit).map(toWorkItem);
  }

  /** True when `takeRedriven` would have something to do. */
  hasRedriven(sink: string, held: ReadonlySet<number>, limit: number): boolean {
    return this.#redriven(sink, held, limit).length > 0;
  }

  takeRedriven(sink: string, held: ReadonlySet<number>, limit: number): readonly WorkItem[] {
    return this.#redriven(sink, held, limit).flatMap((row) => {
      const item = toWorkItem(row);
      if (row.redriven === forced || this.#superseded.by(row.seq, item.event) === null) return [item];
      this.#sql.withdraw.run(sink, row.seq);
      return [];
    });
  }

  step(sink: string, { finished, started, lowSeq, nowMs }: Step): void {
    const done: number[] = [];
    let delivered = 0;
    for (const outcome of finished) {
      if (!isDone(outcome)) {
        this.#keep(sink, outcome, nowMs);
        continue;
      }
      done.push(outcome.seq);
      if (outcome.result === "delivered") delivered += 1;
    }
    this.#finish(sink, done, lowSeq);
    if (started.length > 0) this.#sql.beginAttempts.run({ sink, seqs: JSON.stringify(started), nowMs });
    this.#sql.moveLow.run(lowSeq, delivered, sink);
  }

  sinks(): readonly SinkStatus[] {
    return this.#sql.sinks.all();
  }

  #redriven(sink: string, held: ReadonlySet<number>, limit: number): readonly WorkRow[] {
    return this.#sql.redriven.all(sink, limit).filter(({ seq }) => !held.has(seq));
  }

  /** What the mark passes needs no row; what is above it needs one, or it would look like an event never tried. */
  #finish(sink: string, done: readonly number[], lowSeq: number): void {
    const above = done.filter((seq) => seq > lowSeq);
    const passed = done.filter((seq) => seq <= lowSeq);
    if (above.length > 0) this.#sql.finishAbove.run({ sink, seqs: JSON.stringify(above) });
    const low = this.#sql.lowSeq.get(sink) ?? 0;
    if (passed.length > 0) this.#sql.finishPassed.run(sink, JSON.stringify(passed));
    // Finished earlier, and passed only now.
    if (lowSeq - low > passed.filter((seq) => seq > low).length) this.#sql.dropDone.run(sink, low, lowSeq);
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

type Done = Extract<Outcome, { readonly result: "delivered" | "skipped" }>;
/** An outcome after which something about the event stays on record. */
type Kept = Exclude<Outcome, Done>;

function isDone(outcome: Outcome): outcome is Done {
  return outcome.result === "delivered" || outcome.result === "skipped";
}

interface DeliveryStatements {
  readonly addSink: SqliteStatement;
  readonly lowSeq: SqliteStatement<[string], number>;
  readonly finishedAbove: SqliteStatement<[string, number], number>;
  readonly unfinished: SqliteStatement<[string, number, number], WorkRow>;
  readonly redriven: SqliteStatement<[string, number], WorkRow>;
  readonly withdraw: SqliteStatement;
  readonly beginAttempts: SqliteStatement;
  readonly finishAbove: SqliteStatement;
  readonly finishPassed: SqliteStatement<[sink: string, seqs: string]>;
  readonly postpone: SqliteStatement;
  readonly release: SqliteStatement;
  readonly bury: SqliteStatement;
  readonly moveLow: SqliteStatement;
  readonly dropDone: SqliteStatement<[sink: string, above: number, upTo: number]>;
  readonly sinks: SqliteStatement<[], SinkStatus>;
}

function prepare(database: SqliteDatabase): DeliveryStatements {
  return { ...readingStatements(database), ...writingStatements(database) };
}

type ReadingName = "lowSeq" | "finishedAbove" | "unfinished" | "redriven" | "sinks";

function readingStatements(database: SqliteDatabase): Pick<DeliveryStatements, ReadingName> {
  return {
    lowSeq: database.prepare<[string], number>("SELECT low_seq FROM sink WHERE name = ?").pluck(),
    finishedAbove: database
      .prepare<[string, number], number>(
        "SELECT seq FROM work WHERE sink = ? AND seq > ? AND (state IN ('done', 'dead') OR redriven > 0) ORDER BY seq",
      )
      .pluck(),
    unfinished: database.prepare<[string, number, number], WorkRow>(
      `SELECT event.seq, event.body, work.attempts, work.next_at, work.redriven, work.replay
       FROM event LEFT JOIN work ON work.sink = ? AND work.seq = event.seq
       WHERE event.seq > ? AND (work.state IS NULL OR (work.state IN ('inflight', 'wait') AND work.redriven = 0))
       ORDER BY event.seq LIMIT ?`,
    ),
    redriven: database.prepare<[string, number], WorkRow>(
      `SELECT event.seq, event.body, work.attempts, work.next_at, work.redriven, work.replay
       FROM work JOIN event ON event.seq = work.seq
       WHERE work.sink = ? AND work.state IN ('inflight', 'wait') AND work.redriven > 0
       ORDER BY work.seq LIMIT ?`,
    ),
    sinks: database.prepare<[], SinkStatus>(
      `SELECT name, low_seq AS lowSeq, delivered,
         (SELECT count(*) FROM event WHERE seq > low_seq)
           - (SELECT count(*) FROM work WHERE sink = name AND seq > low_seq AND state IN ('done', 'dead')) AS pending,
         (SELECT count(*) FROM work WHERE sink = name AND state IN ('dead', 'parked') AND state = 'dead') AS deadLetters
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
    withdraw: database.prepare("UPDATE work SET state = 'dead', redriven = 0 WHERE sink = ? AND seq = ?"),
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
    moveLow: database.prepare("UPDATE sink SET low_seq = max(low_seq, ?), delivered = delivered + ? WHERE name = ?"),
    dropDone: database.prepare("DELETE FROM work WHERE sink = ? AND seq > ? AND seq <= ? AND state = 'done'"),
  };
}

function toWorkItem(row: WorkRow): WorkItem {
  return {
    seq: row.seq,
    event: JSON.parse(row.body) as DirectoryEvent,
    attempts: row.attempts ?? 0,
    nextAtMs: row.next_at ?? 0,
    replay: row.replay === 1,
  };
}
