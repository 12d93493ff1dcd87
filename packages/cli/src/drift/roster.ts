import { openSqlite } from "../sqlite.ts";

/** Somebody whom the directories have, as the roster knows them. */
export interface Enrolled {
  readonly fields: readonly (string | null)[];
  /** How many people of the directories have this key. */
  readonly namesakes: number;
  /** How often the key was asked for by now. */
  readonly asked: number;
}

/**
 * People by a key, of any number: it lies in a file without a name, which is gone with the process, and little of it is
 * in memory. Neither side needs to be sorted, which no two databases do alike.
 */
export interface Roster {
  add(key: string, fields: readonly (string | null)[]): void;
  /** Asks for a key; null when nobody has it. */
  ask(key: string): Enrolled | null;
  /** Keys nobody has asked for, in order. */
  unasked(): Iterable<string>;
  close(): void;
}

/** A roster without anybody. */
export function createRoster(): Roster {
  const database = openSqlite("", { readonly: false });
  database.pragma("journal_mode = OFF");
  database.pragma("synchronous = OFF");
  database.exec(`
    CREATE TABLE person (
      key TEXT NOT NULL PRIMARY KEY,
      fields TEXT NOT NULL,
      namesakes INTEGER NOT NULL DEFAULT 1,
      asked INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    BEGIN;
  `);
  const add = database.prepare<[string, string]>(
    "INSERT INTO person (key, fields) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET namesakes = namesakes + 1",
  );
  const ask = database.prepare<[string], { fields: string; namesakes: number; asked: number }>(
    "UPDATE person SET asked = asked + 1 WHERE key = ? RETURNING fields, namesakes, asked",
  );
  const unasked = database.prepare<[], string>("SELECT key FROM person WHERE asked = 0 ORDER BY key").pluck();
  return {
    add: (key, fields) => void add.run(key, JSON.stringify(fields)),
    ask: (key) => {
      const found = ask.get(key);
      return found === undefined ? null : { ...found, fields: JSON.parse(found.fields) as Enrolled["fields"] };
    },
    unasked: () => unasked.iterate(),
    close: () => void database.close(),
  };
}
