import { createHash } from "node:crypto";
import { type DirectoryEvent, StateError, timestampMs } from "@dirsync/sdk";
import { ancestorsOf, entityOf } from "../entity.ts";
import type { DeadLetter, Failure, Outcome, StartPosition, StreamStatus, WorkItem } from "../model.ts";
import type { Append, Appended, Journal, RedriveOptions, SinkPosition, Step, StreamPosition } from "./model.ts";
import { type SqliteDatabase, type SqliteTransaction, translateSqliteError } from "./sqlite.ts";
import { sealStream } from "./stream-seal.ts";
import { prepareStatements, type Statements, type WorkRow } from "./sqlite-statements.ts";

interface JournalParts {
  readonly database: SqliteDatabase;
  readonly path: string;
  readonly epoch: number;
  /** False for a visitor, who may only redrive and discard. */
  readonly isHolder: boolean;
  /** Gives back whatever keeps other holders out. */
  readonly release: () => void;
}

/**
 * An event made this much before the one at the cursor does not follow it. Far more than the clocks of a service
 * disagree, and far less than the time after which events are forgotten.
 */
const behindCursorMs = 60 * 60 * 1_000;

/** The journal in one SQLite file. Made by `openJournal`. */
export class SqliteJournal implements Journal {
  readonly epoch: number;
  readonly instanceId: string;
  readonly #database: SqliteDatabase;
  readonly #path: string;
  readonly #isHolder: boolean;
  readonly #release: () => void;
  readonly #sql: Statements;
  readonly #transact: SqliteTransaction;

  constructor({ database, path, epoch, isHolder, release }: JournalParts) {
    this.epoch = epoch;
    this.#database = database;
    this.#path = path;
    this.#isHolder = isHolder;
    this.#release = release;
    this.#sql = prepareStatements(database);
    // Made once: better-sqlite3 builds four functions for each.
    this.#transact = database.transaction((change) => change());
    const instanceId = String(database.prepare("SELECT instance_id FROM stream").pluck().get());
    // With the place it lies at: a copy of a state file must not end the hooks of the original's holder.
    this.instanceId = `${instanceId}.${createHash("sha256").update(path).digest("hex").slice(0, 8)}`;
  }

