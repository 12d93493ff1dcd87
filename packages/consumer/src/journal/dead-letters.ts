import { type DirectoryEvent, StateError } from "@dirsync/sdk";
import type { DeadLetter, Failure } from "../model.ts";
import type { DeadLetterChoice, DeadLetterKey, DeadLetterPage, OvertakenOptions } from "./requests.ts";
import { Decisions, guardedCode } from "./decisions.ts";
import { Endangered } from "./endangered.ts";
import { upToMax } from "./read-limits.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { Superseded } from "./superseded.ts";

/** In `redriven`: a person asked for another try. */
const asked = 1;
/** In `redriven`: a person asked for another try although a later event has overtaken it. */
const forced = 2;

/** A dead letter with its event. */
interface DeadLetterRow {
  readonly sink: string;
  readonly seq: number;
  readonly body: string;
  readonly attempts: number;
  readonly failure: string;
  readonly first_at: number | null;
  readonly last_at: number | null;
  readonly superseded_by: string | null;
}

/** What people do about events that were given up. Whoever calls has begun the transaction. */
export class DeadLetters {
  readonly #sql: DeadLetterStatements;
  readonly #superseded: Superseded;
  readonly #endangered: Endangered;
  readonly #decisions: Decisions;

  constructor(database: SqliteDatabase) {
    this.#sql = prepare(database);
    this.#superseded = new Superseded(database);
    this.#endangered = new Endangered(database);
    this.#decisions = new Decisions(database);
  }

  list(sink: string | undefined, { after, limit = Number.POSITIVE_INFINITY }: DeadLetterPage): readonly DeadLetter[] {
    const letters: DeadLetter[] = [];
    const names = this.#sinks(sink);
    // Not by comparing names, which SQLite orders in another way. Of a sink that is gone there is none.
    const at = after === undefined ? 0 : names.indexOf(after.sink);
    for (const name of at === -1 ? [] : names.slice(at)) {
      const left = limit - letters.length;
      if (left <= 0) break;
      const found = this.#sql.ofSink.iterate(
        name,
        name === after?.sink ? after.seq : 0,
        Number.isFinite(left) ? left : -1,
      );
      const { rows, isCut } = Number.isFinite(limit) ? upToMax(found) : { rows: [...found], isCut: false };
      for (const row of rows) letters.push(this.#letterOf(row));
      if (isCut) break;
    }
    return letters;
  }

  keys({ sink, eventId }: DeadLetterChoice): readonly DeadLetterKey[] {
    if (eventId === undefined) return this.#sinks(sink).flatMap((name) => this.#sql.keysOfSink.all(name));
    return this.#sinks(sink).flatMap((name) => this.#sql.keysOfEvent.all(name, eventId));
  }

  #sinks(sink: string | undefined): readonly string[] {
    return sink === undefined ? this.#sql.sinks.all() : [sink];
  }

  #letterOf(row: DeadLetterRow): DeadLetter {
    const event = JSON.parse(row.body) as DirectoryEvent;
    return {
      sink: row.sink,
      seq: row.seq,
      event,
      attempts: row.attempts,
      failure: JSON.parse(row.failure) as Failure,
      firstTriedAtMs: row.first_at ?? 0,
      lastTriedAtMs: row.last_at ?? 0,
      supersededBy: row.superseded_by ?? this.#superseded.by(row.sink, row.seq, event),
    };
  }

  redrive(sink: string, seq: number, { force = false }: OvertakenOptions): void {
    const letter = this.one(sink, seq);
    const later = letter.superseded_by ?? this.#superseded.by(sink, seq, letter.event);
    if (later !== null && !force) {
      throw new StateError(
        `Event ${letter.event.id} was overtaken by ${later}, which is about the same object: delivering it now would bring back an old state. Discard it, have the latest state delivered instead (--latest), or insist with --force.`,
        { code: "superseded" },
      );
    }
    this.#decisions.note(sink, seq);
    this.#sql.redrive.run(later === null ? asked : forced, sink, seq);
    this.#sql.noteRequest.run(sink);
  }

  discard(sink: string, seq: number): void {
    this.one(sink, seq);
    this.#decisions.noteDiscarded(sink, seq);
    // Above the low-water mark it is kept as done: without a row it would look like an event never tried.
    const { changes } = this.#sql.forget.run(sink, seq);
    if (changes === 0) this.#sql.discard.run(sink, seq);
    this.#sql.noteRequest.run(sink);
  }

  /**
   * Writes down what has overtaken letters, where that is about to be forgotten up to this position: a letter outlives it, and
   * must not look current once that is gone.
   */
  noteSuperseded(upTo: number): void {
    for (const { sink, seq } of this.#endangered.by(upTo)) {
      const later = this.#superseded.by(sink, seq, this.one(sink, seq).event);
      if (later !== null) this.#sql.noteSuperseded.run(later, sink, seq);
    }
  }

  /** @throws StateError `missing`. */
  one(sink: string, seq: number): { event: DirectoryEvent; superseded_by: string | null } {
    const row = this.#sql.one.get(sink, seq);
    if (row === undefined) {
      const advice = "`dirsync dead-letters list` shows what there is.";
      throw new StateError(`Sink ${sink} has no dead letter ${seq}. ${advice}`, { code: "missing" });
    }
    return { event: JSON.parse(row.body) as DirectoryEvent, superseded_by: row.superseded_by };
  }
}

