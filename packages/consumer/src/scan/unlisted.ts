import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Known } from "./known.ts";
import type { Collection, Reference, ScanScope } from "./model.ts";
import { type CollectionRow, referenceOf } from "./records.ts";
import type { Searched } from "./store.ts";

/** Asked about at once. */
const missingMax = 20;

/** Looked at at once: some milliseconds, after which deliveries and answers of the process have their turn. */
const partRows = 5_000;

/** Stands behind every text, as SQLite orders values. */
const behindAll = Buffer.alloc(0);

/**
 * What is here, belongs to a list and was not on it. Ids of both are in one order, so that a part of them is merged with what
 * was listed, and only the rows that are left over are looked at. Whoever calls has begun the transaction.
 */
export class Unlisted {
  readonly #sql: UnlistedStatements;
  readonly #known: Known;

  constructor(database: SqliteDatabase, known: Known) {
    this.#sql = prepare(database);
    this.#known = known;
  }

  /**
   * Searches a part of the list behind `after`. What the log has written since the list was begun is as the log says, whether it
   * was listed or not.
   */
  search(row: CollectionRow, after: string, scope: ScanScope): Searched {
    const { number, kind, directory_id: directory, group_id: group } = row;
    const { end, unseen, alive } = this.#sql[kind];
    const of = { number, directory, group, organization: scope.organizationId ?? null };
    const last = end.get({ ...of, after });
    const missing: Reference[] = [];
    for (const id of unseen.iterate({ ...of, after, last: last ?? behindAll })) {
      const seq = alive.get({ ...of, id });
      const reference = referenceOf(row, id);
      if (seq === undefined || this.#known.isWrittenAfter(reference, seq, row.floor_seq ?? 0)) continue;
      if (missing.push(reference) >= missingMax) return { missing, after: id };
    }
    return { missing, after: last ?? null };
  }
}

interface ListStatements {
  /** The last id of a part; none when that goes to the end. */
  readonly end: SqliteStatement<[object], string>;
  /** What a part has that was not listed, dead or alive. */
  readonly unseen: SqliteStatement<[object], string>;
  /** Position of what wrote one of them that is alive, and was not found missing before. */
  readonly alive: SqliteStatement<[object], number>;
}

type UnlistedStatements = Readonly<Record<Collection["kind"], ListStatements>>;

function prepare(database: SqliteDatabase): UnlistedStatements {
  const within = (kind: "user" | "group"): ListStatements =>
    statementsOf(database, {
      id: "id",
      all: `mirror_${kind} WHERE directory_id = @directory`,
      alive: `${kind}s WHERE id = @id AND directory_id = @directory AND ${isKept("@directory", kind)}`,
    });
  return {
    directory: statementsOf(database, {
      id: "id",
      all: "mirror_directory WHERE true",
      alive: `directories WHERE id = @id AND (@organization IS NULL OR organization_id = @organization)
        AND ${isKept("@id", "directory")}`,
    }),
    group: within("group"),
    user: within("user"),
    membership: statementsOf(database, {
      id: "user_id",
      all: "mirror_membership WHERE group_id = @group",
      // One whose user is found to be gone goes with it.
      alive: `memberships WHERE group_id = @group AND user_id = @id AND ${isKept("@directory", "user")}
        AND NOT EXISTS (SELECT 1 FROM scan_removal WHERE directory_id = @directory
          AND kind = 'membership' AND id = @group AND scan_removal.user_id = @id)`,
    }),
  };
}

/** What a list could show, and which of that is alive. */
interface Shown {
  readonly id: string;
  readonly all: string;
  readonly alive: string;
}

function statementsOf(database: SqliteDatabase, { id, all, alive }: Shown): ListStatements {
  const behind = `SELECT ${id} FROM ${all} AND ${id} > @after`;
  return {
    end: database.prepare<[object], string>(`${behind} ORDER BY 1 LIMIT 1 OFFSET ${partRows - 1}`).pluck(),
    unseen: database
      .prepare<[object], string>(
        `${behind} AND ${id} <= @last
         EXCEPT SELECT id FROM scan_seen WHERE collection = @number AND id > @after AND id <= @last ORDER BY 1`,
      )
      .pluck(),
    alive: database.prepare<[object], number>(`SELECT seq FROM ${alive}`).pluck(),
  };
}

/** Not found missing before. */
function isKept(directory: string, kind: string): string {
  return `NOT EXISTS (SELECT 1 FROM scan_removal AS removal
    WHERE removal.directory_id = ${directory} AND removal.kind = '${kind}' AND removal.id = @id AND removal.user_id = '')`;
}
