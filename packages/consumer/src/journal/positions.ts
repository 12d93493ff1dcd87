import { type DirectoryEvent, StateError } from "@dirsync/sdk";
import { Mirror } from "../mirror/mirror.ts";
import { Doubts } from "../scan/doubts.ts";
import type { Cursor, StartPosition } from "../model.ts";
import { EventRows, type Written } from "./event-rows.ts";
import { textOf } from "./event-text.ts";
import { placesAmong } from "./places.ts";
import type { Append, Appended, StreamPosition } from "./model.ts";
import type { FreshEvent } from "./fresh-events.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { StreamSeal } from "./stream-seal.ts";
import type { UnknownType } from "../status.ts";
import { UnknownEvents } from "./unknown-events.ts";

/** The one row about the stream. */
export interface StreamRow {
  readonly source: string | null;
  readonly start: string | null;
  readonly cursor: string | null;
  readonly head_seq: number;
  readonly epoch: number;
  readonly holder: string | null;
  readonly holder_note: string | null;
  readonly caught_up_at: number | null;
}

/** Of `event.flags`: found later than its place in the log. */
const lateFlag = 1;

/** Of `event.flags`: made here, by a scan, and not upstream. */
const madeHereFlag = 2;

/** The events of a page that are new, in journal order. */
interface Added {
  readonly added: readonly FreshEvent[];
}

/** An event that is new to the journal. */
interface Entry {
  readonly seq: number;
  readonly event: DirectoryEvent;
  /** JSON of what it says. */
  readonly state: string;
  readonly isMadeHere: boolean;
  place: number;
  isLate?: boolean;
}

/** The half of the journal that grows: the stream row and its events. Whoever calls has begun the transaction. */
export class Positions {
  readonly #path: string;
  readonly #sql: PositionStatements;
  readonly #rows: EventRows;
  readonly #mirror: Mirror;
  readonly #doubts: Doubts;
  readonly #seal: StreamSeal;
  readonly #unknown: UnknownEvents;

  constructor(database: SqliteDatabase, path: string) {
    this.#path = path;
    this.#sql = prepare(database);
    this.#rows = new EventRows(database);
    this.#mirror = new Mirror(database);
    this.#doubts = new Doubts(database);
    this.#seal = new StreamSeal(database);
    this.#unknown = new UnknownEvents(database);
  }

  stream(): StreamRow {
    const row = this.#sql.stream.get();
    if (row === undefined) throw new Error("The state file has no stream row.");
    return row;
  }

  bind(source: string, start: StartPosition, formerSource = source): StreamPosition {
    const stream = this.stream();
    if (stream.source !== null && stream.source !== source && stream.source !== formerSource) {
      throw new StateError(
        `${this.#path} holds the log of ${stream.source}, not of ${source}. Use another --state file for another log; if the same service has moved, say --moved-from with its old address.`,
        { code: "unreadable" },
      );
    }
    // A start that upstream has never answered to may have been a mistake; one that it has must not move any more.
    const isAnswered = stream.head_seq > 0 || stream.caught_up_at !== null;
    const begins = isAnswered && stream.start !== null ? (JSON.parse(stream.start) as StartPosition) : start;
    this.#sql.bindStream.run(source, JSON.stringify(begins));
    this.#seal.write();
    return { cursor: stream.cursor, start: begins, headSeq: stream.head_seq };
  }

  append(page: Append): Omit<Appended, "refusedCount"> & Added {
    const { events, expectedCursor, cursor, knownEvents = [], receivedAtMs } = page;
    const stream = this.expect(expectedCursor);
    const entries = this.#insert(page, stream.head_seq);
    for (const entry of entries) {
      this.#mirror.fold(entry);
      if (entry.isLate === true) this.#doubts.add(entry.event, entry.seq);
    }
    const headSeq = entries.at(-1)?.seq ?? stream.head_seq;
    const newCursor = cursor === undefined ? (events.at(-1)?.id ?? stream.cursor) : cursor;
    this.#sql.moveCursor.run(newCursor, headSeq);
    this.#seal.write();
    const lateCount = entries.reduce((count, { isLate }) => count + (isLate === true ? 1 : 0), 0);
    const added = entries.map(({ event, state }) => ({ event, characters: state.length }));
    const unknownTypes = this.#unknown.count(entries, knownEvents, receivedAtMs);
    return { cursor: newCursor, headSeq, count: entries.length, lateCount, unknownTypes, added };
  }

