import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";

/** Takes people out of the mirror. Whoever calls has begun the transaction. */
export class Erasure {
  readonly #database: SqliteDatabase;
  readonly #idsOf: SqliteStatement<[string], string>;
  readonly #emailOf: SqliteStatement<[string], string | null>;
  readonly #isToBeDeleted: SqliteStatement<[string]>;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#idsOf = database.prepare<[string], string>("SELECT id FROM mirror_user WHERE email = ?").pluck();
    this.#emailOf = database.prepare<[string], string | null>("SELECT email FROM mirror_user WHERE id = ?").pluck();
    this.#isToBeDeleted = database.prepare("SELECT 1 FROM scan_removal WHERE kind = 'user' AND id = ? LIMIT 1");
  }

  /**
   * Returns how many of these people a scan is still to delete, which it finds by what the mirror has: then everything stays.
   * Of these people ids stay, so that nothing old brings them back. What others hold about them as a value of its own,
   * such as the address of their manager, becomes null.
   */
  run({ userId, email }: { readonly userId?: string; readonly email?: string }): number {
    const ids = new Set(email === undefined || email === "" ? [] : this.#idsOf.all(email));
    if (userId !== undefined && userId !== "") ids.add(userId);
    const waiting = [...ids].filter((id) => this.#isToBeDeleted.get(id) !== undefined).length;
    if (waiting > 0) return waiting;
    const emails = [email, ...[...ids].map((id) => this.#emailOf.get(id))];
    const end = this.#database.prepare("UPDATE mirror_user SET email = NULL, body = NULL WHERE id = ?");
    const leave = this.#database.prepare("DELETE FROM mirror_membership WHERE user_id = ?");
    for (const id of ids) {
      end.run(id);
      leave.run(id);
    }
    const named = [...ids, ...emails].filter((text) => typeof text === "string" && text !== "") as string[];
    const texts = named.map((text) => text.toLowerCase());
    for (const table of ["mirror_user", "mirror_group", "mirror_directory"]) this.#forget(table, texts);
    return 0;
  }

  #forget(table: string, texts: readonly string[]): void {
    const found = this.#database
      .prepare<[string], { readonly id: string; readonly body: string }>(
        `SELECT id, body FROM ${table} WHERE EXISTS (
           SELECT 1 FROM json_each(?) AS text WHERE instr(lower(body), text.value) > 0)`,
      )
      .all(JSON.stringify(texts.map((text) => JSON.stringify(text))));
    const write = this.#database.prepare(`UPDATE ${table} SET body = ? WHERE id = ?`);
    for (const { id, body } of found) write.run(without(body, texts), id);
  }
}

function without(body: string, texts: readonly string[]): string {
  const isNamed = (value: unknown): boolean => typeof value === "string" && texts.includes(value.toLowerCase());
  return JSON.stringify(JSON.parse(body, (_key, value: unknown) => (isNamed(value) ? null : value)));
}
