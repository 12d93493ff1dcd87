import { type DirectoryEvent, timestampMs } from "@dirsync/sdk";
import { directoryIdOf } from "../entity.ts";
import type { Gap } from "../model.ts";
import type { StreamStatus } from "../status.ts";
import type { Move, StreamMemory } from "./model.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { StreamSeal } from "./stream-seal.ts";

/**
 * An event made this much before the one at the cursor does not follow it by right. More than the clocks of a service
 * disagree, and far less than the time after which events are forgotten.
 */
const outOfPlaceMs = 5 * 60 * 1_000;

/** How far back the events before the cursor are looked at: enough to tell whose log it is. */
const eventsMax = 1_000;

/** What the journal knows about the log it was read from, and how it is told to go on elsewhere. */
export class Memory {
  readonly #seal: StreamSeal;
  readonly #sql: MemoryStatements;

  constructor(database: SqliteDatabase) {
    this.#seal = new StreamSeal(database);
    this.#sql = prepare(database);
  }

  recall(): StreamMemory {
    const body = this.#sql.cursorBody.get();
    const cursorEvent = body === undefined ? null : (JSON.parse(body) as DirectoryEvent);
    const rows = this.#sql.before.all(eventsMax);
    const directories = [cursorEvent === null ? null : directoryIdOf(cursorEvent), ...rows.map((row) => row.directory)];
    return {
      cursorEvent,
      verifiedThroughAtMs: this.#sql.verifiedThrough.get() ?? null,
      before: rows.map(({ id, created_at: createdAt }) => ({ id, createdAt })),
      directories: new Set(directories.filter((id) => id !== null)),
    };
  }

  placesOf(ids: readonly string[]): ReadonlyMap<string, number> {
    const places = new Map<string, number>();
    for (const id of ids) {
      const place = this.#sql.placeOf.get(id);
      if (place !== undefined) places.set(id, place);
    }
    return places;
  }

  isOutOfPlace(event: DirectoryEvent): boolean {
    const cursor = this.#sql.cursorPlace.get();
    if (cursor === undefined) return false;
    const seq = this.#sql.seqOf.get(event.id);
    if (seq !== undefined) return seq <= cursor.seq;
    const [madeMs, cursorMs] = [timestampMs(event.created_at), timestampMs(cursor.created_at)];
    return madeMs !== null && cursorMs !== null && madeMs < cursorMs - outOfPlaceMs;
  }

  mayHaveForgotten({ created_at: createdAt }: DirectoryEvent): boolean {
    const firstKeptMs = timestampMs(this.#sql.firstKeptAt.get() ?? "");
    const madeMs = timestampMs(createdAt);
    return madeMs !== null && firstKeptMs !== null && madeMs <= firstKeptMs;
  }

  /** Moves the cursor to where reading can go on, and puts on record what may be missing. */
  move({ cursor, start, gap, atMs }: Move, fromCursor: string | null): void {
    if (gap !== null) {
      this.#sql.openGap.run(atMs, gap, fromCursor, this.#sql.verifiedThrough.get() ?? null);
      this.#sql.noteIncomplete.run();
    }
    this.#sql.move.run(cursor, JSON.stringify(start));
    this.#seal.write();
  }

  /** Notes that an event behind a gap has been read. */
  noteResumed(atMs: number): void {
    this.#sql.noteResumed.run(atMs);
  }

  status(): Pick<StreamStatus, "verifiedThroughAtMs" | "gaps" | "mirrorCompleteSinceSeq"> {
    return {
      verifiedThroughAtMs: this.#sql.verifiedThrough.get() ?? null,
      gaps: this.#sql.openGaps.all(),
      mirrorCompleteSinceSeq: this.#sql.mirrorCompleteSince.get() ?? null,
    };
  }
}

interface MemoryStatements {
  readonly cursorBody: SqliteStatement<[], string>;
  readonly cursorPlace: SqliteStatement<[], { readonly seq: number; readonly created_at: string }>;
  readonly verifiedThrough: SqliteStatement<[], number | null>;
  readonly firstKeptAt: SqliteStatement<[], string>;
  readonly before: SqliteStatement<[number], BeforeRow>;
  readonly seqOf: SqliteStatement<[string], number>;
  readonly placeOf: SqliteStatement<[string], number>;
  readonly move: SqliteStatement;
  readonly openGap: SqliteStatement;
  readonly noteIncomplete: SqliteStatement;
  readonly mirrorCompleteSince: SqliteStatement<[], number | null>;
  readonly noteResumed: SqliteStatement;
  readonly openGaps: SqliteStatement<[], Gap>;
}

interface BeforeRow {
  readonly id: string;
  readonly created_at: string;
  readonly directory: string | null;
}

function prepare(database: SqliteDatabase): MemoryStatements {
  return {
    cursorBody: database.prepare<[], string>("SELECT body FROM event WHERE id = (SELECT cursor FROM stream)").pluck(),
    cursorPlace: database.prepare("SELECT seq, created_at FROM event WHERE id = (SELECT cursor FROM stream)"),
    verifiedThrough: database.prepare<[], number | null>("SELECT verified_through_at FROM stream").pluck(),
    firstKeptAt: database
      .prepare<[], string>(
        `SELECT created_at FROM event WHERE seq > (SELECT pruned_seq FROM stream WHERE pruned_seq > 0) AND flags & 3 = 0
         ORDER BY seq LIMIT 1`,
      )
      .pluck(),
    // Nothing has been forgotten above pruned_seq. What was found late stands elsewhere in upstream's order, and what was
    // made here stands nowhere in it.
    before: database.prepare<[number], BeforeRow>(
      `SELECT id, created_at, coalesce(body ->> '$.data.directory_id', body ->> '$.data.id') AS directory FROM event
       WHERE seq > (SELECT pruned_seq FROM stream) AND flags & 3 = 0
         AND seq < (SELECT seq FROM event WHERE id = (SELECT cursor FROM stream))
       ORDER BY seq DESC LIMIT ?`,
    ),
    seqOf: database.prepare<[string], number>("SELECT seq FROM event WHERE id = ?").pluck(),
    placeOf: database.prepare<[string], number>("SELECT coalesce(place, seq) FROM event WHERE id = ?").pluck(),
    move: database.prepare("UPDATE stream SET cursor = ?, start = ?"),
    openGap: database.prepare(
      "INSERT INTO gap (opened_at, reason, from_cursor, verified_through_at) VALUES (?, ?, ?, ?)",
    ),
    noteIncomplete: database.prepare("UPDATE mirror SET complete_since_seq = NULL"),
    mirrorCompleteSince: database.prepare<[], number | null>("SELECT complete_since_seq FROM mirror").pluck(),
    noteResumed: database.prepare("UPDATE gap SET resumed_at = ? WHERE resumed_at IS NULL AND closed_at IS NULL"),
    openGaps: database.prepare(
      `SELECT id, opened_at AS openedAtMs, reason, from_cursor AS fromCursor,
         verified_through_at AS verifiedThroughAtMs, resumed_at AS resumedAtMs
       FROM gap WHERE closed_at IS NULL ORDER BY id`,
    ),
  };
}
