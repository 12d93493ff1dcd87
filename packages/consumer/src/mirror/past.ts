import { StateError, timestampMs } from "@dirsync/sdk";
import { migrations } from "../journal/migrations/index.ts";
import { connect, type SqliteDatabase } from "../journal/sqlite.ts";
import { Mirror } from "./mirror.ts";
import { eventsOf, Places } from "./rebuild.ts";

/** The last event that a mirror of an earlier time has in it. */
export interface LastEvent {
  readonly seq: number;
  readonly id: string;
  readonly createdAt: string;
}

/** A mirror of an earlier time, in a database of its own that SQLite removes when it is closed. */
export interface Past {
  readonly database: SqliteDatabase;
  /** Null before the first event. */
  readonly last: LastEvent | null;
  /** Events in it from which a person's data was purged, and which say nothing any more. */
  readonly blank: number;
}

interface Until extends LastEvent {
  readonly place: number;
}

/**
 * Folds the events of a state file anew, in upstream's order, up to the last one that was made at `timeMs` or before it.
 * Whoever calls has begun a transaction on the file.
 * @throws StateError `missing` when events were forgotten: what they said is in the present state only, mixed with what
 * came after, so that no earlier state can be told.
 */
export function foldUntil(source: SqliteDatabase, timeMs: number): Past {
  refuseForgotten(source);
  const until = lastUntil(source, timeMs);
  const database = emptied();
  try {
    const { blank } = database.transaction(() => foldAll({ source, database, until }))();
    const last = until === null ? null : { seq: until.seq, id: until.id, createdAt: until.createdAt };
    return { database, last, blank };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** What the events that a state file still has come to, in a database of its own that SQLite removes when it is closed. */
export function foldKept(
  source: SqliteDatabase,
  onProgress?: OnFolded,
): { readonly database: SqliteDatabase; readonly events: number } {
  const database = emptied();
  try {
    const until = { place: Number.POSITIVE_INFINITY };
    const { events } = database.transaction(() => foldAll({ source, database, until, onProgress }))();
    return { database, events };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** With the tables of a state file. */
function emptied(): SqliteDatabase {
  // An empty name: a temporary database, which needs no memory for what a million users say.
  const database = connect("", { busyTimeoutMs: 0 });
  for (const sql of migrations) database.exec(sql);
  return database;
}

function refuseForgotten(source: SqliteDatabase): void {
  const { pruned, oldest } = source
    .prepare<[], { readonly pruned: number; readonly oldest: string | null }>(
      `SELECT pruned_seq AS pruned,
         (SELECT created_at FROM event WHERE seq > pruned_seq ORDER BY seq LIMIT 1) AS oldest FROM stream`,
    )
    .get() ?? { pruned: 0, oldest: null };
  if (pruned === 0) return;
  const kept = oldest === null ? "none are left" : `it has those since ${oldest}`;
  throw new StateError(
    `This state file has forgotten events (${kept}), and an earlier state cannot be told without the ones before. Start the tail with a longer --retention to be able to ask this in future.`,
    { code: "missing" },
  );
}

/** The last in upstream's order whose time is not after `timeMs`. */
function lastUntil(source: SqliteDatabase, timeMs: number): Until | null {
  const places = new Places();
  let last: Until | null = null;
  for (const { event, ...row } of eventsOf(source)) {
    const place = places.of(row, event);
    const madeMs = timestampMs(event.created_at);
    if (madeMs === null || madeMs > timeMs || (last !== null && place < last.place)) continue;
    last = { seq: row.seq, id: event.id, createdAt: event.created_at, place };
  }
  return last;
}

/** Told now and then how many events have been folded. */
export type OnFolded = (events: number) => void;

/** Folded between two times of telling: some 50 ms. */
const toldEvents = 1_000;

interface Fold {
  readonly source: SqliteDatabase;
  readonly database: SqliteDatabase;
  readonly until: Pick<Until, "place"> | null;
  readonly onProgress?: OnFolded | undefined;
}

/** How many events there were, and how many of them are blank. */
function foldAll({ source, database, until, onProgress }: Fold): { readonly events: number; readonly blank: number } {
  const mirror = new Mirror(database);
  const places = new Places();
  let [events, blank] = [0, 0];
  for (const { event, ...row } of eventsOf(source)) {
    const place = places.of(row, event);
    if (until === null || place > until.place) continue;
    events += 1;
    if (events % toldEvents === 0) onProgress?.(events);
    if ((row.flags & 4) !== 0) blank += 1;
    mirror.fold({ seq: row.seq, place, event, isMadeHere: (row.flags & 2) !== 0 });
  }
  return { events, blank };
}
