import Database from "better-sqlite3";

/** The rows that receivers have left in a state file (applier.ts), read by a connection of its own. */
export class EffectRows {
  readonly #path: string;
  readonly #seen = new Map<string, number>();
  #database: Database.Database | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Events of which a sink's effect has come to be since this was last asked. */
  take(sink: string): readonly string[] {
    this.#database ??= new Database(this.#path, { readonly: true });
    const table = this.#database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'simulated_effects'").get();
    if (table === undefined) return [];
    const rows = this.#database
      .prepare<[string, number], { place: number; id: string }>(
        "SELECT rowid AS place, id FROM simulated_effects WHERE sink = ? AND rowid > ? ORDER BY rowid",
      )
      .all(sink, this.#seen.get(sink) ?? 0);
    this.#seen.set(sink, rows.at(-1)?.place ?? this.#seen.get(sink) ?? 0);
    return rows.map(({ id }) => id);
  }

  close(): void {
    this.#database?.close();
  }
}
