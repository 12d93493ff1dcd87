import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Doubts } from "./doubts.ts";
import { havePlainIds, type HeldRow } from "./held-rows.ts";
import type { Reference } from "./model.ts";
import type { CollectionRow } from "./records.ts";

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

/** A row that has been compared with what was listed, where it was written. */
interface ComparedRow extends KnownRow {
  /** 1 when it says the same to the letter. */
  readonly is_same: 0 | 1 | null;
  /** Key of what the event was about that wrote it; null when that is forgotten. */
  readonly writer: string | null;
}

/** One thing as it is here, with what is above it. */
export interface Standing {
  readonly row: KnownRow | undefined;
  /** True when it is here. */
  readonly isAlive: boolean;
  /** True when it is what was listed, to the letter. */
  readonly isSame: boolean;
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

/** Rows that are compared by one statement. */
const comparedAtOnce = 20;

/** Reads the mirror, deleted rows included. Whoever calls has begun the transaction. */
export class Known {
  readonly #sql: KnownStatements;
  readonly #doubts: Doubts;
  /** Those that have been read, while none is written. */
  readonly #directories: Map<string, KnownRow | undefined> | null;
  readonly #isSure: boolean;
  /** Rows that have been compared already, by id; undefined for those that are not here. */
  readonly #compared = new Map<string, ComparedRow | undefined>();

  constructor(sql: KnownStatements, doubts: Doubts, isStill = false) {
    this.#sql = sql;
    this.#doubts = doubts;
    this.#directories = isStill ? new Map<string, KnownRow | undefined>() : null;
    this.#isSure = isStill && doubts.isNone();
  }

