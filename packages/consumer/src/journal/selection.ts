import { timestampMs } from "@dirsync/sdk";
import { isGivenUp } from "./decisions.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** Which of a sink's finished events a person chooses: null for what does not matter. */
export interface Selected {
  readonly sink: string;
  readonly fromSeq: number | null;
  readonly toSeq: number | null;
  /** JSON of a list. */
  readonly ids: string | null;
  readonly entity: string | null;
  readonly directory: string | null;
  readonly user: string | null;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
}

/** An event that is chosen. */
export interface SelectedEvent {
  readonly seq: number;
  readonly body: string;
  /** 1 for what a person has given up while a guard held it. */
  readonly isGivenUp: number;
  /** 1 for what outlives those that came after it, so that nobody can tell what has overtaken it. */
  readonly isLeft: number;
}

/** Positions that are looked through at once, both included. */
export interface Window {
  readonly first: number;
  readonly last: number;
}

/** What can be done with what is chosen. */
export interface Selection {
  /** Newest first. */
  readonly list: SqliteStatement<[Selected & Window], SelectedEvent>;
  /** Asks for those of the positions, in JSON, that the sink still is finished with. */
  readonly ask: SqliteStatement<[{ readonly sink: string; readonly seqs: string; readonly isForced: number }]>;
}

/** `isNamed` where ids are given. Then the events are looked up by them, and else all of the window are walked. */
export function prepareSelection(database: SqliteDatabase, isNamed: boolean): Selection {
  // The service's times come in more than one form, so that they cannot be compared as text.
  database.function("dirsync_ms", (time) => timestampMs(String(time)));
  const where = isNamed
    ? "event.id IN (SELECT value FROM json_each(@ids)) AND +event.seq BETWEEN @first AND @last"
    : `event.seq BETWEEN @first AND @last AND NOT ${isLeft}`;
  return {
    list: database.prepare(
      `SELECT event.seq, event.body, ${isGivenUp} AS isGivenUp, ${isLeft} AS isLeft
       FROM event LEFT JOIN work ON work.sink = @sink AND work.seq = event.seq
       WHERE ${where} AND ${isFinished} AND ${isChosen} ORDER BY event.seq DESC`,
    ),
    ask: database.prepare(
      `INSERT INTO work (sink, seq, state, replay, replay_forced) SELECT @sink, event.seq, 'wait', 1, @isForced
       FROM json_each(@seqs) AS chosen CROSS JOIN event ON event.seq = chosen.value
         LEFT JOIN work ON work.sink = @sink AND work.seq = event.seq
       WHERE ${isFinished}
       ON CONFLICT (sink, seq) DO UPDATE
       SET state = 'wait', replay = 1, replay_forced = @isForced, attempts = 0, next_at = 0, first_at = NULL, last_at = NULL, failure = NULL`,
    ),
  };
}

/**
 * What the sink has finished well. What is waiting comes anyway, and about dead letters and what is parked a person
 * decides in another way. A blank event has nothing to deliver.
 */
const isFinished = `
  CASE WHEN work.state IS NULL THEN event.seq <= (SELECT low_seq FROM sink WHERE name = @sink)
    ELSE work.state = 'done' END
  AND event.flags & 4 = 0`;

/** Kept as some sink's dead letter alone, while what is behind it was forgotten: a leaver's end among it, as likely as not. */
const isLeft = "event.seq <= (SELECT pruned_seq FROM stream WHERE only_row = 1)";

const isChosen = `
  (@fromSeq IS NULL OR event.seq >= @fromSeq)
  AND (@toSeq IS NULL OR event.seq <= @toSeq)
  AND (@entity IS NULL OR event.entity = @entity)
  AND (@directory IS NULL OR event.entity = 'directory:' || @directory
    OR json_extract(event.body, '$.data.directory_id') = @directory)
  AND (@user IS NULL OR event.entity = 'user:' || @user OR json_extract(event.body, '$.data.user.id') = @user)
  AND (@sinceMs IS NULL OR dirsync_ms(event.created_at) >= @sinceMs)
  AND (@untilMs IS NULL OR dirsync_ms(event.created_at) < @untilMs)`;
