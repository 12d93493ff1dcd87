/**
 * Rows that every request needs and that hardly ever change, kept in memory. What they are made of is only written through the
 * connection that keeps them, by a process that holds the file alone, and it forgets all of them when one of their tables is
 * written or a transaction is taken back: there is nothing that a writer could forget to say.
 */
export interface KeptRows {
  /** The row under this key, loaded where it is not known. That there is none is not kept. */
  get<Row extends object>(query: object, key: string | number, load: () => Row | undefined): Row | undefined;
  forget(): void;
}

// Of each query. A service with more tokens in use asks for some of them once more.
const rowsMax = 1_000;

/** Whether a statement that writes may write to a table that kept rows are made of: whether it names one. */
export function mayChangeKept(sql: string): boolean {
  return /\bdirectory(?:_token)?\b/iu.test(sql);
}

/** Keeps nothing yet. */
export function createKeptRows(): KeptRows {
  const byQuery = new Map<object, Map<string | number, object>>();
  return {
    get: <Row extends object>(query: object, key: string | number, load: () => Row | undefined) => {
      let rows = byQuery.get(query);
      if (rows === undefined) byQuery.set(query, (rows = new Map<string | number, object>()));
      // Only rows of this query are under it.
      const known = rows.get(key) as Row | undefined;
      if (known !== undefined) return known;
      const row = load();
      if (row === undefined) return undefined;
      if (rows.size >= rowsMax) rows.clear();
      // It is everybody's from here on.
      rows.set(key, Object.freeze(row));
      return row;
    },
    forget: () => {
      for (const rows of byQuery.values()) rows.clear();
    },
  };
}
