import type { DirectoryEvent } from "@dirsync/sdk";
import { ancestorsOf, entityOf } from "../entity.ts";
import { isBegun } from "./begun.ts";
import { isGivenUp } from "./decisions.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** An event that has overtaken another one. */
export interface LaterEvent {
  readonly seq: number;
  readonly id: string;
}

/** Ends that are remembered for many events: more than directories and groups in most logs, and a megabyte. */
const endsMax = 10_000;

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
    return this.allBy(sink, seq, event)[0]?.id ?? null;
  }

  /** The last event about the same object and the last end of each thing it belongs to, where there are any. */
  allBy(sink: string, seq: number, event: DirectoryEvent): readonly LaterEvent[] {
    const same = this.#laterOfEntity.get({ sink, seq, entity: entityOf(event) });
    const ends = ancestorsOf(event).map((entity) => this.#laterDeletion.get({ sink, seq, entity }));
    return [same, ...ends].filter((later) => later !== undefined);
  }

  /** The same for many events of one sink: how directories, groups and users have ended is remembered. */
  ofMany(sink: string): (seq: number, event: DirectoryEvent) => readonly LaterEvent[] {
    const known = new Map<string, LaterEvent | undefined>();
    const lastEnd = (entity: string): LaterEvent | undefined => {
      if (known.has(entity)) return known.get(entity);
      if (known.size >= endsMax) known.clear();
      const end = this.#laterDeletion.get({ sink, seq: 0, entity });
      known.set(entity, end);
      return end;
    };
    return (seq, event) => {
      const same = this.#laterOfEntity.get({ sink, seq, entity: entityOf(event) });
      const ends = ancestorsOf(event).map(lastEnd);
      return [same, ...ends].filter((later) => later !== undefined).filter((later) => later.seq > seq);
    };
  }
}

type LaterStatement = SqliteStatement<[{ sink: string; seq: number; entity: string }], LaterEvent>;

/**
 * What was given up while a guard held it never came to the sink. What is parked, or was never begun, will come after an
 * event that is asked for again, and overtakes nothing. What was parked before it was begun, and is not any more, waits like
 * that as well, and so does what was begun on record and not tried.
 */
function prepareLater(database: SqliteDatabase, condition: string): LaterStatement {
  return database.prepare(
    `SELECT event.seq, id FROM event LEFT JOIN work ON work.sink = @sink AND work.seq = event.seq
     WHERE entity = @entity AND event.seq > @seq ${condition} AND NOT ${isGivenUp} AND CASE
       WHEN work.state IS NULL
         THEN EXISTS (SELECT 1 FROM sink WHERE name = @sink AND (event.seq <= low_seq OR ${isBegun("event.seq")}))
       WHEN work.state = 'wait' THEN work.attempts > 0 OR work.failure IS NOT NULL OR work.replay > 0
       ELSE work.state <> 'parked' END
     ORDER BY event.seq DESC LIMIT 1`,
  );
}
