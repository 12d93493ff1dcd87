import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Known } from "./known.ts";
import { havePlainIds, type HeldRow } from "./held-rows.ts";
import type { Collection, ScanScope } from "./model.ts";
import type { CollectionRow } from "./records.ts";
import type { OpenCollection, Searched } from "./store.ts";
import { Unlisted } from "./unlisted.ts";

/** The lists of the open scan, and what they have shown. Whoever calls has begun the transaction. */
export class Collections {
  readonly #sql: CollectionStatements;
  readonly #unlisted: Unlisted;

  constructor(database: SqliteDatabase, known: Known) {
    this.#sql = prepare(database);
    this.#unlisted = new Unlisted(database, known);
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
    if (havePlainIds(rows)) return new Set(this.#sql.seeAll.all(number, JSON.stringify(ids)));
    return new Set(ids.filter((id) => this.#sql.see.run(number, id).changes > 0));
  }

  moveOn(number: number, after: string | null): void {
    this.#sql.moveOn.run(after, number);
  }

  /** All of a list has been read: it is done when nothing is missing from it. A long one is searched part by part later. */
  close(number: number, scope: ScanScope): void {
    this.#sql.setState.run("listed", number);
    const { missing, after } = this.search(number, "", scope);
    if (missing.length > 0 || after !== null) return;
    this.finish(number);
    this.#sql.unsee.run(number);
  }

  /** What it has shown is forgotten with the scan: a million rows at once would hold up everything else. */
  finish(number: number): void {
    this.#sql.setState.run("done", number);
  }

  finishDirectory(directoryId: string): void {
    this.#sql.finishDirectory.run(directoryId);
  }

  /** Searches a part of what is here behind `after` for what was not listed. */
  search(number: number, after: string, scope: ScanScope): Searched {
    const row = this.get(number);
    return this.#unlisted.search(row, after, scope);
  }
}

function collectionOf({ kind, directory_id: directoryId, group_id: groupId }: CollectionRow): Collection {
  if (kind === "directory") return { kind };
  if (kind === "membership") return { kind, directoryId: directoryId ?? "", groupId: groupId ?? "" };
  return { kind, directoryId: directoryId ?? "" };
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
  readonly moveOn: SqliteStatement<[after: string | null, number: number]>;
  readonly setState: SqliteStatement<[state: string, number: number]>;
  readonly finishDirectory: SqliteStatement<[string]>;
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
    moveOn: database.prepare("UPDATE scan_collection SET after = ? WHERE number = ?"),
    setState: database.prepare("UPDATE scan_collection SET state = ? WHERE number = ?"),
    finishDirectory: database.prepare(
      "UPDATE scan_collection SET state = 'done' WHERE directory_id = ? AND state != 'done'",
    ),
  };
}
