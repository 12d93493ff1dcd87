import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { ObjectKind } from "./digest.ts";

/** A directory, user or group that is alive. */
export interface MirrorRow {
  readonly id: string;
  /** As the service wrote it. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Position in the journal of the event that said so. */
  readonly seq: number;
}

/** Which rows, in the order of their ids. */
export interface RowsAsked {
  /** Only those of this directory. */
  readonly directory?: string;
  /** Those behind this id. Default from the first on. */
  readonly after?: string;
  readonly limit: number;
}

/** What is alive in the mirror, row by row, through the views and within the transaction of the caller. */
export class MirrorRows {
  readonly #sql: RowStatements;

  constructor(database: SqliteDatabase) {
    this.#sql = prepare(database);
  }

  get(kind: ObjectKind, id: string): MirrorRow | null {
    const row = this.#sql[kind].one.get(id);
    return row === undefined ? null : parsed(row);
  }

  list(kind: ObjectKind, { directory, after = "", limit }: RowsAsked): readonly MirrorRow[] {
    const { all, within } = this.#sql[kind];
    const rows = directory === undefined ? all.all(after, limit) : within.all(directory, after, limit);
    return rows.map((row) => parsed(row));
  }

  /** Users with this address, in either case; of more than one directory, there may be several. */
  usersByEmail(email: string): readonly MirrorRow[] {
    return this.#sql.byEmail.all(email).map((row) => parsed(row));
  }

  isMember(groupId: string, userId: string): boolean {
    return this.#sql.isMember.get(groupId, userId) !== undefined;
  }

  /** Users in a group. */
  membersOf(groupId: string, { after = "", limit }: RowsAsked): readonly MirrorRow[] {
    return this.#sql.members.all(groupId, after, limit).map((row) => parsed(row));
  }

  /** Groups a user is in. */
  groupsOf(userId: string, { after = "", limit }: RowsAsked): readonly MirrorRow[] {
    return this.#sql.groups.all(userId, after, limit).map((row) => parsed(row));
  }

  /** Null until a scan has shown that all that upstream has is here; then the position from which on it is. */
  completeSinceSeq(): number | null {
    return this.#sql.completeSince.get() ?? null;
  }
}

type Pages = SqliteStatement<[after: string, limit: number], StoredRow>;
type PagesOf = SqliteStatement<[of: string, after: string, limit: number], StoredRow>;

interface KindStatements {
  readonly one: SqliteStatement<[string], StoredRow>;
  readonly all: Pages;
  readonly within: PagesOf;
}

interface RowStatements extends Readonly<Record<ObjectKind, KindStatements>> {
  readonly byEmail: SqliteStatement<[string], StoredRow>;
  readonly isMember: SqliteStatement<[string, string]>;
  readonly members: PagesOf;
  readonly groups: PagesOf;
  readonly completeSince: SqliteStatement<[], number | null>;
}

function prepare(database: SqliteDatabase): RowStatements {
  return {
    directory: prepareKind(database, "directories", "id"),
    user: prepareKind(database, "users", "directory_id"),
    group: prepareKind(database, "groups", "directory_id"),
    byEmail: database.prepare("SELECT id, body, seq FROM users WHERE email = ? ORDER BY id"),
    isMember: database.prepare("SELECT 1 FROM memberships WHERE group_id = ? AND user_id = ?"),
    members: database.prepare(
      `SELECT users.id, users.body, users.seq FROM memberships JOIN users ON users.id = memberships.user_id
       WHERE memberships.group_id = ? AND memberships.user_id > ? ORDER BY memberships.user_id LIMIT ?`,
    ),
    groups: database.prepare(
      `SELECT groups.id, groups.body, groups.seq FROM memberships JOIN groups ON groups.id = memberships.group_id
       WHERE memberships.user_id = ? AND memberships.group_id > ? ORDER BY memberships.group_id LIMIT ?`,
    ),
    completeSince: database.prepare<[], number | null>("SELECT complete_since_seq FROM mirror").pluck(),
  };
}

function prepareKind(database: SqliteDatabase, view: string, directoryColumn: string): KindStatements {
  const select = `SELECT id, body, seq FROM ${view}`;
  return {
    one: database.prepare(`${select} WHERE id = ?`),
    all: database.prepare(`${select} WHERE id > ? ORDER BY id LIMIT ?`),
    within: database.prepare(`${select} WHERE ${directoryColumn} = ? AND id > ? ORDER BY id LIMIT ?`),
  };
}

interface StoredRow {
  readonly id: string;
  readonly body: string;
  readonly seq: number;
}

function parsed({ id, body, seq }: StoredRow): MirrorRow {
  return { id, body: JSON.parse(body) as MirrorRow["body"], seq };
}
