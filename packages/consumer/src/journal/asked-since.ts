import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/**
 * Finds what a person has asked for once more since a sink's last step. A step comes a second time when the storage has taken
 * it and not said so, and must not take that for what was delivered before.
 */
export class AskedSince {
  readonly #untried: SqliteStatement<[sink: string], number>;
  /** How often people had asked a sink for something when its last step was taken. */
  readonly #known = new Map<string, number>();

  constructor(database: SqliteDatabase) {
    this.#untried = database
      .prepare<[string], number>(
        "SELECT seq FROM work WHERE sink = ? AND state = 'wait' AND replay = 1 AND attempts = 0",
      )
      .pluck();
  }

  /** Positions of which nothing has begun since, given how often people have asked; null when nobody has. */
  take(sink: string, requests: number): ReadonlySet<number> | null {
    if (requests === this.#known.get(sink)) return null;
    this.#known.set(sink, requests);
    return new Set(this.#untried.all(sink));
  }
}
