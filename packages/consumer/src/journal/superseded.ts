import type { DirectoryEvent } from "@dirsync/sdk";
import { ancestorsOf, entityOf } from "../entity.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** Finds out whether an event would bring back an old state. */
export class Superseded {
  readonly #laterOfEntity: SqliteStatement<[string, number], string>;
  readonly #laterDeletion: SqliteStatement<[string, number], string>;

  constructor(database: SqliteDatabase) {
    this.#laterOfEntity = database
      .prepare<[string, number], string>("SELECT id FROM event WHERE entity = ? AND seq > ? ORDER BY seq DESC LIMIT 1")
      .pluck();
    this.#laterDeletion = database
      .prepare<[string, number], string>(
        "SELECT id FROM event WHERE entity = ? AND seq > ? AND type LIKE '%.deleted' ORDER BY seq DESC LIMIT 1",
      )
      .pluck();
  }

  /** Id of an event that has overtaken this one; null when there is none. */
  by(seq: number, event: DirectoryEvent): string | null {
    const same = this.#laterOfEntity.get(entityOf(event), seq);
    if (same !== undefined) return same;
    for (const ancestor of ancestorsOf(event)) {
      const deletion = this.#laterDeletion.get(ancestor, seq);
      if (deletion !== undefined) return deletion;
    }
    return null;
  }
}
