import type { SinkStatus } from "../status.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import type { WorkRow } from "./work-items.ts";

/** Where a sink stands, with times as events have them. */
export type SinkRow = Omit<SinkStatus, "oldestPendingAtMs" | "oldestParkedAtMs"> & {
  readonly oldestPendingAt: string | null;
  readonly oldestParkedAt: string | null;
};

/** A mark, how often people have asked for something, and stretches that were begun. */
export interface StandingRow {
  readonly lowSeq: number;
  readonly requests: number;
  readonly begun: string;
}

interface KeptRow {
  readonly seq: number;
  readonly body: string;
  readonly attempts: number;
  readonly state: string;
}

/** What deliveries read and write with. */
export interface DeliveryStatements {
  readonly addSink: SqliteStatement;
  /** In this order. */
  readonly removeSink: readonly SqliteStatement<[name: string]>[];
  readonly waitNoLonger: SqliteStatement;
  readonly standing: SqliteStatement<[string], StandingRow>;
  readonly finishedAbove: SqliteStatement<[string, number], number>;
  readonly unfinished: SqliteStatement<[string, number, number], WorkRow>;
  readonly hasWorkAbove: SqliteStatement<[sink: string, above: number], number>;
  readonly again: SqliteStatement<[sink: string, above: number, upTo: number, limit: number], WorkRow>;
  readonly kept: SqliteStatement<[string, number, number], KeptRow>;
  readonly parked: SqliteStatement<[string, number, number], KeptRow>;
  readonly requests: SqliteStatement<[string], number>;
  readonly beginAttempts: SqliteStatement;
  readonly finishAbove: SqliteStatement;
  readonly finishPassed: SqliteStatement<[sink: string, seqs: string]>;
  readonly finishStretch: SqliteStatement<[sink: string, from: number, upTo: number]>;
  readonly postpone: SqliteStatement;
  readonly release: SqliteStatement;
  readonly bury: SqliteStatement;
  readonly park: SqliteStatement;
  readonly moveLow: SqliteStatement<[lowSeq: number, delivered: number, begun: string, sink: string]>;
  readonly beginStretches: SqliteStatement<[begun: string, lowSeq: number, delivered: number, sink: string]>;
  readonly dropDone: SqliteStatement<[sink: string, above: number, upTo: number]>;
  readonly sinks: SqliteStatement<[], SinkRow>;
}

/** Compiles them, once for a connection. */
export function prepareDeliveries(database: SqliteDatabase): DeliveryStatements {
  return { ...readingStatements(database), ...writingStatements(database) };
}

type ReadingName =
  | "standing"
  | "requests"
  | "finishedAbove"
  | "unfinished"
  | "hasWorkAbove"
  | "again"
  | "kept"
  | "parked"
  | "sinks";

function readingStatements(database: SqliteDatabase): Pick<DeliveryStatements, ReadingName> {
  return {
    standing: database.prepare("SELECT low_seq AS lowSeq, requests, begun FROM sink WHERE name = ?"),
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
    kept: database.prepare(selectKept("")),
    parked: database.prepare(selectKept("AND work.state = 'parked'")),
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

function selectKept(condition: string): string {
  return `SELECT event.seq, event.body, work.attempts, work.state FROM work JOIN event ON event.seq = work.seq
    WHERE work.sink = ? AND work.state IN ('dead', 'parked') ${condition} AND work.seq > ? ORDER BY work.seq LIMIT ?`;
}

function writingStatements(database: SqliteDatabase): Omit<DeliveryStatements, ReadingName> {
  return {
    addSink: database.prepare(
      // Not at the oldest event there is: that may be a dead letter whose successors are gone, and would bring back an
      // old state. Above this mark there are no gaps.
      "INSERT INTO sink (name, low_seq) VALUES (?, (SELECT pruned_seq FROM stream)) ON CONFLICT (name) DO NOTHING",
    ),
    removeSink: [
      database.prepare("DELETE FROM work WHERE sink = ?"),
      database.prepare("DELETE FROM effect WHERE sink = ?"),
      database.prepare("DELETE FROM sink WHERE name = ?"),
    ],
    waitNoLonger: database.prepare(
      "UPDATE work SET next_at = @waitUntilMs WHERE sink = @sink AND state IN ('wait', 'inflight') AND next_at > @waitUntilMs",
    ),
    beginAttempts: database.prepare(
      `INSERT INTO work (sink, seq, state, attempts, first_at, last_at)
       SELECT @sink, value, 'inflight', 1, @nowMs, @nowMs FROM json_each(@seqs) WHERE true
       ON CONFLICT (sink, seq) DO UPDATE
       SET state = 'inflight', attempts = attempts + 1, first_at = coalesce(first_at, @nowMs), last_at = @nowMs`,
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
    moveLow: database.prepare(
      "UPDATE sink SET low_seq = max(low_seq, ?), delivered = delivered + ?, begun = ? WHERE name = ?",
    ),
    // One row, and so one page, for all that ends and all that begins.
    beginStretches: database.prepare(
      "UPDATE sink SET begun = ?, low_seq = max(low_seq, ?), delivered = delivered + ? WHERE name = ?",
    ),
    dropDone: database.prepare("DELETE FROM work WHERE sink = ? AND seq > ? AND seq <= ? AND state = 'done'"),
  };
}
