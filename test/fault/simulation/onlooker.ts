import Database from "better-sqlite3";

/** Where one sink stands. */
export interface Mark {
  readonly sink: string;
  readonly lowSeq: number;
}

/** What is kept of a sink's events. */
export interface Kept {
  readonly letters: ReadonlySet<string>;
  readonly parked: ReadonlySet<string>;
}

/** What a state file says of the stream and of each sink. */
export interface Sight {
  readonly cursor: string | null;
  readonly headSeq: number;
  /** By name. */
  readonly marks: readonly Mark[];
  /** By sink; nothing of those of which nothing is kept. */
  readonly kept: ReadonlyMap<string, Kept>;
}

interface KeptRow {
  readonly sink: string;
  readonly id: string;
  readonly state: "dead" | "parked";
}

/**
 * Reads a state file by a connection of its own, as any client of SQLite may, and not with what is on trial. It is asked after
 * every write of a life, and so it asks for no more than is written down, and for nothing while the file is what it was.
 */
export class Onlooker {
  readonly #path: string;
  readonly #seen = new Map<string, number>();
  readonly #statements = new Map<string, Database.Statement<unknown[], unknown>>();
  #database: Database.Database | null = null;
  #version: unknown = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** What the file says now, or null when nobody has committed anything since this was last asked. */
  look(): Sight | null {
    // Read first: what is committed after it is seen the next time at the latest.
    const version = this.#query("PRAGMA data_version").pluck().get();
    if (version === this.#version) return null;
    this.#version = version;
    const stream = this.#query("SELECT cursor, head_seq AS headSeq FROM stream").get() as Omit<Sight, "marks" | "kept">;
    const marks = this.#query("SELECT name AS sink, low_seq AS lowSeq FROM sink ORDER BY name").all() as Mark[];
    return { ...stream, marks, kept: this.#kept() };
  }

  #kept(): Sight["kept"] {
    const rows = this.#query(
      `SELECT work.sink, event.id, work.state FROM work JOIN event ON event.seq = work.seq
       WHERE work.state IN ('dead', 'parked') ORDER BY work.sink, work.seq`,
    ).all() as KeptRow[];
    const kept = new Map<string, { letters: Set<string>; parked: Set<string> }>();
    for (const { sink, id, state } of rows) {
      const { letters, parked } = kept.get(sink) ?? { letters: new Set(), parked: new Set() };
      (state === "dead" ? letters : parked).add(id);
      kept.set(sink, { letters, parked });
    }
    return kept;
  }

  /** Events of which a sink's effect (applier.ts) has come to be since this was last asked. */
  takeEffects(sink: string): readonly string[] {
    const table = this.#query("SELECT 1 FROM sqlite_schema WHERE name = 'simulated_effects'").get();
    if (table === undefined) return [];
    const rows = this.#query(
      "SELECT rowid AS place, id FROM simulated_effects WHERE sink = ? AND rowid > ? ORDER BY rowid",
    ).all(sink, this.#seen.get(sink) ?? 0) as { readonly place: number; readonly id: string }[];
    this.#seen.set(sink, rows.at(-1)?.place ?? this.#seen.get(sink) ?? 0);
    return rows.map(({ id }) => id);
  }

  close(): void {
    this.#database?.close();
  }

  /** Compiling costs more than running. */
  #query(sql: string): Database.Statement<unknown[], unknown> {
    this.#database ??= new Database(this.#path, { readonly: true });
    const known = this.#statements.get(sql) ?? this.#database.prepare<unknown[]>(sql);
    this.#statements.set(sql, known);
    return known;
  }
}
