import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** Side effects that handlers have had. Whoever calls has begun the transaction. */
export class Effects {
  readonly #has: SqliteStatement<[sink: string, name: string, key: string]>;
  readonly #note: SqliteStatement<[sink: string, name: string, key: string, atMs: number]>;
  readonly #forget: SqliteStatement<[beforeMs: number]>;

  constructor(database: SqliteDatabase) {
    this.#has = database.prepare("SELECT 1 FROM effect WHERE sink = ? AND name = ? AND key = ?");
    this.#note = database.prepare(
      "INSERT INTO effect (sink, name, key, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#forget = database.prepare("DELETE FROM effect WHERE at < ?");
  }

  has(sink: string, { name, key }: { readonly name: string; readonly key: string }): boolean {
    return this.#has.get(sink, name, key) !== undefined;
  }

  note(sink: string, { name, key }: { readonly name: string; readonly key: string }, atMs: number): void {
    this.#note.run(sink, name, key, atMs);
  }

  /** Forgets effects that were had before this time, and returns how many. */
  forget(beforeMs: number): number {
    return this.#forget.run(beforeMs).changes;
  }
}
