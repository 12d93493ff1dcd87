import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Reference } from "./model.ts";

/** A thing that is here and was found not to be upstream. */
export interface Removal {
  readonly reference: Reference;
  readonly floorSeq: number;
}

/** Deletions that nobody has to decide about: so many of a kind, or this share of it, whichever is more. */
const countFree = 50;
const shareFree = 0.1;

/** Deleted in one transaction. */
const removalsMax = 200;

/** Deletions before they are done. Whoever calls has begun the transaction. */
export class Removals {
  readonly #sql: RemovalStatements;

  constructor(database: SqliteDatabase) {
    this.#sql = prepare(database);
  }

  add(reference: Reference, floorSeq: number): void {
    this.#sql.add.run(directoryOf(reference), ...keyOf(reference), floorSeq);
  }

  drop(reference: Reference): void {
    this.#sql.drop.run(directoryOf(reference), ...keyOf(reference));
  }

  directories(): readonly string[] {
    return this.#sql.directories.all();
  }

  /** The next ones of a directory: what is below goes first. */
  next(directoryId: string): readonly Removal[] {
    return this.#sql.next.all(directoryId, removalsMax).map((row) => ({
      reference: referenceOf(row),
      floorSeq: row.floor_seq,
    }));
  }

  /**
   * Puts on record what is too much of a directory. Whatever is deleted makes what is left a smaller share, so that it is weighed
   * once, and only as much of the directory is counted as that takes: all of a large one are seconds.
   */
  weigh(directoryId: string): void {
    for (const { kind, count } of this.#sql.counts.all(directoryId)) {
      const total = this.#total(kind, directoryId, count > countFree ? Math.ceil(count / shareFree) : count + 1);
      if (isTooMuch({ kind, count, total })) {
        this.#sql.brake.run(directoryId, kind, count, this.#total(kind, directoryId));
      }
    }
  }

  /** True when something of a directory waits for a person; without one, when anything does that is not done. */
  isBraked(directoryId?: string): boolean {
    const { isBraked, isAnyBraked } = this.#sql;
    return (directoryId === undefined ? isAnyBraked.get() : isBraked.get(directoryId)) !== undefined;
  }

  /** True when a person has let something go on that is not done. */
  isApproved(): boolean {
    return this.#sql.isApproved.get() !== undefined;
  }

  /** Returns how many kinds of deletions that lets go on. */
  approve(directoryId: string | null): number {
    return this.#sql.approve.run(directoryId, directoryId).changes;
  }

  /** With a directory goes everything in it, so its users are what counts. */
  #total(kind: Reference["kind"], directoryId: string, most = -1): number {
    return this.#sql.totals[kind].get(directoryId, most) ?? 0;
  }
}

/**
 * More than `countFree` and more than `shareFree` of a kind. And none of a directory's users may go with nobody having
 * said so, nor a directory that has any: that is what a service looks like that has lost its data.
 */
function isTooMuch({ kind, count, total }: { kind: Reference["kind"]; count: number; total: number }): boolean {
  if (kind === "directory") return total > 0;
  if (kind === "user" && count >= total && count > 0) return true;
  return count > Math.max(countFree, total * shareFree);
}

function directoryOf(reference: Reference): string {
  return reference.kind === "directory" ? reference.id : reference.directoryId;
}

function keyOf(reference: Reference): [kind: string, id: string, userId: string] {
  if (reference.kind === "membership") return [reference.kind, reference.groupId, reference.userId];
  return [reference.kind, reference.id, ""];
}

function referenceOf({ directory_id: directoryId, kind, id, user_id: userId }: RemovalRow): Reference {
  if (kind === "directory") return { kind, id };
  return kind === "membership" ? { kind, directoryId, groupId: id, userId } : { kind, directoryId, id };
}

interface RemovalRow {
  readonly directory_id: string;
  readonly kind: Reference["kind"];
  readonly id: string;
  readonly user_id: string;
  readonly floor_seq: number;
}

interface RemovalStatements {
  readonly add: SqliteStatement<[directory: string, kind: string, id: string, user: string, floor: number]>;
  readonly drop: SqliteStatement<[directory: string, kind: string, id: string, user: string]>;
  readonly directories: SqliteStatement<[], string>;
  readonly next: SqliteStatement<[directory: string, limit: number], RemovalRow>;
  readonly counts: SqliteStatement<[string], { readonly kind: Reference["kind"]; readonly count: number }>;
  /** Counted up to so many; -1 for all. */
  readonly totals: Readonly<Record<Reference["kind"], SqliteStatement<[directory: string, most: number], number>>>;
  readonly brake: SqliteStatement<[directory: string, kind: string, count: number, total: number]>;
  readonly isBraked: SqliteStatement<[string]>;
  readonly isAnyBraked: SqliteStatement<[]>;
  readonly isApproved: SqliteStatement<[]>;
  readonly approve: SqliteStatement<[directory: string | null, same: string | null]>;
}

function prepare(database: SqliteDatabase): RemovalStatements {
  const total = (view: string): SqliteStatement<[string, number], number> =>
    database
      .prepare<[string, number], number>(`SELECT count(*) FROM (SELECT 1 FROM ${view} WHERE directory_id = ? LIMIT ?)`)
      .pluck();
  const isWaiting =
    "approved = 0 AND EXISTS (SELECT 1 FROM scan_removal AS removal WHERE removal.directory_id = scan_brake.directory_id)";
  return {
    add: database.prepare(
      `INSERT INTO scan_removal (directory_id, kind, id, user_id, floor_seq) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET floor_seq = excluded.floor_seq`,
    ),
    drop: database.prepare("DELETE FROM scan_removal WHERE directory_id = ? AND kind = ? AND id = ? AND user_id = ?"),
    directories: database.prepare<[], string>("SELECT DISTINCT directory_id FROM scan_removal ORDER BY 1").pluck(),
    next: database.prepare(
      `SELECT * FROM scan_removal WHERE directory_id = ?
       ORDER BY CASE kind WHEN 'membership' THEN 1 WHEN 'user' THEN 2 WHEN 'group' THEN 3 ELSE 4 END, id, user_id LIMIT ?`,
    ),
    counts: database.prepare("SELECT kind, count(*) AS count FROM scan_removal WHERE directory_id = ? GROUP BY kind"),
    totals: {
      directory: total("users"),
      user: total("users"),
      group: total("groups"),
      membership: total("memberships"),
    },
    brake: database.prepare(
      `INSERT INTO scan_brake (directory_id, kind, count, total) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = max(count, excluded.count) WHERE approved = 0`,
    ),
    isBraked: database.prepare("SELECT 1 FROM scan_brake WHERE directory_id = ? AND approved = 0"),
    isAnyBraked: database.prepare(`SELECT 1 FROM scan_brake WHERE ${isWaiting}`),
    isApproved: database.prepare(
      `SELECT 1 FROM scan_removal AS removal WHERE NOT EXISTS (
         SELECT 1 FROM scan_brake WHERE scan_brake.directory_id = removal.directory_id AND approved = 0
       )`,
    ),
    approve: database.prepare(
      `UPDATE scan_brake SET approved = 1 WHERE (? IS NULL OR directory_id = ?) AND ${isWaiting}`,
    ),
  };
}
