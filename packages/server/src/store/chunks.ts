// Far below SQLite's limit of 32,766 variables a statement, and a statement of this size is still compiled quickly.
const chunkRows = 500;

/** Cuts a list into pieces small enough for one statement. */
export function* chunksOf<T>(items: readonly T[], rows: number = chunkRows): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += rows) yield items.slice(start, start + rows);
}
