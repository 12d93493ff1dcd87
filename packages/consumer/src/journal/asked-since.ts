import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/**
 * Finds what a person has asked for once more since it was finished. A step may say of it a second time that it is finished:
 * when the storage has taken the step and not said so, and when its effect was applied in a transaction before the step's.
 */
export class AskedSince {
  readonly #untried: SqliteStatement<[sink: string, seqs: string], number>;

  constructor(database: SqliteDatabase) {
    this.#untried = database
      .prepare<[string, string], number>(
        `SELECT seq FROM work WHERE sink = ? AND seq IN (SELECT value FROM json_each(?))
           AND state = 'wait' AND replay = 1 AND attempts = 0`,
      )
      .pluck();
  }

  /** Those of the positions of which nothing has begun since. */
  among(sink: string, seqs: readonly number[]): ReadonlySet<number> {
    return new Set(seqs.length === 0 ? [] : this.#untried.all(sink, JSON.stringify(seqs)));
  }
}
