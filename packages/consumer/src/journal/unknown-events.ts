import { type DirectoryEvent, isKnownEventName } from "@dirsync/sdk";
import type { JournalEntry } from "../model.ts";
import type { UnknownType } from "../status.ts";
import { knowing, typeCharactersMax } from "../unknown-events.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** Types that are told apart. A service that makes a type for each event must not make the state file grow with them. */
const typesMax = 100;

/** Stands for all types that are not told apart. */
const others = "*";

/** Events of types that nobody knows, counted. Whoever calls has begun the transaction. */
export class UnknownEvents {
  readonly #sql: UnknownEventStatements;

  constructor(database: SqliteDatabase) {
    this.#sql = prepare(database);
  }

  /** Counts those that neither the SDK nor `known` knows, and returns the types that are new. */
  count(entries: readonly Pick<JournalEntry, "event">[], known: readonly string[], atMs: number): readonly string[] {
    const isKnown = knowing(known);
    const fresh = new Set<string>();
    for (const { event } of entries) {
      if (isKnown(event)) continue;
      const type = this.#typeOf(event);
      if (this.#sql.has.get(type) === undefined) fresh.add(type);
      this.#sql.count.run(type, atMs, event.id, atMs);
    }
    return [...fresh];
  }

  /** What is not known to this version either. */
  list(): readonly UnknownType[] {
    return this.#sql.list.all().filter(({ type }) => !isKnownEventName(type));
  }

  #typeOf({ event }: DirectoryEvent): string {
    const type = event.slice(0, typeCharactersMax);
    if (this.#sql.has.get(type) !== undefined) return type;
    return (this.#sql.types.get() ?? 0) < typesMax ? type : others;
  }
}

interface UnknownEventStatements {
  readonly has: SqliteStatement<[type: string], number>;
  readonly types: SqliteStatement<[], number>;
  readonly count: SqliteStatement;
  readonly list: SqliteStatement<[], UnknownType>;
}

function prepare(database: SqliteDatabase): UnknownEventStatements {
  return {
    has: database.prepare<[string], number>("SELECT 1 FROM unknown_event WHERE type = ?").pluck(),
    types: database.prepare<[], number>("SELECT count(*) FROM unknown_event").pluck(),
    count: database.prepare(
      `INSERT INTO unknown_event (type, count, first_at, event_id, last_at) VALUES (?, 1, ?, ?, ?)
       ON CONFLICT (type) DO UPDATE SET count = count + 1, event_id = excluded.event_id, last_at = excluded.last_at`,
    ),
    list: database.prepare(
      `SELECT type, count, first_at AS firstAtMs, event_id AS lastEventId, last_at AS lastAtMs
       FROM unknown_event ORDER BY first_at, type`,
    ),
  };
}
