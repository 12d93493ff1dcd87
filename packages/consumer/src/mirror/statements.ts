import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { ObjectKind } from "./digest.ts";

/** What a fold writes with. A parameter that stands twice is given twice: names are looked up for each run. */
export interface FoldStatements {
  readonly putDirectory: SqliteStatement<[id: string, body: string, seq: number, place: number, since: number]>;
  readonly endDirectory: SqliteStatement<[id: string, seq: number, place: number, ended: number, since: number]>;
  /** Of one that is there, alive, in the same directory and with the same address. */
  readonly changeUser: SqliteStatement<
    [body: string, seq: number, place: number, id: string, upTo: number, directory: string | null, email: string | null]
  >;
  readonly putUser: SqliteStatement<
    [
      id: string,
      directory: string | null,
      email: string | null,
      body: string,
      seq: number,
      place: number,
      since: number,
    ]
  >;
  readonly endUser: SqliteStatement<
    [id: string, directory: string | null, seq: number, place: number, ended: number, since: number]
  >;
  readonly hasUser: SqliteStatement<[string]>;
  readonly putGroup: SqliteStatement<
    [id: string, directory: string | null, body: string, seq: number, place: number, since: number]
  >;
  readonly endGroup: SqliteStatement<
    [id: string, directory: string | null, seq: number, place: number, ended: number, since: number]
  >;
  readonly hasGroup: SqliteStatement<[string]>;
  readonly putMembership: SqliteStatement<
    [group: string, user: string, directory: string | null, isMember: 0 | 1, seq: number, place: number]
  >;
  /** Of what was heard of late: that it had returned by then. */
  readonly noteReturn: Readonly<
    Record<ObjectKind, SqliteStatement<[since: number, id: string, place: number, place: number]>>
  >;
}

/** What stands later in the log is not replaced by what stands before it. */
const isLater = "excluded.place >= place";

/** What returns begins anew: nothing below it from before its end is there again. */
const returns = `body = excluded.body, seq = excluded.seq, place = excluded.place,
  since = iif(body IS NULL, max(since, ?), since) WHERE ${isLater}`;

/** An end that is found late also ends what lay below then, even where the thing itself has returned since. */
const ends = `ended = max(ended, excluded.ended), since = max(since, excluded.since), body = iif(${isLater}, NULL, body),
  seq = iif(${isLater}, excluded.seq, seq), place = max(place, excluded.place)`;

const returned = (table: string): string => `UPDATE ${table} SET since = ? WHERE id = ? AND ended < ? AND since > ?`;

/** Known, if only as deleted, and not from before the end of its directory. */
const known = (table: string): string => `SELECT 1 FROM ${table} WHERE id = ? AND NOT EXISTS (
  SELECT 1 FROM mirror_directory AS above
  WHERE above.id = ${table}.directory_id AND (above.body IS NULL OR above.since > ${table}.place))`;

/** Compiles them, once for a connection. */
export function prepareFold(database: SqliteDatabase): FoldStatements {
  return {
    putDirectory: database.prepare(
      `INSERT INTO mirror_directory (id, body, seq, place, ended, since) VALUES (?, ?, ?, ?, 0, 0)
       ON CONFLICT (id) DO UPDATE SET ${returns}`,
    ),
    endDirectory: database.prepare(
      `INSERT INTO mirror_directory (id, body, seq, place, ended, since) VALUES (?, NULL, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET ${ends}`,
    ),
    changeUser: database.prepare(
      `UPDATE mirror_user SET body = ?, seq = ?, place = ?
       WHERE id = ? AND place <= ? AND directory_id IS ? AND email IS ? COLLATE BINARY AND body IS NOT NULL`,
    ),
    putUser: database.prepare(
      `INSERT INTO mirror_user (id, directory_id, email, body, seq, place, ended, since) VALUES (?, ?, ?, ?, ?, ?, 0, 0)
       ON CONFLICT (id) DO UPDATE SET directory_id = excluded.directory_id, email = excluded.email, ${returns}`,
    ),
    endUser: database.prepare(
      `INSERT INTO mirror_user (id, directory_id, email, body, seq, place, ended, since) VALUES (?, ?, NULL, NULL, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET email = iif(${isLater}, NULL, email), ${ends}`,
    ),
    hasUser: database.prepare(known("mirror_user")),
    putGroup: database.prepare(
      `INSERT INTO mirror_group (id, directory_id, body, seq, place, ended, since) VALUES (?, ?, ?, ?, ?, 0, 0)
       ON CONFLICT (id) DO UPDATE SET directory_id = excluded.directory_id, ${returns}`,
    ),
    endGroup: database.prepare(
      `INSERT INTO mirror_group (id, directory_id, body, seq, place, ended, since) VALUES (?, ?, NULL, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET ${ends}`,
    ),
    hasGroup: database.prepare(known("mirror_group")),
    putMembership: database.prepare(
      `INSERT INTO mirror_membership (group_id, user_id, directory_id, is_member, seq, place) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (group_id, user_id) DO UPDATE
       SET directory_id = excluded.directory_id, is_member = excluded.is_member, seq = excluded.seq, place = excluded.place
       WHERE ${isLater}`,
    ),
    noteReturn: {
      directory: database.prepare(returned("mirror_directory")),
      user: database.prepare(returned("mirror_user")),
      group: database.prepare(returned("mirror_group")),
    },
  };
}