/** In words that the index of what is kept is found by. */
const isDead = "work.state IN ('dead', 'parked') AND work.state = 'dead'";

// Only where it is asked for: reading a body takes longer than all else.
const keyColumns = `work.sink, work.seq, event.id AS eventId, work.failure ->> '$.code' AS code,
  CASE WHEN work.failure ->> '$.code' = '${guardedCode}' THEN
    CASE WHEN event.entity LIKE 'directory:%' THEN substr(event.entity, 11) ELSE event.body ->> '$.data.directory_id' END
  END AS directoryId`;

interface DeadLetterStatements {
  readonly sinks: SqliteStatement<[], string>;
  readonly ofSink: SqliteStatement<[sink: string, afterSeq: number, limit: number], DeadLetterRow>;
  readonly keysOfSink: SqliteStatement<[sink: string], DeadLetterKey>;
  readonly keysOfEvent: SqliteStatement<[sink: string, eventId: string], DeadLetterKey>;
  readonly one: SqliteStatement<[string, number], Pick<DeadLetterRow, "body" | "superseded_by">>;
  readonly noteSuperseded: SqliteStatement;
  readonly redrive: SqliteStatement;
  readonly noteRequest: SqliteStatement<[sink: string]>;
  readonly forget: SqliteStatement<[sink: string, seq: number]>;
  readonly discard: SqliteStatement;
}

function prepare(database: SqliteDatabase): DeadLetterStatements {
  return {
    sinks: database.prepare<[], string>("SELECT name FROM sink ORDER BY name").pluck(),
    ofSink: database.prepare(
      `SELECT work.sink, work.seq, event.body, work.attempts, work.failure, work.first_at, work.last_at,
         work.superseded_by
       FROM work JOIN event ON event.seq = work.seq
       WHERE work.sink = ? AND ${isDead} AND work.seq > ? ORDER BY work.seq LIMIT ?`,
    ),
    keysOfSink: database.prepare(
      `SELECT ${keyColumns} FROM work JOIN event ON event.seq = work.seq
       WHERE work.sink = ? AND ${isDead} ORDER BY work.seq`,
    ),
    keysOfEvent: database.prepare(
      `SELECT ${keyColumns} FROM event CROSS JOIN work ON work.seq = event.seq
       WHERE work.sink = ? AND event.id = ? AND work.state = 'dead'`,
    ),
    one: database.prepare(
      `SELECT event.body, work.superseded_by FROM work JOIN event ON event.seq = work.seq
       WHERE work.sink = ? AND work.seq = ? AND work.state = 'dead'`,
    ),
    noteSuperseded: database.prepare("UPDATE work SET superseded_by = ? WHERE sink = ? AND seq = ?"),
    redrive: database.prepare(
      "UPDATE work SET state = 'wait', redriven = ?, attempts = 0, next_at = 0 WHERE sink = ? AND seq = ?",
    ),
    noteRequest: database.prepare("UPDATE sink SET requests = requests + 1 WHERE name = ?"),
    forget: database.prepare(
      "DELETE FROM work WHERE sink = ? AND seq = ? AND seq <= (SELECT low_seq FROM sink WHERE name = work.sink)",
    ),
    discard: database.prepare("UPDATE work SET state = 'done' WHERE sink = ? AND seq = ?"),
  };
}
