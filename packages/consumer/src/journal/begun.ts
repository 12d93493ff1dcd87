/**
 * What a sink has begun together: stretches of positions, kept in the sink's own row. A row in `work` for each would be two
 * more pages with every run, and most of what delivering costs. A stretch says that each of its events was begun once;
 * what has a row of its own says it there, and what the mark has passed is finished.
 */
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** The first and the last position, and when they were begun, in epoch milliseconds. */
export type Stretch = readonly [first: number, last: number, atMs: number];

/** More than a sink has under way at once. What is begun beyond that has rows. */
const stretchesMax = 32;

/** SQL that is true when a sink, a row of `sink`, has begun `seq` in a stretch. */
export const isBegun = (seq: string): string =>
  `${seq} > sink.low_seq AND EXISTS (SELECT 1 FROM json_each(sink.begun) WHERE ${seq} BETWEEN value ->> 0 AND value ->> 1)`;

/** Stretches as they are kept. */
export function stretchesOf(begun: string): readonly Stretch[] {
  return begun === "[]" ? [] : (JSON.parse(begun) as readonly Stretch[]);
}

/** True when the position is in one of the stretches. */
export function isIn(stretches: readonly Stretch[], seq: number): boolean {
  return stretches.some(([first, last]) => first <= seq && seq <= last);
}

/** Begins and ends stretches. Whoever calls has begun the transaction. */
export class Begun {
  readonly #hasRow: SqliteStatement<[sink: string, first: number, last: number]>;
  readonly #giveRow: SqliteStatement<[sink: string, seq: number, firstAtMs: number, lastAtMs: number]>;

  constructor(database: SqliteDatabase) {
    this.#hasRow = database.prepare("SELECT 1 FROM work WHERE sink = ? AND seq BETWEEN ? AND ? LIMIT 1");
    this.#giveRow = database.prepare(
      `INSERT INTO work (sink, seq, state, attempts, first_at, last_at) VALUES (?, ?, 'inflight', 1, ?, ?)
       ON CONFLICT (sink, seq) DO NOTHING`,
    );
  }

  /** Takes positions in that begin, and returns those of them that need rows. */
  take(sink: string, started: readonly number[], { stretches, lowSeq, nowMs }: Taking): readonly number[] {
    const others: number[] = [];
    for (const [first, last] of stretchesIn(started)) {
      const isNew = first > lowSeq && !stretches.some((each) => each[0] <= last && first <= each[1]);
      if (isNew && stretches.length < stretchesMax && this.#hasRow.get(sink, first, last) === undefined) {
        stretches.push([first, last, nowMs]);
      } else for (let seq = first; seq <= last; seq += 1) others.push(seq);
    }
    return others;
  }

  /** Gives a position a row if it was begun in a stretch, because more is to be said of it. */
  giveRow(sink: string, seq: number, stretches: readonly Stretch[]): void {
    for (const [first, last, atMs] of stretches) {
      if (first <= seq && seq <= last) this.#giveRow.run(sink, seq, atMs, atMs);
    }
  }
}

/** What begins beside what. */
interface Taking {
  /** Those of the sink, to which new ones are added. */
  readonly stretches: Stretch[];
  /** The sink's mark. */
  readonly lowSeq: number;
  readonly nowMs: number;
}

/** What is left of stretches, when what stands at their beginning is finished or has a row. */
export function remaining(stretches: readonly Stretch[], isOver: (seq: number) => boolean): Stretch[] {
  const left: Stretch[] = [];
  for (const [first, last, atMs] of stretches) {
    let next = first;
    while (next <= last && isOver(next)) next += 1;
    if (next <= last) left.push([next, last, atMs]);
  }
  return left;
}

function stretchesIn(seqs: readonly number[]): [first: number, last: number][] {
  const stretches: [number, number][] = [];
  let current: [number, number] | null = null;
  for (const seq of seqs) {
    if (current !== null && seq === current[1] + 1) current[1] = seq;
    else stretches.push((current = [seq, seq]));
  }
  return stretches;
}
