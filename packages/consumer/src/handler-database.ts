/** What can be bound to a statement of `HandlerDatabase`. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** A compiled statement. Parameters go by position. */
export interface HandlerStatement {
  run(...parameters: readonly SqlValue[]): { readonly changes: number };
  get(...parameters: readonly SqlValue[]): unknown;
  all(...parameters: readonly SqlValue[]): readonly unknown[];
}

/** The state file itself, inside the transaction that records the outcome. Everything about it is synchronous. */
export interface HandlerDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): HandlerStatement;
}
