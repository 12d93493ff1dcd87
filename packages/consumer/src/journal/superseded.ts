import type { DirectoryEvent } from "@dirsync/sdk";
import { ancestorsOf, entityOf } from "../entity.ts";
import { isBegun } from "./begun.ts";
import { isGivenUp } from "./decisions.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** Finds out whether a sink that gets an event would go back to an old state. */
export class Superseded {
  readonly #laterOfEntity: LaterStatement;
  readonly #laterDeletion: LaterStatement;

  constructor(database: SqliteDatabase) {
    this.#laterOfEntity = prepareLater(database, "");
    this.#laterDeletion = prepareLater(database, "AND type LIKE '%.deleted'");
  }

  /** Id of an event that has overtaken this one at the sink; null when there is none. */
  by(sink: string, seq: number, event: DirectoryEvent): string | null {
    return this.allBy(sink, seq, event)[0] ?? null;
  }

  /** Ids of the last event about the same object and of the last end of each thing it belongs to, where there are any. */
  allBy(sink: string, seq: number, event: DirectoryEvent): readonly string[] {
    const same = this.#laterOfEntity.get({ sink, seq, entity: entityOf(event) });
    const ends = ancestorsOf(event).map((entity) => this.#laterDeletion.get({ sink, seq, entity }));
    return [same, ...ends].filter((id) => id !== undefined);
  }
}

type LaterStatement = SqliteStatement<[{ sink: string; seq: number; entity: string }], string>;

/**
 * What was given up while a guard held it never came to the sink. What is parked, or was never begun, will come after an
 * event that is asked for again, and overtakes nothing. What was parked before it was begun, and is not any more, waits like
 * that as well, and so does what was begun on record and not tried.
 */
function prepareLater(database: SqliteDatabase, condition: string): LaterStatement {
  return database
    .prepare<[{ sink: string; seq: number; entity: string }], string>(
      `SELECT id FROM event LEFT JOIN work ON work.sink = @sink AND work.seq = event.seq
       WHERE entity = @entity AND event.seq > @seq ${condition} AND NOT ${isGivenUp} AND CASE
         WHEN work.state IS NULL
           THEN EXISTS (SELECT 1 FROM sink WHERE name = @sink AND (event.seq <= low_seq OR ${isBegun("event.seq")}))
         WHEN work.state = 'wait' THEN work.attempts > 0 OR work.failure IS NOT NULL OR work.replay > 0
         ELSE work.state <> 'parked' END
       ORDER BY event.seq DESC LIMIT 1`,
    )
    .pluck();
}
