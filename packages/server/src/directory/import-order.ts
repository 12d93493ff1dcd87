/** The user name somebody of the file has, null when they are new, and the one they get. As user names are compared. */
export interface Renaming {
  readonly from: string | null;
  readonly to: string;
}

/** In which order to take people. */
export interface RenamingOrder {
  /** Places in the file: whoever gives up a name comes before whoever gets it, and all others as they stand. */
  readonly order: readonly number[];
  /** One of each circle, as of two who swap: their name must be free before the first of the circle is taken. */
  readonly circles: readonly number[];
}

/**
 * Orders people so that no name is given to somebody before it is free. No two of them get the same name, and so each
 * waits for at most one other.
 */
export function orderOf(renamings: readonly Renaming[]): RenamingOrder {
  const leaving = new Map<string, number>();
  for (const [index, { from, to }] of renamings.entries()) if (from !== null && from !== to) leaving.set(from, index);
  const order: number[] = [];
  const circles: number[] = [];
  const isSeen = new Set<number>();
  for (const start of renamings.keys()) {
    const chain: number[] = [];
    let next: number | undefined = start;
    while (next !== undefined && !isSeen.has(next)) {
      isSeen.add(next);
      chain.push(next);
      const to: string | undefined = renamings[next]?.to;
      next = to === undefined ? undefined : leaving.get(to);
    }
    // It ends with somebody who waits for nobody, for somebody already taken, or for the one it began with.
    if (next === start && chain.length > 0) circles.push(start);
    order.push(...chain.reverse());
  }
  return { order, circles };
}
