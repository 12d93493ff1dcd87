import type { DirectoryEvent, RefusedEvent, SinkVerdict } from "@dirsync/sdk";
import type { EffectRecord } from "./effect-record.ts";
import type { HandlerDatabase } from "./handler-database.ts";
import type { Synthetic } from "./scan/model.ts";

/** Id of the last upstream event we are finished with. Never the API's `list_metadata.after`. */
export type Cursor = string;

/** One page read from upstream, oldest first. */
export interface EventPage {
  readonly events: readonly DirectoryEvent[];
  /** True when the log had more to give at the time of reading. */
  readonly hasMore: boolean;
  /** When upstream answered, in epoch milliseconds by its own clock. Null or absent when it does not tell. */
  readonly answeredAtMs?: number | null;
  /** What stood in the page and is no event. */
  readonly refused?: readonly RefusedEvent[];
  /**
   * True when the events are as `JSON.parse` made them and nobody else has them, so that a sink may be given the very
   * objects. Default false: what a sink is given has been read back from the journal.
   */
  readonly isParsed?: boolean;
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
  /** What the same log was called where it was before: a journal that is tied to it goes on here. Default nothing. */
  readonly formerIdentity?: string | undefined;
  /**
   * Reads the events after `after`, or from `start` when there is no cursor yet.
   * @throws CursorExpiredError, or an error with `status`, when upstream no longer knows `after`.
   */
  read(after: Cursor | null, start: StartPosition, signal: AbortSignal): Promise<EventPage>;
  /**
   * As `read`, with what is no event set apart in `refused`. Asked for after `read` has refused a page three times with
   * a `ContractError` `contract_broken`; a source without it is waited for until its page is whole.
   */
  salvage?(after: Cursor | null, start: StartPosition, signal: AbortSignal): Promise<EventPage>;
  /** Resolves when a `read` that has just begun has been sent: whoever is about to hold the thread waits for it. */
  sent?(): Promise<void>;
}

/** Something that tells that upstream may have something new, so that nobody has to wait for the next look. */
export interface Doorbell {
  /** Resolves at the next ring, at once if it has rung since the last time. Rejects when aborted. */
  rung(signal: AbortSignal): Promise<void>;
}

/**
 * Why events may be missing: `expired`, upstream keeps events only so long and the position was older; `reset`, upstream
 * no longer has what it should still keep; `rolled_back`, upstream has what came before the position, but not that.
 */
export type GapReason = "expired" | "reset" | "rolled_back";

/** A time in which upstream may have lost events that were never read. */
export interface Gap {
  readonly id: number;
  readonly openedAtMs: number;
  readonly reason: GapReason;
  /** The last event before it; null when there was none. */
  readonly fromCursor: Cursor | null;
  /** Up to then, by upstream's clock, nothing is missing; null when that is not known. */
  readonly verifiedThroughAtMs: number | null;
  /**
   * When the first event behind it was read; null while none was. Until then nothing says where the log goes on, so that
   * what is lost in the meantime belongs to the gap, too.
   */
  readonly resumedAtMs: number | null;
}

/** What upstream listed as an event and what lacks a whole envelope. */
export interface SourceDeadLetter {
  /** Names it: what lacks its envelope may lack its id. */
  readonly hash: string;
  readonly eventId: string | null;
  /** The event after which it was read; null at the beginning of the log. */
  readonly after: Cursor | null;
  readonly foundAtMs: number;
  /** What is wrong with it, in words. */
  readonly problem: string;
  /** As it came, as JSON. */
  readonly body: string;
}

/** One try at delivering one event to one sink. */
export interface Attempt {
  /** 1 for the first try. */
  readonly number: number;
  /** Position in the local journal. Grows with upstream order and is the receiver's fencing token within an epoch. */
  readonly seq: number;
  /** Grows each time a process takes over the journal. */
  readonly epoch: number;
  /** The first of the event's exclusive locks, for people to read. What orders events is `Policy.locks`. */
  readonly lane: string;
  /** True when the event was asked for again after it had been finished. */
  readonly replay: boolean;
  /** There when the event had been given up, and a person asked for it to be tried again. */
  readonly redriven?: true;
  /** There when the event was made here, by a scan that found what it says, and is not in upstream's log. */
  readonly synthetic?: Synthetic;
  /** There when the event was found later than its place in upstream's log: what comes after it there came before it here. */
  readonly late?: true;
  /** Where side effects are kept on record that are to be had once. Absent where nothing keeps one. */
  readonly effects?: EffectRecord;
  /**
   * Aborted when the try's time is up or the process is stopping. The tries of one run share it. It is made when it is
   * first looked at: it costs as much as everything else about a try.
   */
  readonly signal: AbortSignal;
  /** Tells what the signal tells, at next to no cost, for a sink that has many tries at once. Absent where only a signal was given. */
  readonly cut?: Cut;
}

