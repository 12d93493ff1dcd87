import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** Code of the failure of events that a guard holds until a person has decided. */
export const guardedCode = "guarded";

/** It lies among the effects, which have it kept long enough, under a name as no handler has. */
const decidedName = "dirsync:decided";
/** The same of those that were given up. */
const discardedName = "dirsync:discarded";

/**
 * In SQL, with `@sink` and an `event` at hand: true for what a person has given up while a guard held it. No sink has had it, and
 * whoever it is about keeps what it would have taken; it comes with no replay that does not name it, and has overtaken nothing.
 */
export const isGivenUp = `EXISTS (SELECT 1 FROM effect WHERE sink = @sink AND name = '${discardedName}' AND key = event.id)`;

/** What people have decided about events that were held. Whoever calls has begun the transaction. */
export class Decisions {
  readonly #note: SqliteStatement<[name: string, sink: string, seq: number]>;
  readonly #forget: SqliteStatement<[sink: string, ids: string]>;
  readonly #has: SqliteStatement<[sink: string, id: string]>;

  constructor(database: SqliteDatabase) {
    this.#note = database.prepare(
      `INSERT INTO effect (sink, name, key, at)
       SELECT work.sink, ?, event.id, unixepoch() * 1000 FROM work JOIN event ON event.seq = work.seq
       WHERE work.sink = ? AND work.seq = ? AND work.failure ->> '$.code' = '${guardedCode}'
       ON CONFLICT DO NOTHING`,
    );
    this.#forget = database.prepare(
      `DELETE FROM effect WHERE sink = ? AND name = '${discardedName}' AND key IN (SELECT value FROM json_each(?))`,
    );
    this.#has = database.prepare(`SELECT 1 FROM effect WHERE sink = ? AND name = '${decidedName}' AND key = ?`);
  }

  /** A person lets a dead letter go on; one that no guard has held leaves no trace. */
  note(sink: string, seq: number): void {
    this.#note.run(decidedName, sink, seq);
  }

  /** A person gives a dead letter up; one that no guard has held leaves no trace. */
  noteDiscarded(sink: string, seq: number): void {
    this.note(sink, seq);
    this.#note.run(discardedName, sink, seq);
  }

  /** A person has thought better of it. */
  forgetDiscarded(sink: string, ids: readonly string[]): void {
    this.#forget.run(sink, JSON.stringify(ids));
  }

  /** True when somebody has decided about an event. */
  has(sink: string, eventId: string): boolean {
    return this.#has.get(sink, eventId) !== undefined;
  }
}

/** What people have decided about events that were held. */
export interface GuardDecisions {
  /** Grows with each, and with whatever else people ask of the sink. */
  count(): number;
  /** True when somebody has decided about an event. */
  has(eventId: string): boolean;
}

/** A connection that decisions can be asked of, such as one of better-sqlite3. */
export interface DecisionsDatabase {
  prepare(sql: string): { get(...parameters: string[]): unknown };
}

/**
 * What people decide about what is held from a sink, while a guard is at work: for `GuardOptions`, from a connection to the state
 * file of its own.
 */
export function decisionsOf(database: DecisionsDatabase, sink: string): GuardDecisions {
  // Not how many there are: that would be counted for every event that is held, and what is pruned would hide a new one.
  const count = database.prepare("SELECT requests AS count FROM sink WHERE name = ?");
  const has = database.prepare(`SELECT 1 FROM effect WHERE sink = ? AND name = '${decidedName}' AND key = ?`);
  return {
    count: () => (count.get(sink) as { readonly count: number } | undefined)?.count ?? 0,
    has: (eventId) => has.get(sink, eventId) !== undefined,
  };
}
