import type { SinkStatus } from "../model.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** The one row about the stream. */
export interface StreamRow {
  readonly source: string | null;
  readonly start: string | null;
  readonly cursor: string | null;
  readonly head_seq: number;
  readonly epoch: number;
  readonly holder: string | null;
  readonly caught_up_at: number | null;
}

/** An entry with what a sink has done about it; nulls when it has done nothing. */
export interface WorkRow {
  readonly seq: number;
  readonly body: string;
  readonly attempts: number | null;
  readonly next_at: number | null;
  readonly redriven: number | null;
  readonly replay: number | null;
}

/** A dead letter with its event. */
export interface DeadLetterRow {
  readonly sink: string;
  readonly seq: number;
  readonly body: string;
  readonly attempts: number;
  readonly failure: string;
  readonly first_at: number | null;
  readonly last_at: number | null;
  readonly superseded_by: string | null;
}

/** Statements about the stream and its events. */
export interface StreamStatements {
  readonly stream: { get(): StreamRow };
  readonly bindStream: SqliteStatement;
  readonly moveCursor: SqliteStatement;
  readonly markCaughtUp: SqliteStatement;
  readonly insertEvent: SqliteStatement;
  readonly hasEvent: SqliteStatement;
  readonly cursorCreatedAt: SqliteStatement<[], string>;
  readonly lastPrunable: SqliteStatement<[limit: number, beforeMs: number], number | null>;
  readonly prune: SqliteStatement;
  readonly notePruned: SqliteStatement;
}

/** Statements about what a sink has finished and begun. */
export interface DeliveryStatements {
  readonly addSink: SqliteStatement;
  readonly lowSeq: SqliteStatement<[string], number>;
  readonly finishedAbove: SqliteStatement<[string, number], number>;
  readonly unfinished: SqliteStatement<[string, number, number], WorkRow>;
  readonly redriven: SqliteStatement<[string, number], WorkRow>;
  readonly beginAttempt: SqliteStatement;
  readonly finish: SqliteStatement;
  readonly postpone: SqliteStatement;
  readonly bury: SqliteStatement;
  readonly moveLow: SqliteStatement;
  readonly dropDone: SqliteStatement;
}

/** Statements that people's commands run. */
export interface DeadLetterStatements {
  readonly sinks: SqliteStatement<[], SinkStatus>;
  readonly deadLetters: SqliteStatement<[string | null], DeadLetterRow>;
  readonly deadLetter: SqliteStatement<[string, number], Pick<DeadLetterRow, "body" | "superseded_by">>;
  readonly noteSuperseded: SqliteStatement;
  readonly withdraw: SqliteStatement;
  readonly redrive: SqliteStatement;
  readonly discard: SqliteStatement;
  readonly laterOfEntity: SqliteStatement<[string, number], string>;
  readonly laterDeletion: SqliteStatement<[string, number], string>;
}

/** Every statement the journal runs, compiled once. */
export interface Statements extends StreamStatements, DeliveryStatements, DeadLetterStatements {}

/** Compiles the journal's statements. The schema is in `migrations/`. */
export function prepareStatements(database: SqliteDatabase): Statements {
  return { ...streamStatements(database), ...deliveryStatements(database), ...deadLetterStatements(database) };
}