/** Whether a try has been cut off. */
export interface Cut {
  /** True once somebody has looked at the signal. Then it is the signal that counts: another one may have taken its place. */
  readonly isSeen: boolean;
  /** What the signal would be aborted with; undefined while the try may go on. */
  readonly reason: unknown;
  /** Has a listener called, once, when the try is cut off; not when it has been by now. */
  listen(listener: () => void): void;
  /** Takes back the last `listen` of this listener. */
  unlisten(listener: () => void): void;
}

/**
 * What an event needs for itself while it is delivered, as keys such as `user:ID`. Two events are kept in journal order
 * when a key that one of them holds exclusively is held by the other in either way; all others may overtake each other.
 */
export interface Locks {
  readonly exclusive: readonly string[];
  readonly shared: readonly string[];
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
  /** How it is best driven, where whoever uses it says nothing else. */
  readonly defaults?: Partial<Policy>;
  /**
   * Resolves only when the effect is durable. Rejecting means the event was not taken; a `SinkError` says whether to
   * retry, give the event up or halt the sink, and any other error means retry.
   */
  deliver(event: DirectoryEvent, attempt: Attempt): Promise<void>;
  /**
   * Takes several events at once, in order; `Policy.runMax` says how many. Resolves only when all of them are durable,
   * within the time of one try. Rejecting means that none was taken, and each is tried alone from then on; except that
   * a `SinkError` with `deliveredCount` says that the first so many were taken and the next one failed.
   */
  deliverBatch?(entries: readonly BatchEntry[], signal: AbortSignal): Promise<void>;
  /**
   * Takes an event inside the transaction that records it as delivered: the effect on `database` and the mark are
   * there together or not at all. Used instead of `deliver`. What it throws means what a rejection of `deliver` means.
   */
  apply?(event: DirectoryEvent, attempt: Attempt, database: HandlerDatabase): void;
  /** Ends what the sink holds: processes, connections. Nothing is in flight any more. */
  close?(): Promise<void>;
}

/**
 * After an event failed for good: go on, park what is ordered behind it until a person has decided, or halt the sink until it is
 * started again, which goes on behind the event.
 */
export type DeadLetterPolicy = "continue" | "park" | "halt";

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
  /** What keeps events in order; `laneBy` has the usual choices. */
  readonly locks: (event: DirectoryEvent) => Locks;
  /**
   * Most events begun in one transaction and delivered one after the other, or as one batch. It bounds what a crash
   * repeats: `concurrency` times as many at most, and within a lane the last so many, in order. Without effect where
   * `attemptsMax` is 1: a crash would use up the only try of events that were never delivered.
   */
  readonly runMax: number;
}

/**
 * What became of an event. `skipped` means that the sink does not want it, `parked` that a person must first decide
 * about one before it.
 */
export type Outcome =
  | { readonly seq: number; readonly result: "delivered" | "skipped" | "parked" }
  | {
      readonly seq: number;
      readonly result: "retry";
      readonly nextAtMs: number;
      /** Tries that count against the budget, this one included unless it is not charged. */
      readonly attempts: number;
      readonly failure: Failure;
    }
  /** Begun on record and then not tried, or parked and not any more. */
  | { readonly seq: number; readonly result: "released"; readonly nextAtMs: number; readonly attempts: number }
  | { readonly seq: number; readonly result: "dead"; readonly failure: Failure };

/** Why a try failed, as it is kept: a code and a message, never a payload. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly verdict: SinkVerdict;
  /** The receiver asked not to be tried again before this many milliseconds. */
  readonly retryAfterMs?: number;
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
  /** True when the sink was finished with it before, and it was asked for again. */
  readonly replay: boolean;
  /** There when it had been given up, and a person asked for another try. */
  readonly redriven?: true;
  /** There when a scan has made it. */
  readonly synthetic?: Synthetic;
  /** There when it was found later than its place in upstream's log. */
  readonly late?: true;
  /** There when a person's data was purged from it: nothing is left to deliver. */
  readonly isBlank?: true;
  /** About how long it is as JSON; what is held in memory at once goes by it. Default 0. */
  readonly characters?: number;
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