  bind(source: string, start: StartPosition): Promise<StreamPosition> {
    return this.#write(() => {
      const stream = this.#sql.stream.get();
      if (stream.source !== null && stream.source !== source) {
        throw new StateError(
          `${this.#path} holds the log of ${stream.source}, not of ${source}. Use another --state file for another log.`,
          { code: "unreadable" },
        );
      }
      // A start that upstream has never answered to may have been a mistake; one that it has must not move any more.
      const isAnswered = stream.cursor !== null || stream.caught_up_at !== null;
      const begins = isAnswered && stream.start !== null ? (JSON.parse(stream.start) as StartPosition) : start;
      this.#sql.bindStream.run(source, JSON.stringify(begins));
      sealStream(this.#database);
      return { cursor: stream.cursor, start: begins, headSeq: stream.head_seq };
    });
  }

  append({ events, expectedCursor, receivedAtMs }: Append): Promise<Appended> {
    return this.#write(() => {
      const { cursor, head_seq } = this.#sql.stream.get();
      if (cursor !== expectedCursor) {
        throw new StateError(
          `The cursor moved to ${String(cursor)} while the page after ${String(expectedCursor)} was read.`,
          {
            code: "fenced",
          },
        );
      }
      let headSeq = head_seq;
      for (const event of events) {
        const entity = entityOf(event);
        const row = [headSeq + 1, event.id, event.event, entity, event.created_at, receivedAtMs, JSON.stringify(event)];
        headSeq += this.#sql.insertEvent.run(...row).changes;
      }
      const newCursor = events.at(-1)?.id ?? cursor;
      this.#sql.moveCursor.run(newCursor, headSeq);
      sealStream(this.#database);
      return { cursor: newCursor, headSeq, count: headSeq - head_seq };
    });
  }

  isBehindCursor(event: DirectoryEvent): Promise<boolean> {
    return this.#read(() => {
      if (this.#sql.hasEvent.get(event.id) !== undefined) return true;
      const [madeMs, cursorMs] = [event.created_at, this.#sql.cursorCreatedAt.get() ?? ""].map(timestampMs);
      return typeof madeMs === "number" && typeof cursorMs === "number" && madeMs < cursorMs - behindCursorMs;
    });
  }

  markCaughtUp(atMs: number): Promise<void> {
    return this.#write(() => void this.#sql.markCaughtUp.run(atMs));
  }

  addSink(name: string): Promise<SinkPosition> {
    return this.#write(() => {
      this.#sql.addSink.run(name);
      const lowSeq = this.#sql.lowSeq.get(name) ?? 0;
      return { lowSeq, finishedAbove: this.#sql.finishedAbove.all(name, lowSeq) };
    });
  }

  read(sink: string, afterSeq: number, limit: number): Promise<readonly WorkItem[]> {
    return this.#read(() => this.#sql.unfinished.all(sink, afterSeq, limit).map(toWorkItem));
  }

  takeRedriven(sink: string, held: ReadonlySet<number>, limit: number): Promise<readonly WorkItem[]> {
    const rows = (): WorkRow[] => this.#sql.redriven.all(sink, limit).filter(({ seq }) => !held.has(seq));
    // Nearly always there is nothing, and then nothing is written.
    if (rows().length === 0) return Promise.resolve([]);
    return this.#write(() =>
      rows().flatMap((row) => {
        const item = toWorkItem(row);
        if (row.redriven === forced || this.#supersededBy(row.seq, item.event) === null) return [item];
        this.#sql.withdraw.run(sink, row.seq);
        return [];
      }),
    );
  }

  step(sink: string, { finished, started, lowSeq, nowMs }: Step): Promise<void> {
    return this.#write(() => {
      for (const outcome of finished) this.#finish(sink, outcome, nowMs);
      for (const seq of started) this.#sql.beginAttempt.run({ sink, seq, nowMs });
      const delivered = finished.filter((outcome) => outcome.result === "delivered").length;
      this.#sql.moveLow.run(lowSeq, delivered, sink);
      this.#sql.dropDone.run(sink, lowSeq);
    });
  }

  status(): Promise<StreamStatus> {
    return this.#read(() => {
      const stream = this.#sql.stream.get();
      return {
        source: stream.source,
        cursor: stream.cursor,
        headSeq: stream.head_seq,
        epoch: stream.epoch,
        holder: stream.holder,
        caughtUpAtMs: stream.caught_up_at,
        sinks: this.#sql.sinks.all(),
      };
    });
  }

  deadLetters(sink?: string): Promise<readonly DeadLetter[]> {
    return this.#read(() =>
      this.#sql.deadLetters.all(sink ?? null).map((row) => {
        const event = JSON.parse(row.body) as DirectoryEvent;
        return {
          sink: row.sink,
          seq: row.seq,
          event,
          attempts: row.attempts,
          failure: JSON.parse(row.failure) as Failure,
          firstTriedAtMs: row.first_at ?? 0,
          lastTriedAtMs: row.last_at ?? 0,
          supersededBy: row.superseded_by ?? this.#supersededBy(row.seq, event),
        };
      }),
    );
  }

  redrive(sink: string, seq: number, { force = false }: RedriveOptions): Promise<void> {
    return this.#change(() => {
      const letter = this.#deadLetter(sink, seq);
      const later = letter.superseded_by ?? this.#supersededBy(seq, letter.event);
      if (later !== null && !force) {
        throw new StateError(
          `Event ${letter.event.id} was overtaken by ${later}, which is about the same object: delivering it now would bring back an old state. Discard it, or use --force.`,
          { code: "superseded" },
        );
      }
      this.#sql.redrive.run(later === null ? asked : forced, sink, seq);
    });
  }

  discard(sink: string, seq: number): Promise<void> {
    return this.#change(() => {
      this.#deadLetter(sink, seq);
      this.#sql.discard.run(sink, seq);
    });
  }

  prune(beforeMs: number, limit: number): Promise<number> {
    return this.#write(() => {
      const upTo = this.#sql.lastPrunable.get(limit, beforeMs) ?? null;
      if (upTo === null) return 0;
      // A dead letter outlives what has overtaken it, and must not look current once that is gone.
      for (const { sink, seq, body, superseded_by } of this.#sql.deadLetters.all(null)) {
        if (superseded_by !== null) continue;
        const later = this.#supersededBy(seq, JSON.parse(body) as DirectoryEvent);
        if (later !== null) this.#sql.noteSuperseded.run(later, sink, seq);
      }
      const { changes } = this.#sql.prune.run(upTo);
      this.#sql.notePruned.run(upTo);
      sealStream(this.#database);
      return changes;
    });
  }

  close(): Promise<void> {
    this.#database.close();
    this.#release();
    return Promise.resolve();
  }

  #finish(sink: string, outcome: Outcome, nowMs: number): void {
    const { seq, result } = outcome;
    switch (result) {
      case "delivered":
      case "skipped":
        this.#sql.finish.run({ sink, seq });
        return;
      case "retry":
        this.#postpone(sink, outcome);
        return;
      case "dead":
        this.#sql.bury.run({ sink, seq, nowMs, failure: JSON.stringify(outcome.failure) });
        return;
      default:
        return result satisfies never;
    }
  }

  #postpone(sink: string, { seq, nextAtMs, attempts, failure }: Outcome & { result: "retry" }): void {
    this.#sql.postpone.run({ sink, seq, nextAtMs, attempts, failure: JSON.stringify(failure) });
  }

  #deadLetter(sink: string, seq: number): { event: DirectoryEvent; superseded_by: string | null } {
    const row = this.#sql.deadLetter.get(sink, seq);
    if (row === undefined) {
      const advice = "`dirsync dead-letters list` shows what there is.";
      throw new StateError(`Sink ${sink} has no dead letter ${seq}. ${advice}`, { code: "missing" });
    }
    return { event: JSON.parse(row.body) as DirectoryEvent, superseded_by: row.superseded_by };
  }

  #supersededBy(seq: number, event: DirectoryEvent): string | null {
    const same = this.#sql.laterOfEntity.get(entityOf(event), seq);
    if (same !== undefined) return same;
    for (const ancestor of ancestorsOf(event)) {
      const deletion = this.#sql.laterDeletion.get(ancestor, seq);
      if (deletion !== undefined) return deletion;
    }
    return null;
  }

  async #read<T>(query: () => T): Promise<T> {
    try {
      return await Promise.resolve(query());
    } catch (error) {
      throw translateSqliteError(error, this.#path);
    }
  }

  /** A transaction of the holder. */
  #write<T>(change: () => T): Promise<T> {
    return this.#change(() => {
      // A holder that was paused and replaced must not write over its successor's work.
      if (!this.#isHolder || this.#sql.stream.get().epoch !== this.epoch) {
        throw new StateError(`${this.#path} is held by another process.`, { code: "fenced" });
      }
      return change();
    });
  }

  async #change<T>(change: () => T): Promise<T> {
    try {
      return (await Promise.resolve(this.#transact.immediate(change))) as T;
    } catch (error) {
      throw translateSqliteError(error, this.#path);
    }
  }
}

/** What `redriven` says of a dead letter. */
const asked = 1;
const forced = 2;

function toWorkItem(row: WorkRow): WorkItem {
  return {
    seq: row.seq,
    event: JSON.parse(row.body) as DirectoryEvent,
    attempts: row.attempts ?? 0,
    nextAtMs: row.next_at ?? 0,
    replay: row.replay === 1,
  };
}
