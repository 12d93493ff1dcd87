import type { DirectoryEvent } from "@dirsync/sdk";
import { entityOf } from "../entity.ts";
import type { EventText } from "./event-text.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** Events written with one statement: of a whole page, that is a fifth cheaper than one statement for each. */
const rowsAtOnce = 20;

/** An event and its JSON. */
export interface Written extends EventText {
  readonly event: DirectoryEvent;
}

/** Where events are written, and what is said of each. */
export interface RowFacts {
  /** Position of the first one. */
  readonly seq: number;
  readonly receivedAtMs: number;
  readonly flags: number;
}

/** Writes events. Whoever calls has begun the transaction. */
export class EventRows {
  readonly #one: SqliteStatement;
  readonly #many: SqliteStatement;
  readonly #takeBack: SqliteStatement<[fromSeq: number]>;

  constructor(database: SqliteDatabase) {
    this.#one = database.prepare(insert(1));
    this.#many = database.prepare(insert(rowsAtOnce));
    this.#takeBack = database.prepare("DELETE FROM event WHERE seq >= ?");
  }

  /** Writes an event, and returns false when the journal has it already. */
  add(event: Written, facts: RowFacts): boolean {
    return this.#one.run(valuesOf([event], facts)).changes > 0;
  }

  /** Writes events behind all others, or returns false and has written none: some of them are there already. */
  addAll(events: readonly Written[], facts: RowFacts): boolean {
    for (let first = 0; first < events.length;) {
      const count = events.length - first < rowsAtOnce ? 1 : rowsAtOnce;
      const values = valuesOf(events.slice(first, first + count), { ...facts, seq: facts.seq + first });
      first += count;
      if ((count === 1 ? this.#one : this.#many).run(values).changes === count) continue;
      this.#takeBack.run(facts.seq);
      return false;
    }
    return true;
  }
}

/** Of all rows in one list: a list for each would be made and thrown away with every event. */
function valuesOf(events: readonly Written[], { seq, receivedAtMs, flags }: RowFacts): readonly unknown[] {
  const values: unknown[] = [];
  let next = seq;
  for (const { event, body } of events) {
    values.push(next, event.id, event.event, entityOf(event), event.created_at, receivedAtMs, body, flags);
    next += 1;
  }
  return values;
}

/** An event we already have is upstream repeating itself: it must not be delivered twice. */
function insert(rows: number): string {
  const values = Array.from({ length: rows }, () => "(?, ?, ?, ?, ?, ?, ?, ?)").join(", ");
  return `INSERT INTO event (seq, id, type, entity, created_at, received_at, body, flags) VALUES ${values}
    ON CONFLICT (id) DO NOTHING`;
}
