import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Doubts } from "./doubts.ts";
import type { Reference } from "./model.ts";

/** What the mirror has of one thing, deleted or not. */
export interface KnownRow {
  /** As JSON; null when it is deleted. Of a membership it says nothing. */
  readonly body: string | null;
  /** Position of the event that wrote it. */
  readonly seq: number;
  /** Where that event stands in the log. */
  readonly place: number;
  /** What is below it and stands before this place has ended with it. */
  readonly since: number;
}

/** One thing as it is here, with what is above it. */
export interface Standing {
  readonly row: KnownRow | undefined;
  /** True when it is here. */
  readonly isAlive: boolean;
  /** True when an event about it said so. A membership also brings its user and its group where they are unknown. */
  readonly isTold: boolean;
  /** True when the log has said something about it, or has ended something above it, behind a position. */
  readonly isTouched: boolean;
}

/** The key of a thing in the journal, as `entityOf` gives it to the events about it. */
export function keyOf(reference: Reference): string {
  if (reference.kind !== "membership") return `${reference.kind}:${reference.id}`;
  return `membership:${reference.groupId}:${reference.userId}`;
}

/** Reads the mirror, deleted rows included. Whoever calls has begun the transaction. */
export class Known {
  readonly #sql: KnownStatements;
  readonly #doubts: Doubts;

  constructor(database: SqliteDatabase, doubts: Doubts) {
    this.#sql = prepare(database);
    this.#doubts = doubts;
  }

  directory(id: string): KnownRow | undefined {
    return this.#sql.directory.get(id);
  }

  user(id: string): KnownRow | undefined {
    return this.#sql.user.get(id);
  }

  group(id: string): KnownRow | undefined {
    return this.#sql.group.get(id);
  }

  /** How a thing stands against the log behind `floorSeq`. */
  stand(reference: Reference, floorSeq: number): Standing {
    const row = this.#rowOf(reference);
    const above = this.#above(reference);
    const isEnded = above.some((each) => isEndedAfter(each, floorSeq));
    const isWritten = row !== undefined && this.isWrittenAfter(reference, row.seq, floorSeq);
    const isTouched = isEnded || isWritten || this.#doubts.isAfter(keyOf(reference), floorSeq);
    const isAlive = row !== undefined && row.body !== null && above.every((each) => isBelow(row, each));
    return { row, isAlive, isTold: isAlive && this.#isOwn(reference, row.seq), isTouched };
  }

  /**
   * True when an event about the thing itself wrote the row behind `floorSeq`. A membership also brings its user and its
   * group where they were unknown, and that is no news of them.
   */
  isWrittenAfter(reference: Reference, seq: number, floorSeq: number): boolean {
    return seq > floorSeq && this.#isOwn(reference, seq);
  }

  /** What is forgotten was about the thing itself, as nearly all events are. */
  #isOwn(reference: Reference, seq: number): boolean {
    const writer = this.#sql.entityAt.get(seq);
    return writer === undefined || writer === keyOf(reference);
  }

  #rowOf(reference: Reference): KnownRow | undefined {
    switch (reference.kind) {
      case "directory":
        return this.directory(reference.id);
      case "user":
        return this.user(reference.id);
      case "group":
        return this.group(reference.id);
      case "membership":
        return this.#sql.membership.get(reference.groupId, reference.userId);
      default:
        return reference satisfies never;
    }
  }

  #above(reference: Reference): readonly KnownRow[] {
    if (reference.kind === "directory") return [];
    const rows = [this.directory(reference.directoryId)];
    if (reference.kind === "membership") rows.push(this.group(reference.groupId), this.user(reference.userId));
    return rows.filter((row) => row !== undefined);
  }
}

/** True when the log has ended the thing behind a position, whether or not it has come back. */
function isEndedAfter({ body, seq, since }: KnownRow, floorSeq: number): boolean {
  return since > floorSeq || (body === null && seq > floorSeq);
}

/** True when what stands above did not end what is below it. */
function isBelow({ place }: KnownRow, above: KnownRow): boolean {
  return above.body !== null && above.since <= place;
}

interface KnownStatements {
  readonly directory: SqliteStatement<[string], KnownRow>;
  readonly user: SqliteStatement<[string], KnownRow>;
  readonly group: SqliteStatement<[string], KnownRow>;
  readonly membership: SqliteStatement<[group: string, user: string], KnownRow>;
  readonly entityAt: SqliteStatement<[number], string>;
}

function prepare(database: SqliteDatabase): KnownStatements {
  const rowOf = (table: string): SqliteStatement<[string], KnownRow> =>
    database.prepare<[string], KnownRow>(`SELECT body, seq, place, since FROM ${table} WHERE id = ?`);
  return {
    directory: rowOf("mirror_directory"),
    user: rowOf("mirror_user"),
    group: rowOf("mirror_group"),
    membership: database.prepare(
      `SELECT iif(is_member = 1, '{}', NULL) AS body, seq, place, 0 AS since FROM mirror_membership
       WHERE group_id = ? AND user_id = ?`,
    ),
    entityAt: database.prepare<[number], string>("SELECT entity FROM event WHERE seq = ?").pluck(),
  };
}