  /** Stores the events that are new, and finds out where they stand. */
  #insert({ events, texts, late, places, isMadeHere = false, receivedAtMs }: Append, before: number): readonly Entry[] {
    const entries: Entry[] = [];
    const known = new Map<string, number>();
    const facts = { receivedAtMs, flags: isMadeHere ? madeHereFlag : 0 };
    const written = events.map((event): Written => {
      const { body, state } = texts?.get(event.id) ?? textOf(event);
      return { event, body, state };
    });
    const isAllNew = this.#rows.addAll(written, { ...facts, seq: before + 1 });
    for (const each of written) {
      const seq = before + entries.length + 1;
      const { event, state } = each;
      if (isAllNew || this.#rows.add(each, { ...facts, seq })) {
        entries.push({ seq, place: seq, event, state, isMadeHere });
        continue;
      }
      const had = this.#sql.placeOf.get(event.id);
      if (had !== undefined && had.seq <= before && !isMadeHere) known.set(event.id, had.place);
    }
    if (known.size === 0 && places === undefined && (late?.size ?? 0) === 0) return entries;
    // What stands before an event that we had has come to its place after that one was read.
    const found = known.size === 0 ? places : this.#placesAmong(events, known);
    for (const entry of entries) {
      const place = found?.get(entry.event.id);
      if (place !== undefined) entry.place = place;
      if (place === undefined && late?.has(entry.event.id) !== true) continue;
      entry.isLate = true;
      this.#sql.flagLate.run(place ?? null, entry.seq);
    }
    return entries;
  }

  #placesAmong(events: readonly DirectoryEvent[], known: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const listed = events.map(({ id }) => id);
    // Of what stands between two positions, all was found late.
    return placesAmong(listed, known, (place) => {
      const before = Math.ceil(place) - 1;
      return this.#sql.lastBetween.get(before, place) ?? before;
    });
  }

  /** @throws StateError `fenced` when the cursor is not there any more. */
  expect(expectedCursor: Cursor | null): StreamRow {
    const stream = this.stream();
    if (stream.cursor === expectedCursor) return stream;
    const moved = `${this.#path} stood at ${String(expectedCursor)} and stands at ${String(stream.cursor)}: another process wrote to it, or a copy was put in its place. Nothing more was written. Start this one again, and it goes on from there.`;
    throw new StateError(moved, { code: "fenced" });
  }

  markCaughtUp(atMs: number, verifiedThroughAtMs: number | null): void {
    this.#sql.markCaughtUp.run(atMs, verifiedThroughAtMs);
  }

  /** Types of events that nobody knows. */
  unknownTypes(): readonly UnknownType[] {
    return this.#unknown.list();
  }

  noteHolder(text: string | null, atMs: number): void {
    this.#sql.noteHolder.run(text === null ? null : JSON.stringify([text, atMs]));
  }

  bytesOf(afterSeq: number, upToSeq: number): number {
    return this.#sql.bytesOf.get(afterSeq, upToSeq) ?? 0;
  }

  /** The last of up to `limit` events that nothing needs any more and that arrived before `beforeMs`. */
  lastPrunable(limit: number, beforeMs: number): number | null {
    return this.#sql.lastPrunable.get(limit, beforeMs) ?? null;
  }

  /** Forgets what can be up to here, and returns how many. */
  prune(upTo: number): number {
    const { changes } = this.#sql.prune.run(upTo);
    this.#sql.notePruned.run(upTo);
    this.#seal.write();
    return changes;
  }
}

interface PositionStatements {
  readonly stream: SqliteStatement<[], StreamRow>;
  readonly bindStream: SqliteStatement;
  readonly moveCursor: SqliteStatement;
  readonly markCaughtUp: SqliteStatement;
  readonly noteHolder: SqliteStatement;
  readonly placeOf: SqliteStatement<[string], { readonly seq: number; readonly place: number }>;
  readonly lastBetween: SqliteStatement<[above: number, below: number], number | null>;
  readonly flagLate: SqliteStatement;
  readonly bytesOf: SqliteStatement<[afterSeq: number, upToSeq: number], number | null>;
  readonly lastPrunable: SqliteStatement<[limit: number, beforeMs: number], number | null>;
  readonly prune: SqliteStatement;
  readonly notePruned: SqliteStatement;
}

function prepare(database: SqliteDatabase): PositionStatements {
  return {
    stream: database.prepare(
      "SELECT source, start, cursor, head_seq, epoch, holder, holder_note, caught_up_at FROM stream",
    ),
    bindStream: database.prepare("UPDATE stream SET source = ?, start = ?"),
    moveCursor: database.prepare("UPDATE stream SET cursor = ?, head_seq = ?"),
    markCaughtUp: database.prepare(
      "UPDATE stream SET caught_up_at = ?, verified_through_at = coalesce(?, verified_through_at)",
    ),
    noteHolder: database.prepare("UPDATE stream SET holder_note = ?"),
    placeOf: database.prepare("SELECT seq, coalesce(place, seq) AS place FROM event WHERE id = ?"),
    lastBetween: database
      .prepare<[number, number], number | null>("SELECT max(place) FROM event WHERE place > ? AND place < ?")
      .pluck(),
    flagLate: database.prepare(`UPDATE event SET flags = flags | ${lateFlag}, place = ? WHERE seq = ?`),
    // Unlike length(), which counts characters, octet_length() does not read the text.
    bytesOf: database
      .prepare<[number, number], number | null>("SELECT sum(octet_length(body)) FROM event WHERE seq > ? AND seq <= ?")
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
    // What was kept as a dead letter and is decided about is forgotten after what stands behind it.
    notePruned: database.prepare("UPDATE stream SET pruned_seq = max(pruned_seq, ?)"),
  };
}

/**
 * An event with a work row may still be needed: it is waiting, or it is a dead letter. The event at the cursor is what
 * a log that starts again is recognised by.
 */
export const isForgettable = "seq NOT IN (SELECT seq FROM work) AND id IS NOT (SELECT cursor FROM stream)";
