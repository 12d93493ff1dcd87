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
  readonly id: string;
  readonly body: string;
}

/** What can be done with what is chosen. */
export interface Selection {
  readonly list: SqliteStatement<[Selected], SelectedEvent>;
  /** Counts what was given up while a guard held it. Null where events are named: whoever names one means it. */
  readonly leftOut: SqliteStatement<[Selected], number> | null;
  readonly ask: SqliteStatement<[Selected & { readonly isForced: number }]>;
}

/** `isNamed` where ids are given. Then the events are looked up by them, and else all are walked. */
export function prepareSelection(database: SqliteDatabase, isNamed: boolean): Selection {
  // The service's times come in more than one form, so that they cannot be compared as text.
  database.function("dirsync_ms", (time) => timestampMs(String(time)));
  const selected = isNamed ? `${finished} AND event.id IN (SELECT value FROM json_each(@ids))` : finished;
  const coming = isNamed ? selected : `${selected} AND NOT ${isGivenUp}`;
  return {
    list: database.prepare(`SELECT event.seq, event.id, event.body ${coming} ORDER BY event.seq`),
    leftOut: isNamed
      ? null
      : database.prepare<[Selected], number>(`SELECT count(*) ${selected} AND ${isGivenUp}`).pluck(),
    ask: database.prepare(
      `INSERT INTO work (sink, seq, state, replay, replay_forced) SELECT @sink, event.seq, 'wait', 1, @isForced ${coming}
       ON CONFLICT (sink, seq) DO UPDATE
       SET state = 'wait', replay = 1, replay_forced = @isForced, attempts = 0, next_at = 0, first_at = NULL, last_at = NULL, failure = NULL`,
    ),
  };
}

/**
 * What the sink has finished well. What is waiting comes anyway, and about dead letters and what is parked a person
 * decides in another way. A blank event has nothing to deliver.
 */
const finished = `
  FROM event LEFT JOIN work ON work.sink = @sink AND work.seq = event.seq
  WHERE CASE WHEN work.state IS NULL THEN event.seq <= (SELECT low_seq FROM sink WHERE name = @sink)
      ELSE work.state = 'done' END
    AND event.flags & 4 = 0
    AND (@fromSeq IS NULL OR event.seq >= @fromSeq)
    AND (@toSeq IS NULL OR event.seq <= @toSeq)
    AND (@entity IS NULL OR event.entity = @entity)
    AND (@directory IS NULL OR event.entity = 'directory:' || @directory
      OR json_extract(event.body, '$.data.directory_id') = @directory)
    AND (@user IS NULL OR event.entity = 'user:' || @user OR json_extract(event.body, '$.data.user.id') = @user)
    AND (@sinceMs IS NULL OR dirsync_ms(event.created_at) >= @sinceMs)
    AND (@untilMs IS NULL OR dirsync_ms(event.created_at) < @untilMs)`;
