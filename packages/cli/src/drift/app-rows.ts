/** What a query of an app's database gives, row by row. Nothing can be written through it. */
export interface AppRows {
  /** Names of the columns, as the database says them. */
  readonly columns: readonly string[];
  /** Each row once, with a value for each column. */
  rows(): AsyncIterable<readonly unknown[]>;
  close(): Promise<void>;
}
