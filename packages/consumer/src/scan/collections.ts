import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Known } from "./known.ts";
import type { HeldRow } from "./held-rows.ts";
import type { Collection, Reference, ScanScope } from "./model.ts";
import type { CollectionRow } from "./records.ts";
import type { OpenCollection } from "./store.ts";

/** Asked about at once. */
const missingMax = 20;

/** Ids as services make them. */
const plainId = /^[\w.:-]+$/;

/** The lists of the open scan, and what they have shown. Whoever calls has begun the transaction. */
export class Collections {
  readonly #sql: CollectionStatements;
  readonly #known: Known;

  constructor(database: SqliteDatabase, known: Known) {
    this.#sql = prepare(database);
    this.#known = known;
  }

  /** The list of all directories. */
  addDirectories(): void {
    this.#sql.add.run({ kind: "directory", directory: null, group: null });
  }

  /** The lists of what is in a directory: groups first, because by the time its users are read, theirs can be. */
  addDirectory(id: string): void {
    this.#sql.add.run({ kind: "group", directory: id, group: null });
    this.#sql.add.run({ kind: "user", directory: id, group: null });
  }

  addGroup(directoryId: string, id: string): void {
    this.#sql.add.run({ kind: "membership", directory: directoryId, group: id });
  }

  get(number: number): CollectionRow {
    const row = this.#sql.get.get(number);
    if (row === undefined) throw new Error(`There is no list ${number} in this scan.`);
    return row;
  }

  next(state: "open" | "listed", directoryId: string | null, afterNumber: number): OpenCollection | null {
    const row = this.#sql.next.get({ state, directoryId, afterNumber });
    return row === undefined ? null : { number: row.number, collection: collectionOf(row), after: row.after };
  }

  directories(): readonly string[] {
    return this.#sql.directories.all();
  }

  noteFloor(number: number, floorSeq: number): void {
    this.#sql.noteFloor.run(floorSeq, number);
  }

  /** The list has shown it. */
  see(number: number, id: string): void {
    this.#sql.see.run(number, id);
  }

