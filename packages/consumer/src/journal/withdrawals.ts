import type { DirectoryEvent } from "@dirsync/sdk";
import { nextTurn } from "../turns.ts";
import { upToMax } from "./read-limits.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { Superseded } from "./superseded.ts";
import type { Transactions } from "./transactions.ts";

/** What is not to come any more, as far as what people asked for was looked through. */
interface Overtaken {
  /** Positions of dead letters that are to be tried again. */
  readonly letters: readonly number[];
  readonly replays: readonly number[];
  /** Behind which position to look on; null when all was looked through. */
  readonly nextSeq: number | null;
}

interface AskedRow {
  readonly seq: number;
  readonly body: string;
  readonly isLetter: number;
  /** 0 for a replay that was begun, or is forced: it is completed, whatever came since. */
  readonly mayEnd: number;
}

/** Looked through before everybody else has a turn: some 20 ms. */
const rowsMax = 500;

/**
 * Takes back what people asked for and what would undo what has come since: a million replays at a time, and while other sinks
 * deliver. So it is found in steps, each of which needs no transaction, and then taken back.
 */
export class Withdrawals {
  readonly #superseded: Superseded;
  readonly #asked: SqliteStatement<[sink: string, afterSeq: number], AskedRow>;
  readonly #isComing: SqliteStatement<[sink: string, seq: number]>;
  readonly #endLetter: SqliteStatement<[sink: string, seq: number]>;
  readonly #endReplay: SqliteStatement<[sink: string, seq: number]>;

  constructor(database: SqliteDatabase) {
    this.#superseded = new Superseded(database);
    this.#asked = database.prepare(
      `SELECT work.seq, event.body, ${isLetter} AS isLetter, ${isLetter} OR (${isUntried}) AS mayEnd
       FROM work JOIN event ON event.seq = work.seq
       WHERE work.sink = ? AND work.seq > ? AND (${isLetter} OR ${isReplay}) ORDER BY work.seq LIMIT ${rowsMax}`,
    );
    this.#isComing = database.prepare(`SELECT 1 FROM work WHERE sink = ? AND seq = ? AND ${isReplay}`);
    this.#endLetter = database.prepare(
      `UPDATE work SET state = 'dead', redriven = 0 WHERE sink = ? AND seq = ? AND ${isLetter}`,
    );
    // Below the mark, what is finished has no row; above it, it needs one. Asked again: somebody may have insisted meanwhile.
    this.#endReplay = database.prepare(
      `UPDATE work SET state = 'done', replay = 0 WHERE sink = ? AND seq = ? AND ${isReplay} AND ${isUntried}`,
    );
  }

  /** Takes back what is overtaken, and returns how many replays that were. */
  async withdraw(sink: string, transactions: Transactions, signal?: AbortSignal): Promise<number> {
    let count = 0;
    for (let after: number | null = 0; after !== null && signal?.aborted !== true;) {
      if (after > 0) await nextTurn();
      const afterSeq: number = after;
      const overtaken = await transactions.read(() => this.#find(sink, afterSeq));
      const { letters, replays, nextSeq } = overtaken;
      // Nearly always there is nothing, and then nothing is written.
      if (letters.length + replays.length > 0) await transactions.write(() => this.#run(sink, overtaken));
      count += replays.length;
      after = nextSeq;
    }
    return count;
  }

  /** Oldest first: what overtakes stands behind, and is still known to come when it is asked about. */
  #find(sink: string, afterSeq: number): Overtaken {
    const laterThan = this.#superseded.ofMany(sink);
    const [letters, replays]: [number[], number[]] = [[], []];
    const { rows, isCut } = upToMax(this.#asked.iterate(sink, afterSeq));
    for (const { seq, body, isLetter: letter, mayEnd } of rows) {
      if (mayEnd === 0) continue;
      const later = laterThan(seq, JSON.parse(body) as DirectoryEvent);
      if (letter === 1 && later.length > 0) letters.push(seq);
      // One that is itself to come once more undoes nothing.
      if (letter === 0 && later.some((event) => this.#isComing.get(sink, event.seq) === undefined)) replays.push(seq);
    }
    return { letters, replays, nextSeq: isCut || rows.length === rowsMax ? (rows.at(-1)?.seq ?? null) : null };
  }

  /** In a transaction. */
  #run(sink: string, { letters, replays }: Overtaken): void {
    for (const seq of letters) this.#endLetter.run(sink, seq);
    for (const seq of replays) this.#endReplay.run(sink, seq);
  }
}

/** A dead letter that a person asked for, and did not insist on. */
const isLetter = "(work.redriven = 1 AND work.state = 'wait')";
const isReplay = "(work.replay > 0 AND work.state IN ('wait', 'inflight'))";
/** A try that is not charged leaves no attempt, but why it failed: whatever it did is to be completed. */
const isUntried =
  "work.replay_forced = 0 AND work.state = 'wait' AND work.attempts = 0 AND work.failure IS NULL AND work.redriven = 0";
