import { createHash } from "node:crypto";
import { type RefusedEvent, StateError } from "@dirsync/sdk";
import type { Cursor, SourceDeadLetter } from "../model.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** What was refused, and where it stood. */
export interface Refusal {
  readonly refused: readonly RefusedEvent[];
  readonly after: Cursor | null;
  readonly atMs: number;
}

/** What upstream listed as an event and is none. Whoever calls has begun the transaction. */
export class SourceDeadLetters {
  readonly #sql: SourceDeadLetterStatements;

  constructor(database: SqliteDatabase) {
    this.#sql = prepare(database);
  }

  /** Keeps what is new of it, and returns how many that were. Upstream lists the end of its log again and again. */
  keep({ refused, after, atMs }: Refusal): number {
    let count = 0;
    for (const { id, value, issues } of refused) {
      const body = JSON.stringify(value) ?? "null";
      const hash = createHash("sha256").update(body).digest("hex").slice(0, 16);
      const problem = issues.map(({ path, message }) => `${path}: ${message}`).join("; ");
      count += this.#sql.keep.run(hash, id, after, atMs, problem, body).changes;
    }
    return count;
  }

  /** Forgets those that upstream has mended since: their event is in the journal now. */
  dropMended(): void {
    if (this.#sql.hasAny.get() !== undefined) this.#sql.dropMended.run();
  }

  list(): readonly SourceDeadLetter[] {
    return this.#sql.list.all();
  }

  count(): number {
    return this.#sql.count.get() ?? 0;
  }

  /** @throws StateError `missing`. */
  discard(hash: string, atMs: number): void {
    if (this.#sql.discard.run(atMs, hash).changes > 0) return;
    const advice = "`dirsync dead-letters list` shows what there is.";
    throw new StateError(`There is no refused event ${hash}. ${advice}`, { code: "missing" });
  }
}

interface SourceDeadLetterStatements {
  readonly keep: SqliteStatement;
  readonly hasAny: SqliteStatement<[], number>;
  readonly dropMended: SqliteStatement;
  readonly list: SqliteStatement<[], SourceDeadLetter>;
  readonly count: SqliteStatement<[], number>;
  readonly discard: SqliteStatement;
}

function prepare(database: SqliteDatabase): SourceDeadLetterStatements {
  return {
    keep: database.prepare(
      `INSERT INTO source_dead_letter (hash, event_id, after_id, found_at, problem, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (hash) DO NOTHING`,
    ),
    hasAny: database.prepare<[], number>("SELECT 1 FROM source_dead_letter LIMIT 1").pluck(),
    dropMended: database.prepare("DELETE FROM source_dead_letter WHERE event_id IN (SELECT id FROM event)"),
    list: database.prepare(
      `SELECT hash, event_id AS eventId, after_id AS after, found_at AS foundAtMs, problem, body
       FROM source_dead_letter WHERE discarded_at IS NULL ORDER BY found_at, hash`,
    ),
    count: database.prepare<[], number>("SELECT count(*) FROM source_dead_letter WHERE discarded_at IS NULL").pluck(),
    discard: database.prepare("UPDATE source_dead_letter SET discarded_at = ? WHERE hash = ? AND discarded_at IS NULL"),
  };
}