  /** The list has shown all of these; returns the ids of those that it had not shown before. */
  seeAll(number: number, rows: readonly HeldRow[]): Set<string> {
    const ids = rows.map(({ id }) => id);
    // What JSON has to escape may not come back as it was.
    if (ids.every((id) => plainId.test(id))) return new Set(this.#sql.seeAll.all(number, JSON.stringify(ids)));
    return new Set(ids.filter((id) => this.#sql.see.run(number, id).changes > 0));
  }

  moveOn(number: number, after: string | null): void {
    this.#sql.moveOn.run(after, number);
  }

  /** All of a list has been read: it is done when nothing is missing from it. */
  close(number: number, scope: ScanScope): void {
    this.#sql.setState.run("listed", number);
    if (this.missing(number, "", { scope, limit: 1 }).length === 0) this.finish(number);
  }

  finish(number: number): void {
    this.#sql.setState.run("done", number);
    this.#sql.unsee.run(number);
  }

  finishDirectory(directoryId: string): void {
    this.#sql.unseeDirectory.run(directoryId);
    this.#sql.finishDirectory.run(directoryId);
  }

  /**
   * What is here and was not listed, behind `after`. What the log has written since the list was begun is as the log
   * says, whether it was listed or not.
   */
  missing(
    number: number,
    after: string,
    { scope, limit = missingMax }: { readonly scope: ScanScope; readonly limit?: number },
  ): readonly Reference[] {
    const row = this.get(number);
    const floorSeq = row.floor_seq ?? 0;
    const found: Reference[] = [];
    const asked = {
      number,
      directory: row.directory_id,
      group: row.group_id,
      organization: scope.organizationId ?? null,
    };
    for (const { id, seq } of this.#sql.missing[row.kind].iterate({ ...asked, after })) {
      const reference = referenceOf(row, id);
      if (this.#known.isWrittenAfter(reference, seq, floorSeq)) continue;
      if (found.push(reference) >= limit) break;
    }
    return found;
  }
}

function collectionOf({ kind, directory_id: directoryId, group_id: groupId }: CollectionRow): Collection {
  if (kind === "directory") return { kind };
  if (kind === "membership") return { kind, directoryId: directoryId ?? "", groupId: groupId ?? "" };
  return { kind, directoryId: directoryId ?? "" };
}

/** What an id in a list refers to. */
export function referenceOf({ kind, directory_id, group_id }: CollectionRow, id: string): Reference {
  if (kind === "directory") return { kind, id };
  const directoryId = directory_id ?? "";
  return kind === "membership" ? { kind, directoryId, groupId: group_id ?? "", userId: id } : { kind, directoryId, id };
}

interface MissingRow {
  readonly id: string;
  readonly seq: number;
}

interface CollectionStatements {
  readonly add: SqliteStatement<[object]>;
  readonly get: SqliteStatement<[number], CollectionRow>;
  readonly next: SqliteStatement<[object], CollectionRow>;
  readonly directories: SqliteStatement<[], string>;
  readonly noteFloor: SqliteStatement<[floor: number, number: number]>;
  readonly see: SqliteStatement<[number: number, id: string]>;
  readonly seeAll: SqliteStatement<[number: number, ids: string], string>;
  readonly unsee: SqliteStatement<[number]>;
  readonly unseeDirectory: SqliteStatement<[string]>;
  readonly moveOn: SqliteStatement<[after: string | null, number: number]>;
  readonly setState: SqliteStatement<[state: string, number: number]>;
  readonly finishDirectory: SqliteStatement<[string]>;
  readonly missing: Readonly<Record<Collection["kind"], SqliteStatement<[object], MissingRow>>>;
}

function prepare(database: SqliteDatabase): CollectionStatements {
  return {
    add: database.prepare(
      // NULLs are never equal to each other, so that the constraint alone would not do.
      `INSERT INTO scan_collection (kind, directory_id, group_id)
       SELECT @kind, @directory, @group WHERE NOT EXISTS (
         SELECT 1 FROM scan_collection WHERE kind = @kind AND directory_id IS @directory AND group_id IS @group
       )`,
    ),
    get: database.prepare("SELECT * FROM scan_collection WHERE number = ?"),
    next: database.prepare(
      `SELECT * FROM scan_collection WHERE directory_id IS @directoryId AND number > @afterNumber
         AND state = @state AND state != 'done' ORDER BY number LIMIT 1`,
    ),
    directories: database
      .prepare<[], string>(
        "SELECT DISTINCT directory_id FROM scan_collection WHERE state != 'done' AND directory_id IS NOT NULL ORDER BY 1",
      )
      .pluck(),
    noteFloor: database.prepare("UPDATE scan_collection SET floor_seq = coalesce(floor_seq, ?) WHERE number = ?"),
    see: database.prepare("INSERT INTO scan_seen (collection, id) VALUES (?, ?) ON CONFLICT DO NOTHING"),
    seeAll: database
      .prepare<[number, string], string>(
        "INSERT INTO scan_seen (collection, id) SELECT ?, value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING RETURNING id",
      )
      .pluck(),
    unsee: database.prepare("DELETE FROM scan_seen WHERE collection = ?"),
    unseeDirectory: database.prepare(
      "DELETE FROM scan_seen WHERE collection IN (SELECT number FROM scan_collection WHERE directory_id = ? AND state != 'done')",
    ),
    moveOn: database.prepare("UPDATE scan_collection SET after = ? WHERE number = ?"),
    setState: database.prepare("UPDATE scan_collection SET state = ? WHERE number = ?"),
    finishDirectory: database.prepare(
      "UPDATE scan_collection SET state = 'done' WHERE directory_id = ? AND state != 'done'",
    ),
    missing: missingStatements(database),
  };
}

/** Not listed, and not found missing before. */
const isUnseen = (id: string): string =>
  `NOT EXISTS (SELECT 1 FROM scan_seen WHERE collection = @number AND scan_seen.id = ${id})`;

const isKept = (directory: string, kind: string, id: string): string =>
  `NOT EXISTS (SELECT 1 FROM scan_removal AS removal
     WHERE removal.directory_id = ${directory} AND removal.kind = '${kind}' AND removal.id = ${id} AND removal.user_id = '')`;

function missingStatements(database: SqliteDatabase): CollectionStatements["missing"] {
  const within = (view: "users" | "groups", kind: string): SqliteStatement<[object], MissingRow> =>
    database.prepare(
      `SELECT id, seq FROM ${view} WHERE directory_id = @directory AND id > @after
         AND ${isUnseen(`${view}.id`)} AND ${isKept("@directory", kind, `${view}.id`)} ORDER BY id`,
    );
  return {
    directory: database.prepare(
      `SELECT id, seq FROM directories WHERE id > @after
         AND (@organization IS NULL OR organization_id = @organization)
         AND ${isUnseen("directories.id")} AND ${isKept("directories.id", "directory", "directories.id")} ORDER BY id`,
    ),
    user: within("users", "user"),
    group: within("groups", "group"),
    // One whose user is found to be gone goes with it.
    membership: database.prepare(
      `SELECT user_id AS id, seq FROM memberships WHERE group_id = @group AND user_id > @after
         AND ${isUnseen("memberships.user_id")} AND ${isKept("@directory", "user", "memberships.user_id")}
         AND NOT EXISTS (SELECT 1 FROM scan_removal AS removal WHERE removal.directory_id = @directory
           AND removal.kind = 'membership' AND removal.id = @group AND removal.user_id = memberships.user_id)
       ORDER BY user_id`,
    ),
  };
}