  /** The same for one transaction, as long as nothing is written to the mirror: what all rows stand below is read once. */
  still(): Known {
    return new Known(this.#sql, this.#doubts, true);
  }

  directory(id: string): KnownRow | undefined {
    if (this.#directories === null) return this.#sql.directory.get(id);
    if (!this.#directories.has(id)) this.#directories.set(id, this.#sql.directory.get(id));
    return this.#directories.get(id);
  }

  user(id: string): KnownRow | undefined {
    return this.#sql.user.get(id);
  }

  group(id: string): KnownRow | undefined {
    return this.#sql.group.get(id);
  }

  /**
   * Of what a list shows, the rows that are not known to be here just so: all others are, to the letter, by an event about
   * them that is not newer than the list. In a scan that finds nothing new, those are next to all of them.
   */
  unlike(
    { kind, directory_id: directoryId }: CollectionRow,
    rows: readonly HeldRow[],
    floorSeq: number,
  ): readonly HeldRow[] {
    if ((kind !== "group" && kind !== "user") || !this.#isSure) return rows;
    const above = this.directory(directoryId ?? "");
    if (above !== undefined && (above.body === null || above.since > floorSeq)) return rows;
    const since = above?.since ?? 0;
    if (this.#isAllNew(kind, rows)) {
      for (const { id } of rows) this.#compared.set(id, undefined);
      return rows;
    }
    const few = rows.length - (rows.length % comparedAtOnce);
    const unlike: HeldRow[] = [];
    for (let first = 0; first < few; first += comparedAtOnce) {
      const some = rows.slice(first, first + comparedAtOnce);
      const given = some.flatMap(({ id, text }) => [id, text]);
      for (const row of this.#sql.unlike[kind].all(...given, floorSeq, since)) {
        this.#compared.set(row.id, row.seq === null ? undefined : row);
      }
      for (const one of some) if (this.#compared.has(one.id)) unlike.push(one);
    }
    return [...unlike, ...rows.slice(few)];
  }

  /** True when there is nothing here from the first of their ids to the last, as in all of a first scan. */
  #isAllNew(kind: "group" | "user", rows: readonly HeldRow[]): boolean {
    let [first, last] = [rows[0]?.id, rows[0]?.id];
    if (first === undefined || last === undefined || !havePlainIds(rows)) return false;
    for (const { id } of rows) {
      if (id < first) first = id;
      if (id > last) last = id;
    }
    return this.#sql.anyBetween[kind].get(first, last) === undefined;
  }

  /** How a thing stands against the log behind `floorSeq`, and against the JSON of what was listed of it. */
  stand(reference: Reference, floorSeq: number, listed: string | null = null): Standing {
    const key = keyOf(reference);
    const row = this.#compare(reference, listed);
    const above = this.#above(reference);
    // What is forgotten was about the thing itself, as nearly all events are.
    const isOwn = row !== undefined && (row.writer === null || row.writer === key);
    const isEnded = above.some((each) => isEndedAfter(each, floorSeq));
    const isWritten = isOwn && row.seq > floorSeq;
    const isTouched = isEnded || isWritten || (!this.#isSure && this.#doubts.isAfter(key, floorSeq));
    const isAlive = row !== undefined && row.body !== null && above.every((each) => isBelow(row, each));
    return { row, isAlive, isSame: row?.is_same === 1, isTold: isAlive && isOwn, isTouched };
  }

  /**
   * True when an event about the thing itself wrote the row behind `floorSeq`. A membership also brings its user and its
   * group where they were unknown, and that is no news of them.
   */
  isWrittenAfter(reference: Reference, seq: number, floorSeq: number): boolean {
    if (seq <= floorSeq) return false;
    const writer = this.#sql.entityAt.get(seq);
    return writer === undefined || writer === keyOf(reference);
  }

  #compare(reference: Reference, listed: string | null): ComparedRow | undefined {
    if (reference.kind === "membership") return this.#sql.membership.get(reference.groupId, reference.userId);
    if (this.#compared.has(reference.id)) return this.#compared.get(reference.id);
    return this.#sql.compared[reference.kind].get(listed, reference.id);
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

/** What the mirror is read with. */
export interface KnownStatements {
  readonly directory: SqliteStatement<[string], KnownRow>;
  readonly user: SqliteStatement<[string], KnownRow>;
  readonly group: SqliteStatement<[string], KnownRow>;
  readonly membership: SqliteStatement<[group: string, user: string], ComparedRow>;
  readonly compared: Readonly<
    Record<"directory" | "group" | "user", SqliteStatement<[listed: string | null, id: string], ComparedRow>>
  >;
  /** Of so many listed rows those that are another, or are not here: then the rest is null. */
  readonly unlike: Readonly<Record<"group" | "user", SqliteStatement<unknown[], UnlikeRow>>>;
  readonly anyBetween: Readonly<Record<"group" | "user", SqliteStatement<[first: string, last: string]>>>;
  readonly entityAt: SqliteStatement<[number], string>;
}

type UnlikeRow = { readonly id: string } & (ComparedRow | { readonly seq: null });

/** Compiles them, once for a connection. */
export function prepareKnown(database: SqliteDatabase): KnownStatements {
  const rowOf = (table: string): SqliteStatement<[string], KnownRow> =>
    database.prepare<[string], KnownRow>(`SELECT body, seq, place, since FROM ${table} WHERE id = ?`);
  const writerOf = (table: string): string => `(SELECT entity FROM event WHERE event.seq = ${table}.seq) AS writer`;
  const values = Array.from({ length: comparedAtOnce }, () => "(?, ?)").join(", ");
  const unlike = (kind: "group" | "user"): KnownStatements["unlike"]["user"] =>
    database.prepare(
      `WITH listed (id, text) AS (VALUES ${values})
       SELECT id, iif(is_same, '', body) AS body, is_same, seq, place, since, writer FROM (
         SELECT listed.id, body, body = text AS is_same, seq, place, since, ${writerOf("mirror")}
         FROM listed LEFT JOIN mirror_${kind} AS mirror ON mirror.id = listed.id
       ) WHERE NOT coalesce(is_same AND seq <= ? AND place >= ? AND coalesce(writer = '${kind}:' || id, true), false)`,
    );
  const anyBetween = (kind: "group" | "user"): KnownStatements["anyBetween"]["user"] =>
    database.prepare(`SELECT 1 FROM mirror_${kind} WHERE id BETWEEN ? AND ? LIMIT 1`);
  // Nearly all rows are as they were, and of these the text need not be read out.
  const compared = (table: string): KnownStatements["compared"]["user"] =>
    database.prepare(
      `SELECT iif(is_same, '', body) AS body, is_same, seq, place, since, writer FROM (
         SELECT body, body = ? AS is_same, seq, place, since, ${writerOf(table)} FROM ${table} WHERE id = ?
       )`,
    );
  return {
    directory: rowOf("mirror_directory"),
    user: rowOf("mirror_user"),
    group: rowOf("mirror_group"),
    membership: database.prepare(
      `SELECT iif(is_member = 1, '{}', NULL) AS body, NULL AS is_same, seq, place, 0 AS since,
         ${writerOf("mirror_membership")} FROM mirror_membership WHERE group_id = ? AND user_id = ?`,
    ),
    compared: {
      directory: compared("mirror_directory"),
      user: compared("mirror_user"),
      group: compared("mirror_group"),
    },
    unlike: { group: unlike("group"), user: unlike("user") },
    anyBetween: { group: anyBetween("group"), user: anyBetween("user") },
    entityAt: database.prepare<[number], string>("SELECT entity FROM event WHERE seq = ?").pluck(),
  };
}
