import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";

/** A directory that has ended, if only once. */
interface Ended {
  readonly id: string;
  readonly ended: number;
}

/** Where a sweep stands. */
interface Place {
  readonly directory: Ended;
  readonly table: "user" | "group";
  readonly afterId: string;
}

/** What is left of a body: the row has to stay, so that nothing old brings it back, and to look like one that was never ended. */
const nothing = "{}";

/**
 * Takes out what users and groups were that ended with their directory: no view shows them any more, and until they are
 * written again their data would lie in the file. Only what stands before the end itself is taken, because of what stands
 * between an end and a return it may still be found out, late, that it came after the return.
 */
export class Sweep {
  readonly #ended: SqliteStatement<[], Ended>;
  readonly #below: Readonly<Record<Place["table"], SqliteStatement<[string, string, number], RowBelow>>>;
  readonly #clear: Readonly<Record<Place["table"], SqliteStatement<[id: string]>>>;
  /** Up to which end a directory has been swept by this process. */
  readonly #swept = new Map<string, number>();
  #place: Place | null = null;

  constructor(database: SqliteDatabase) {
    this.#ended = database.prepare("SELECT id, ended FROM mirror_directory WHERE ended > 0 ORDER BY id");
    const below = (table: string): SqliteStatement<[string, string, number], RowBelow> =>
      database.prepare(
        `SELECT id, place, body IS NOT NULL AND body <> '${nothing}' AS has_body FROM ${table}
         WHERE directory_id = ? AND id > ? ORDER BY id LIMIT ?`,
      );
    this.#below = { user: below("mirror_user"), group: below("mirror_group") };
    this.#clear = {
      user: database.prepare(`UPDATE mirror_user SET body = '${nothing}', email = NULL WHERE id = ?`),
      group: database.prepare(`UPDATE mirror_group SET body = '${nothing}' WHERE id = ?`),
    };
  }

  /** Looks at up to `limit` rows, and returns false when there is no more to look at. Whoever calls has begun the transaction. */
  step(limit: number): boolean {
    const place = this.#place ?? this.#next();
    if (place === null) return false;
    const { directory, table, afterId } = place;
    const rows = this.#below[table].all(directory.id, afterId, limit);
    for (const row of rows) {
      if (row.has_body === 1 && row.place < directory.ended) this.#clear[table].run(row.id);
    }
    const last = rows.at(-1);
    if (last !== undefined && rows.length === limit) this.#place = { ...place, afterId: last.id };
    else if (table === "user") this.#place = { directory, table: "group", afterId: "" };
    else {
      this.#place = null;
      this.#swept.set(directory.id, directory.ended);
    }
    return true;
  }

  #next(): Place | null {
    const directory = this.#ended.all().find(({ id, ended }) => (this.#swept.get(id) ?? 0) < ended);
    return directory === undefined ? null : { directory, table: "user", afterId: "" };
  }
}

interface RowBelow {
  readonly id: string;
  readonly place: number;
  readonly has_body: 0 | 1;
}
