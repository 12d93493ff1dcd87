import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { PlanEntry, Reference } from "./model.ts";

/** An entry of a plan is kept up to this many; what more there is, is counted. */
const entriesMax = 10_000;

/** What dry runs would do. Whoever calls has begun the transaction. */
export class Plans {
  readonly #add: SqliteStatement<[action: string, reference: string, fields: string]>;
  readonly #count: SqliteStatement<[], number>;
  readonly #clear: SqliteStatement<[]>;
  readonly #read: SqliteStatement<[after: number, limit: number], PlanRow>;

  constructor(database: SqliteDatabase) {
    this.#add = database.prepare("INSERT INTO scan_plan (action, reference, fields) VALUES (?, ?, ?)");
    this.#count = database.prepare<[], number>("SELECT coalesce(max(number), 0) FROM scan_plan").pluck();
    this.#clear = database.prepare("DELETE FROM scan_plan");
    this.#read = database.prepare("SELECT * FROM scan_plan WHERE number > ? ORDER BY number LIMIT ?");
  }

  clear(): void {
    this.#clear.run();
  }

  add(entries: readonly PlanEntry[]): void {
    const room = entriesMax - (this.#count.get() ?? 0);
    for (const { action, reference, fields } of entries.slice(0, Math.max(0, room))) {
      this.#add.run(action, JSON.stringify(reference), JSON.stringify(fields));
    }
  }

  read(afterNumber: number, limit: number): readonly (PlanEntry & { readonly number: number })[] {
    return this.#read.all(afterNumber, limit).map(({ number, action, reference, fields }) => ({
      number,
      action,
      reference: JSON.parse(reference) as Reference,
      fields: JSON.parse(fields) as string[],
    }));
  }
}

interface PlanRow {
  readonly number: number;
  readonly action: PlanEntry["action"];
  readonly reference: string;
  readonly fields: string;
}
