import type { DirectoryEvent } from "@dirsync/sdk";
import type { Cursor, DeadLetter, Outcome, StartPosition, StreamStatus, WorkItem } from "../model.ts";

/** Where reading upstream goes on. */
export interface StreamPosition {
  readonly cursor: Cursor | null;
  readonly start: StartPosition;
  /** Highest position in the journal; 0 when it is empty. */
  readonly headSeq: number;
}

/** A page as it is handed to the journal. */
export interface Append {
  readonly events: readonly DirectoryEvent[];
  /** The cursor the page was read after. The append is refused when the journal has moved on since. */
  readonly expectedCursor: Cursor | null;
  readonly receivedAtMs: number;
}

/** What an append did. */
export interface Appended {
  readonly cursor: Cursor | null;
  readonly headSeq: number;
  /** Events that were new. The rest were already in the journal and changed nothing. */
  readonly count: number;
}

/** What a sink is finished with and what it starts, written together. */
export interface Step {
  readonly finished: readonly Outcome[];
  readonly started: readonly number[];
  /** The sink's low-water mark after `finished`. */
  readonly lowSeq: number;
  readonly nowMs: number;
}

/** What a sink finds when it starts. */
export interface SinkPosition {
  readonly lowSeq: number;
  /** Positions above the mark that are already finished. */
  readonly finishedAbove: readonly number[];
}

/** How a dead letter that a later event has overtaken is treated when it is redriven. */
export interface RedriveOptions {
  /** Deliver it even though a later event about the same object exists. */
  readonly force?: boolean;
}

/**
 * The local copy of the upstream log, with one low-water mark for each sink.
 *
 * Every method is one transaction. Methods that write check that this process still holds the journal and throw
 * `StateError` with code `fenced` when it does not; only `redrive` and `discard` are open to visitors.
 */
export interface Journal {
  readonly epoch: number;
  /** Marks this journal's own child processes, so that a restart can tell its orphans from other processes. */
  readonly instanceId: string;
  /**
   * Ties the journal to one upstream log and says where to go on. `start` counts until upstream has once been read
   * from it to the end, or has given an event.
   * @throws StateError when the journal belongs to another log.
   */
  bind(source: string, start: StartPosition): Promise<StreamPosition>;
  /** Appends a whole page and moves the cursor to its last event, or does nothing at all. */
  append(page: Append): Promise<Appended>;
  /**
   * True when an event cannot come after the cursor: the journal has it, or it was made long before the event at the
   * cursor and has been forgotten since.
   */
  isBehindCursor(event: DirectoryEvent): Promise<boolean>;
  markCaughtUp(atMs: number): Promise<void>;
  /** Registers a sink if it is new, at the first event after those that were forgotten. */
  addSink(name: string): Promise<SinkPosition>;
  /** Entries above `afterSeq` that the sink has not finished, oldest first. */
  read(sink: string, afterSeq: number, limit: number): Promise<readonly WorkItem[]>;
  /**
   * Dead letters a person asked to be tried again, oldest first, without those that are `held` already. One that has
   * been overtaken since it was asked for becomes a dead letter again instead, unless it was forced.
   */
  takeRedriven(sink: string, held: ReadonlySet<number>, limit: number): Promise<readonly WorkItem[]>;
  /** Records outcomes, begins attempts and moves the low-water mark, in one transaction. */
  step(sink: string, step: Step): Promise<void>;
  status(): Promise<StreamStatus>;
  deadLetters(sink?: string): Promise<readonly DeadLetter[]>;
  /**
   * Asks for another try of a dead letter, with a fresh budget.
   * @throws StateError `missing` when there is none, `superseded` when a later event has overtaken it.
   */
  redrive(sink: string, seq: number, options: RedriveOptions): Promise<void>;
  /** Gives a dead letter up for good. */
  discard(sink: string, seq: number): Promise<void>;
  /**
   * Forgets up to `limit` events that every sink has finished and that arrived before `beforeMs`, and returns how many.
   * Dead letters stay, and so does what has overtaken them.
   */
  prune(beforeMs: number, limit: number): Promise<number>;
  close(): Promise<void>;
}