function streamStatements(database: SqliteDatabase): StreamStatements {
  const stream = database.prepare<[], StreamRow>(
    "SELECT source, start, cursor, head_seq, epoch, holder, caught_up_at FROM stream",
  );
  return {
    stream: {
      get(): StreamRow {
        const row = stream.get();
        if (row === undefined) throw new Error("The state file has no stream row.");
        return row;
      },
    },
    bindStream: database.prepare("UPDATE stream SET source = ?, start = ?"),
    moveCursor: database.prepare("UPDATE stream SET cursor = ?, head_seq = ?"),
    markCaughtUp: database.prepare("UPDATE stream SET caught_up_at = ?"),
    // An event we already have is upstream repeating itself: it must not be delivered twice.
    insertEvent: database.prepare(
      `INSERT INTO event (seq, id, type, entity, created_at, received_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    ),
    hasEvent: database.prepare("SELECT 1 FROM event WHERE id = ?"),
    cursorCreatedAt: database
      .prepare<[], string>("SELECT created_at FROM event WHERE id = (SELECT cursor FROM stream)")
      .pluck(),
    // Positions and times of arrival grow together, so looking at the oldest few is enough.
    lastPrunable: database
      .prepare<[number, number], number | null>(
        `SELECT max(seq) FROM (
           SELECT seq, received_at FROM event WHERE seq <= (SELECT min(low_seq) FROM sink) AND ${isForgettable}
           ORDER BY seq LIMIT ?
         ) WHERE received_at < ?`,
      )
      .pluck(),
    prune: database.prepare(`DELETE FROM event WHERE seq <= ? AND ${isForgettable}`),
    notePruned: database.prepare("UPDATE stream SET pruned_seq = ?"),
  };
}

/**
 * An event with a work row may still be needed: it is waiting, or it is a dead letter. The event at the cursor is what
 * a log that starts again is recognised by.
 */
const isForgettable = "seq NOT IN (SELECT seq FROM work) AND id IS NOT (SELECT cursor FROM stream)";

function deliveryStatements(database: SqliteDatabase): DeliveryStatements {
  return {
    addSink: database.prepare(
      // Not at the oldest event there is: that may be a dead letter whose successors are gone, and would bring back an
      // old state. Above this mark there are no gaps.
      "INSERT INTO sink (name, low_seq) VALUES (?, (SELECT pruned_seq FROM stream)) ON CONFLICT (name) DO NOTHING",
    ),
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
    beginAttempt: database.prepare(
      `INSERT INTO work (sink, seq, state, attempts, first_at, last_at) VALUES (@sink, @seq, 'inflight', 1, @nowMs, @nowMs)
       ON CONFLICT (sink, seq) DO UPDATE SET state = 'inflight', attempts = attempts + 1, last_at = @nowMs`,
    ),
    finish: database.prepare(
      `INSERT INTO work (sink, seq, state) VALUES (@sink, @seq, 'done')
       ON CONFLICT (sink, seq) DO UPDATE SET state = 'done', redriven = 0`,
    ),
    postpone: database.prepare(
      `UPDATE work SET state = 'wait', attempts = @attempts, next_at = @nextAtMs, failure = @failure
       WHERE sink = @sink AND seq = @seq`,
    ),
    bury: database.prepare(
      `INSERT INTO work (sink, seq, state, failure, first_at, last_at) VALUES (@sink, @seq, 'dead', @failure, @nowMs, @nowMs)
       ON CONFLICT (sink, seq) DO UPDATE SET state = 'dead', redriven = 0, failure = @failure`,
    ),
    moveLow: database.prepare("UPDATE sink SET low_seq = max(low_seq, ?), delivered = delivered + ? WHERE name = ?"),
    dropDone: database.prepare("DELETE FROM work WHERE sink = ? AND state = 'done' AND seq <= ?"),
  };
}

function deadLetterStatements(database: SqliteDatabase): DeadLetterStatements {
  return {
    sinks: database.prepare<[], SinkStatus>(
      `SELECT name, low_seq AS lowSeq, delivered,
         (SELECT count(*) FROM event WHERE seq > low_seq)
           - (SELECT count(*) FROM work WHERE sink = name AND seq > low_seq AND state IN ('done', 'dead')) AS pending,
         (SELECT count(*) FROM work WHERE sink = name AND state IN ('dead', 'parked') AND state = 'dead') AS deadLetters
       FROM sink ORDER BY name`,
    ),
    deadLetters: database.prepare<[string | null], DeadLetterRow>(
      `SELECT work.sink, work.seq, event.body, work.attempts, work.failure, work.first_at, work.last_at,
         work.superseded_by
       FROM work JOIN event ON event.seq = work.seq
       WHERE work.state IN ('dead', 'parked') AND work.state = 'dead' AND work.sink = coalesce(?, work.sink) ORDER BY work.sink, work.seq`,
    ),
    deadLetter: database.prepare(
      `SELECT event.body, work.superseded_by FROM work JOIN event ON event.seq = work.seq
       WHERE work.sink = ? AND work.seq = ? AND work.state = 'dead'`,
    ),
    noteSuperseded: database.prepare("UPDATE work SET superseded_by = ? WHERE sink = ? AND seq = ?"),
    withdraw: database.prepare("UPDATE work SET state = 'dead', redriven = 0 WHERE sink = ? AND seq = ?"),
    redrive: database.prepare(
      "UPDATE work SET state = 'wait', redriven = ?, attempts = 0, next_at = 0 WHERE sink = ? AND seq = ?",
    ),
    // Kept as done until the low-water mark has passed it: without a row it would look like an event never tried.
    discard: database.prepare("UPDATE work SET state = 'done' WHERE sink = ? AND seq = ?"),
    laterOfEntity: database
      .prepare<[string, number], string>("SELECT id FROM event WHERE entity = ? AND seq > ? ORDER BY seq DESC LIMIT 1")
      .pluck(),
    laterDeletion: database
      .prepare<[string, number], string>(
        "SELECT id FROM event WHERE entity = ? AND seq > ? AND type LIKE '%.deleted' ORDER BY seq DESC LIMIT 1",
      )
      .pluck(),
  };
}
