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

/** A user in a group. */
export interface MirrorMembership {
  readonly group_id: string;
  readonly user_id: string;
  readonly directory_id: string | null;
}

/** How much a directory holds. */
export interface MirrorCounts {
  /** Null for what belongs to none. */
  readonly directory_id: string | null;
  /** Null when no event has told of the directory itself, as well as its state. */
  readonly name: string | null;
  readonly state: string | null;
  readonly users: number;
  readonly groups: number;
  readonly memberships: number;
}

/** Which memberships. */
export interface MembershipsAsked {
  readonly directory?: string;
  readonly after?: Pick<MirrorMembership, "group_id" | "user_id">;
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

  /** Members of groups, in the order of the ids of group and user. */
  memberships({ directory, after, limit }: MembershipsAsked): readonly MirrorMembership[] {
    const [group, user] = [after?.group_id ?? "", after?.user_id ?? ""];
    return this.#sql.memberships.all({ directory: directory ?? null, group, user, limit });
  }

  /** One row for each directory that is known, if only as that of a user or group. */
  counts(): readonly MirrorCounts[] {
    return this.#sql.counts.all();
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
  readonly memberships: SqliteStatement<[MembershipsBound], MirrorMembership>;
  readonly counts: SqliteStatement<[], MirrorCounts>;
  readonly completeSince: SqliteStatement<[], number | null>;
}

interface MembershipsBound {
  readonly directory: string | null;
  readonly group: string;
  readonly user: string;
  readonly limit: number;
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
    memberships: database.prepare(
      `SELECT group_id, user_id, directory_id FROM memberships
       WHERE (group_id, user_id) > (@group, @user) AND (@directory IS NULL OR directory_id = @directory)
       ORDER BY group_id, user_id LIMIT @limit`,
    ),
    counts: database.prepare(
      `SELECT id AS directory_id, directories.name, directories.state, sum(users) AS users, sum(groups) AS groups,
         sum(memberships) AS memberships
       FROM (
         SELECT id, 0 AS users, 0 AS groups, 0 AS memberships FROM directories
         UNION ALL SELECT directory_id, count(*), 0, 0 FROM users GROUP BY directory_id
         UNION ALL SELECT directory_id, 0, count(*), 0 FROM groups GROUP BY directory_id
         UNION ALL SELECT directory_id, 0, 0, count(*) FROM memberships GROUP BY directory_id
       ) LEFT JOIN directories USING (id) GROUP BY id ORDER BY id`,
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
