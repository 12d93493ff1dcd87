import type { DirectoryEvent } from "@dirsync/sdk";
import { directoryIdOf, entityOf, idOf, kindOf } from "../entity.ts";
import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Reference } from "./model.ts";

/** Something that is to be asked about. */
export interface Doubt {
  readonly reference: Reference;
  /** Where the event stands that raised the doubt. */
  readonly seq: number;
}

/**
 * Things of which an event came later than its place in the log. What had been listed until then may lack it, and what is
 * listed from one skew later on does not. Whoever calls has begun the transaction.
 */
export class Doubts {
  readonly #add: SqliteStatement<[key: string, reference: string, seq: number]>;
  readonly #isAfter: SqliteStatement<[key: string, seq: number]>;
  readonly #list: SqliteStatement<[limit: number], { readonly reference: string; readonly seq: number }>;
  readonly #settle: SqliteStatement<[key: string, seq: number]>;
  readonly #event: SqliteStatement<[key: string, seq: number], string>;
  readonly #noteGone: SqliteStatement<[key: string, seq: number]>;
  readonly #begin: SqliteStatement<[]>;
  readonly #any: SqliteStatement<[]>;
  readonly #one: SqliteStatement<[]>;

  constructor(database: SqliteDatabase) {
    // Where nothing has been taken from lists yet, and nothing is about to be, the log is all there is.
    this.#add = database.prepare(
      `INSERT INTO scan_doubt (key, reference, seq) SELECT ?, ?, ? WHERE (SELECT complete_since_seq FROM mirror) IS NOT NULL
         OR EXISTS (SELECT 1 FROM scan WHERE state IN ('requested', 'running', 'braked'))
       ON CONFLICT (key) DO UPDATE SET seq = excluded.seq, asked = 0`,
    );
    this.#isAfter = database.prepare("SELECT 1 FROM scan_doubt WHERE key = ? AND seq > ?");
    this.#list = database.prepare("SELECT reference, seq FROM scan_doubt WHERE asked = 0 ORDER BY seq LIMIT ?");
    this.#settle = database.prepare("DELETE FROM scan_doubt WHERE key = ? AND seq <= ?");
    this.#event = database
      .prepare<[string, number], string>(
        "SELECT event.body FROM scan_doubt JOIN event USING (seq) WHERE scan_doubt.key = ? AND scan_doubt.seq <= ?",
      )
      .pluck();
    this.#noteGone = database.prepare("UPDATE scan_doubt SET asked = 1 WHERE key = ? AND seq <= ?");
    this.#begin = database.prepare("UPDATE scan_doubt SET asked = 0");
    this.#one = database.prepare("SELECT 1 FROM scan_doubt LIMIT 1");
    this.#any = database.prepare("SELECT 1 FROM scan_doubt WHERE asked = 0 LIMIT 1");
  }

  add(event: DirectoryEvent, seq: number): void {
    const reference = referenceOf(event);
    if (reference !== null) this.#add.run(entityOf(event), JSON.stringify(reference), seq);
  }

  /** True when the thing has come into doubt behind a position. */
  isAfter(key: string, floorSeq: number): boolean {
    return this.#isAfter.get(key, floorSeq) !== undefined;
  }

  /** True when nothing is in doubt, not even what has been asked about. */
  isNone(): boolean {
    return this.#one.get() === undefined;
  }

  /** The oldest ones. */
  list(limit: number): readonly Doubt[] {
    return this.#list.all(limit).map(({ reference, seq }) => ({ reference: JSON.parse(reference) as Reference, seq }));
  }

  /** The event that raised the doubt about a thing, of which an answer with this floor knows; null without one. */
  lateEvent(key: string, floorSeq: number): DirectoryEvent | null {
    const body = this.#event.get(key, floorSeq);
    return body === undefined ? null : (JSON.parse(body) as DirectoryEvent);
  }

  /** Whatever was asked about a thing so late that the answer holds what raised the doubt. */
  settle(key: string, floorSeq: number): void {
    this.#settle.run(key, floorSeq);
  }

  /** It is gone: the doubt lasts until it is gone here as well. */
  noteGone(key: string, floorSeq: number): void {
    this.#noteGone.run(key, floorSeq);
  }

  /** Nothing has been asked about yet. */
  begin(): void {
    this.#begin.run();
  }

  /** True when there is nothing to be asked about. */
  isEmpty(): boolean {
    return this.#any.get() === undefined;
  }
}

/** What an event is about; null for one that cannot be asked about. */
function referenceOf(event: DirectoryEvent): Reference | null {
  const { data } = event;
  const [kind, directoryId] = [kindOf(event), directoryIdOf(event)];
  if (kind === null || directoryId === null) return null;
  if (kind === "membership") {
    const [groupId, userId] = [idOf(data["group"]), idOf(data["user"])];
    return groupId === null || userId === null ? null : { kind, directoryId, groupId, userId };
  }
  const id = idOf(data);
  if (id === null) return null;
  return kind === "directory" ? { kind, id } : { kind, directoryId, id };
}
