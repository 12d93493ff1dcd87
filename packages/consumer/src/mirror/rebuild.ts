import { type DirectoryEvent, timestampMs } from "@dirsync/sdk";
import type { SqliteDatabase } from "../journal/sqlite.ts";
import { Mirror } from "./mirror.ts";

/** An event as it is kept. */
export interface EventRow {
  readonly seq: number;
  readonly place: number | null;
  readonly entity: string;
  readonly flags: number;
  readonly body: string;
}

const rowsMax = 1_000;

/**
 * Builds the mirror of a state file that had none from the events that are still there; whoever calls has begun the
 * transaction. What was forgotten is missing, so it stays marked as not complete until a scan has been made.
 */
export function buildMirror(database: SqliteDatabase): void {
  const mirror = new Mirror(database);
  const places = new Places();
  for (const { event, ...row } of eventsOf(database))
    mirror.fold({ seq: row.seq, place: places.of(row, event), event, isMadeHere: (row.flags & 2) !== 0 });
}

/** Every event there is, in the order in which they were read. */
export function* eventsOf(database: SqliteDatabase): Generator<EventRow & { readonly event: DirectoryEvent }> {
  const read = database.prepare<[number, number], EventRow>(
    "SELECT seq, place, entity, flags, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
  );
  for (let rows = read.all(0, rowsMax); rows.length > 0; rows = read.all(rows.at(-1)?.seq ?? 0, rowsMax)) {
    for (const row of rows) yield { ...row, event: eventOf(row) };
  }
}

/** Of a purged event all that is left is whom it was about, which is what an end needs; without an id it is no news. */
function eventOf({ body, flags, entity }: EventRow): DirectoryEvent {
  const event = JSON.parse(body) as DirectoryEvent;
  const isEnd = (flags & 4) !== 0 && event.event.endsWith(".deleted");
  return isEnd ? { ...event, data: { id: entity.slice(entity.indexOf(":") + 1) } } : event;
}

/** Where events stand. Those before this version have no place on record, and their times are all there is to go by. */
export class Places {
  readonly #seqs: number[] = [];
  readonly #times: number[] = [];

  /** To be asked of every event, in the order in which they were read. */
  of({ seq, place, flags }: Pick<EventRow, "seq" | "place" | "flags">, event: DirectoryEvent): number {
    const madeMs = timestampMs(event.created_at);
    if (place !== null) return place;
    if ((flags & 1) !== 0 && madeMs !== null) return (this.#lastUntil(madeMs) ?? 0) + 0.5;
    if (madeMs !== null) {
      this.#seqs.push(seq);
      this.#times.push(madeMs);
    }
    return seq;
  }

  #lastUntil(madeMs: number): number | undefined {
    let index = this.#times.length - 1;
    while (index >= 0 && (this.#times[index] ?? 0) > madeMs) index -= 1;
    return this.#seqs[index];
  }
}
