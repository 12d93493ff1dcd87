/**
 * Characters of events, as JSON, after which a read ends although it may go on: a page of events as large as the service's
 * answers may be would otherwise be a gigabyte in memory. At least one is read.
 */
export const readCharactersMax = 8 * 1024 * 1024;

/** Rows as far as they were read. */
export interface Rows<R> {
  readonly rows: readonly R[];
  /** There may be more: together they are long enough. */
  readonly isCut: boolean;
}

/** Rows up to the one with which their bodies are as long as a read may be. */
export function upToMax<R extends { readonly body: string }>(all: Iterable<R>): Rows<R> {
  const rows: R[] = [];
  let characters = 0;
  for (const row of all) {
    rows.push(row);
    characters += row.body.length;
    if (characters >= readCharactersMax) return { rows, isCut: true };
  }
  return { rows, isCut: false };
}
