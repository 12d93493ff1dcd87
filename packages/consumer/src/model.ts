import type { DirectoryEvent, SinkVerdict } from "@dirsync/sdk";

/** Id of the last upstream event we are finished with. Never the API's `list_metadata.after`. */
export type Cursor = string;

/** One page read from upstream, oldest first. */
export interface EventPage {
  readonly events: readonly DirectoryEvent[];
  /** True when the log had more to give at the time of reading. */
  readonly hasMore: boolean;
}

/** Where a stream begins when nothing has been read yet. */
export type StartPosition =
  | { readonly from: "start" }
  /** ISO 8601, UTC. */
  | { readonly from: "time"; readonly time: string }
  | { readonly from: "event"; readonly id: string };

/** An ordered upstream log. */
export interface EventSource {
  /** Names the log, so that a state file is never used against another one: the base URL and nothing secret. */
  readonly identity: string;
  /**
   * Reads the events after `after`, or from `start` when there is no cursor yet.
   * @throws CursorExpiredError when upstream no longer knows `after`.
   */
  read(after: Cursor | null, start: StartPosition, signal: AbortSignal): Promise<EventPage>;
}

/** One try at delivering one event to one sink. */
export interface Attempt {
  /** 1 for the first try. */
  readonly number: number;
  /** Position in the local journal. Grows with upstream order and is the receiver's fencing token within an epoch. */
  readonly seq: number;
  /** Grows each time a process takes over the journal. */
  readonly epoch: number;
  /** Ordering key: two events of one lane are never delivered at the same time or out of order. */
  readonly lane: string;
  /** Aborted when the try's time is up or the process is stopping. */
  readonly signal: AbortSignal;
}

/** One entry of a batch, with the try it belongs to. */
export interface BatchEntry {
  readonly event: DirectoryEvent;
  readonly attempt: Attempt;
}

/** A receiver of events. */
export interface Sink {
  /** Names the sink's low-water mark in the journal. Renaming a sink makes it a new one. */
  readonly name: string;
  /**
   * Resolves only when the effect is durable. Rejecting means the event was not taken; a `SinkError` says whether to
   * retry, give the event up or halt the sink, and any other error means retry.
   */
  deliver(event: DirectoryEvent, attempt: Attempt): Promise<void>;
  /**
   * Takes consecutive entries of one lane at once. Resolves when all are durable; rejecting means that none counts,
   * except that a `SinkError` with `deliveredCount` says that the first so many are done.
   */
  deliverBatch?(entries: readonly BatchEntry[], signal: AbortSignal): Promise<void>;
  /** Ends what the sink holds: processes, connections. Called once, when nothing is in flight any more. */
  close?(): Promise<void>;
}

/** What to do with an event that failed for good. */
export type DeadLetterPolicy = "continue" | "halt";

/** How a sink is driven. */
export interface Policy {
  /** Tries before an event becomes a dead letter. */
  readonly attemptsMax: number;
  /** Milliseconds to wait after the given failed try (1 is the first), before jitter. */
  readonly delayMs: (attempt: number) => number;
  /** A try that takes longer than this counts as failed, with an unknown effect. */
  readonly timeoutMs: number;
  readonly onDeadLetter: DeadLetterPolicy;
  /** Tries in flight at once, across lanes. */
  readonly concurrency: number;
  readonly lane: (event: DirectoryEvent) => string;
}

/** How one try ended. `skipped` means the sink's filter does not want the event. */
export type Outcome =
  | { readonly seq: number; readonly result: "delivered" | "skipped" }
  | {
      readonly seq: number;
      readonly result: "retry";
      readonly nextAtMs: number;
      /** Tries that count against the budget, this one included unless it is not charged. */
      readonly attempts: number;
      readonly failure: Failure;
    }
  | { readonly seq: number; readonly result: "dead"; readonly failure: Failure };

/** Why a try failed, as it is kept: a code and a message, never a payload. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly verdict: SinkVerdict;
}

/** An event with its place in the journal. */
export interface JournalEntry {
  readonly seq: number;
  readonly event: DirectoryEvent;
}

/** An entry a sink is not finished with. */
export interface WorkItem extends JournalEntry {
  /** Tries already begun and charged. */
  readonly attempts: number;
  /** Not to be tried before this time, in epoch milliseconds. */
  readonly nextAtMs: number;
}

/** An event a sink gave up on. */
export interface DeadLetter {
  readonly sink: string;
  readonly seq: number;
  readonly event: DirectoryEvent;
  readonly attempts: number;
  readonly failure: Failure;
  readonly firstTriedAtMs: number;
  readonly lastTriedAtMs: number;
  /** Id of a later event about the same user, group or membership; redriving this one would undo it. */
  readonly supersededBy: string | null;
}

/** Where a sink stands. */
export interface SinkStatus {
  readonly name: string;
  /** Everything up to here is finished: delivered, skipped or recorded as a dead letter. */
  readonly lowSeq: number;
  /** Events in the journal this sink is not finished with. */
  readonly pending: number;
  readonly deadLetters: number;
  readonly delivered: number;
}

/** Where the stream stands. */
export interface StreamStatus {
  readonly source: string | null;
  readonly cursor: Cursor | null;
  /** Highest position in the journal; 0 when it is empty. */
  readonly headSeq: number;
  readonly epoch: number;
  /** Process that holds or last held the journal. */
  readonly holder: string | null;
  /** When upstream was last read to its end, in epoch milliseconds. */
  readonly caughtUpAtMs: number | null;
  readonly sinks: readonly SinkStatus[];
}
