import { type DirectoryEvent, timestampMs } from "@dirsync/sdk";
import { Decisions } from "../journal/decisions.ts";
import { readStateFile } from "../journal/read-state.ts";
import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import { directoryOf, type GuardOptions, takesAccess } from "./guard.ts";

const rowsAtOnce = 500;

/**
 * What the guard of a sink has to know of the time before it began, from the state file at `path`: the events that took
 * somebody's access and that the sink got, or that were held, within the guard's `windowMs` before the newest event, oldest
 * first. What came before a person's decision is left out.
 * @throws StateError as `openMirror`.
 */
export function recentLosses(
  path: string,
  { sink, windowMs }: Pick<GuardOptions, "windowMs"> & { readonly sink: string },
): Promise<readonly DirectoryEvent[]> {
  return readStateFile(path, (database) => {
    const losses = database.transaction(() => new PastLosses(database, sink).within(windowMs))();
    database.close();
    return losses;
  });
}

/** What a sink has got, or what was held from it, of people losing access. */
class PastLosses {
  readonly #sink: string;
  readonly #rows: SqliteStatement<[before: number, limit: number], Row>;
  readonly #isPassed: SqliteStatement<[{ readonly sink: string; readonly seq: number }]>;
  readonly #decisions: Decisions;

  constructor(database: SqliteDatabase, sink: string) {
    this.#sink = sink;
    this.#rows = database.prepare(
      `SELECT seq, created_at, received_at,
         iif(type IN ('dsync.user.deleted', 'dsync.user.updated') AND flags & 6 = 0, body, NULL) AS body
       FROM event WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
    );
    // What waits or is tried has not been counted, or is to be let through.
    this.#isPassed = database.prepare(
      `SELECT 1 FROM sink LEFT JOIN work ON work.sink = sink.name AND work.seq = @seq
       WHERE name = @sink AND coalesce(work.state IN ('done', 'dead'), low_seq >= @seq)`,
    );
    this.#decisions = new Decisions(database);
  }

  within(windowMs: number): readonly DirectoryEvent[] {
    const decided = new Set<string>();
    const losses: DirectoryEvent[] = [];
    // Newest first, so that a decision ends the count of its directory for all that is older.
    for (const { seq, event } of this.#newestFirst(windowMs)) {
      const directoryId = directoryOf(event) ?? "";
      if (decided.has(directoryId)) continue;
      if (this.#decisions.has(this.#sink, event.id)) decided.add(directoryId);
      else if (this.#isPassed.get({ sink: this.#sink, seq }) !== undefined) losses.push(event);
    }
    return losses.reverse();
  }

  *#newestFirst(windowMs: number): Generator<{ readonly seq: number; readonly event: DirectoryEvent }> {
    let sinceMs = Number.NEGATIVE_INFINITY;
    for (let before = Number.MAX_SAFE_INTEGER; ;) {
      const rows = this.#rows.all(before, rowsAtOnce);
      // By upstream's clock, but where that is ahead of all reason.
      const newestMs = Math.max(...rows.map((row) => Math.min(madeAt(row), row.received_at)));
      sinceMs = Math.max(sinceMs, newestMs - windowMs);
      const recent = rows.filter((row) => madeAt(row) > sinceMs);
      for (const { seq, body } of recent) {
        const event = body === null ? null : (JSON.parse(body) as DirectoryEvent);
        if (event !== null && takesAccess(event)) yield { seq, event };
      }
      before = rows.at(-1)?.seq ?? 0;
      // The times of a log are nearly in its order.
      if (recent.length === 0) return;
    }
  }
}

interface Row {
  readonly seq: number;
  readonly created_at: string;
  readonly received_at: number;
  /** Of what may be a loss, neither made here nor purged; otherwise null. */
  readonly body: string | null;
}

function madeAt({ created_at }: Row): number {
  return timestampMs(created_at) ?? 0;
}
