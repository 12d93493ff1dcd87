import { ConfigError, StateError, timestampMs } from "@dirsync/sdk";
import type { Replayed, ReplaySelection } from "./model.ts";
import { type SqliteDatabase, type SqliteStatement } from "./sqlite.ts";

interface Selected {
  readonly sink: string;
  readonly fromSeq: number | null;
  readonly toSeq: number | null;
  readonly ids: string | null;
  readonly entity: string | null;
  readonly directory: string | null;
  readonly user: string | null;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
}

/** What people ask sinks to get once more. Whoever calls has begun the transaction. */
export class Replays {
  readonly #hasSink: SqliteStatement<[string]>;
  readonly #count: SqliteStatement<[Selected], Replayed>;
  readonly #ask: SqliteStatement<[Selected]>;
  readonly #note: SqliteStatement<[string]>;

  constructor(database: SqliteDatabase) {
    // The service's times come in more than one form, so that they cannot be compared as text.
    database.function("dirsync_ms", { deterministic: true }, (time) => timestampMs(String(time)));
    this.#hasSink = database.prepare("SELECT 1 FROM sink WHERE name = ?");
    this.#count = database.prepare(
      `SELECT count(*) AS count, min(seq) AS firstSeq, max(seq) AS lastSeq FROM (${selected})`,
    );
    this.#ask = database.prepare(
      `INSERT INTO work (sink, seq, state, replay) SELECT @sink, seq, 'wait', 1 FROM (${selected}) WHERE true
       ON CONFLICT (sink, seq) DO UPDATE
       SET state = 'wait', replay = 1, attempts = 0, next_at = 0, first_at = NULL, last_at = NULL, failure = NULL`,
    );
    this.#note = database.prepare("UPDATE sink SET requests = requests + 1 WHERE name = ?");
  }

  count(sink: string, selection: ReplaySelection): Replayed {
    return this.#count.get(this.#bind(sink, selection)) ?? { count: 0, firstSeq: null, lastSeq: null };
  }

  ask(sink: string, selection: ReplaySelection): Replayed {
    const replayed = this.count(sink, selection);
    if (replayed.count === 0) return replayed;
    this.#ask.run(this.#bind(sink, selection));
    this.#note.run(sink);
    return replayed;
  }

  #bind(sink: string, selection: ReplaySelection): Selected {
    if (this.#hasSink.get(sink) === undefined) {
      throw new StateError(`There is no sink ${sink}. \`dirsync status\` shows what there is.`, { code: "missing" });
    }
    if (Object.values(selection).every((value) => value === undefined)) {
      throw new ConfigError("A replay of everything has to be asked for: say from which event on, or which.", {
        where: "selection",
      });
    }
    const { fromSeq = null, toSeq = null, ids, entity = null, directory = null, user = null } = selection;
    return {
      sink,
      fromSeq,
      toSeq,
      entity,
      directory,
      user,
      ids: ids === undefined ? null : JSON.stringify(ids),
      sinceMs: msOf("since", selection.since),
      untilMs: msOf("until", selection.until),
    };
  }
}

/**
 * What the sink has finished well. What is waiting comes anyway, and about dead letters and what is parked a person
 * decides in another way. A blank event has nothing to deliver.
 */
const selected = `
  SELECT event.seq FROM event LEFT JOIN work ON work.sink = @sink AND work.seq = event.seq
  WHERE CASE WHEN work.state IS NULL THEN event.seq <= (SELECT low_seq FROM sink WHERE name = @sink)
      ELSE work.state = 'done' END
    AND event.flags & 4 = 0
    AND (@fromSeq IS NULL OR event.seq >= @fromSeq)
    AND (@toSeq IS NULL OR event.seq <= @toSeq)
    AND (@ids IS NULL OR event.id IN (SELECT value FROM json_each(@ids)))
    AND (@entity IS NULL OR event.entity = @entity)
    AND (@directory IS NULL OR event.entity = 'directory:' || @directory
      OR json_extract(event.body, '$.data.directory_id') = @directory)
    AND (@user IS NULL OR event.entity = 'user:' || @user OR json_extract(event.body, '$.data.user.id') = @user)
    AND (@sinceMs IS NULL OR dirsync_ms(event.created_at) >= @sinceMs)
    AND (@untilMs IS NULL OR dirsync_ms(event.created_at) < @untilMs)`;

function msOf(where: string, time: string | undefined): number | null {
  if (time === undefined) return null;
  const ms = timestampMs(time);
  if (ms === null) throw new ConfigError(`"${time}" is not an ISO 8601 time.`, { where });
  return ms;
}
