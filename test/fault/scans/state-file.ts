import Database from "better-sqlite3";
import { canonical } from "./upstream-state.ts";

type Row = Readonly<Record<string, string>>;

/** A state file as any SQLite client sees it. */
export class StateFile {
  readonly #database: Database.Database;
  readonly #queries = new Map<string, Database.Statement>();

  constructor(path: string) {
    this.#database = new Database(path, { readonly: true });
  }

  position(): { readonly cursor: string | null; readonly isComplete: boolean } {
    const sql = "SELECT cursor, (SELECT complete_since_seq FROM mirror) AS since FROM stream";
    const { cursor, since } = this.#query(sql).get() as {
      readonly cursor: string | null;
      readonly since: number | null;
    };
    return { cursor, isComplete: since !== null };
  }

  /** What the mirror has, by key. */
  mirror(): ReadonlyMap<string, string> {
    const facts = new Map<string, string>();
    for (const { id } of this.#rows("SELECT id FROM directories")) facts.set(`directory ${id}`, "");
    for (const view of ["users", "groups"]) {
      for (const { id, body = "" } of this.#rows(`SELECT id, body FROM ${view}`)) {
        facts.set(`${view.slice(0, -1)} ${id}`, canonical(JSON.parse(body) as Record<string, unknown>));
      }
    }
    for (const { group_id: group, user_id: user } of this.#rows("SELECT group_id, user_id FROM memberships")) {
      facts.set(`member ${group} ${user}`, "");
    }
    return facts;
  }

  /** Ids of users of whom something came late and has not been asked about yet. */
  doubted(): readonly string[] {
    return this.#rows("SELECT key FROM scan_doubt").map(({ key = "" }) => key.slice("user:".length));
  }

  has(eventId: string): boolean {
    return this.#query("SELECT 1 FROM event WHERE id = ?").get(eventId) !== undefined;
  }

  close(): void {
    this.#database.close();
  }

  #rows(sql: string): readonly Row[] {
    return this.#query(sql).all() as readonly Row[];
  }

  /** Compiling costs more than running. */
  #query(sql: string): Database.Statement {
    const known = this.#queries.get(sql);
    if (known !== undefined) return known;
    const query = this.#database.prepare(sql);
    this.#queries.set(sql, query);
    return query;
  }
}
