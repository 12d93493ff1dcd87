import type { Cursor, Gap } from "./model.ts";

/** Where a sink stands. */
export interface SinkStatus {
  readonly name: string;
  /** Everything up to here is finished: delivered, skipped, parked or recorded as a dead letter. */
  readonly lowSeq: number;
  /** Events in the journal this sink is not finished with. */
  readonly pending: number;
  readonly deadLetters: number;
  /** Events that wait until a person has decided about a dead letter before them. */
  readonly parked: number;
  readonly delivered: number;
  /** `created_at` of the oldest event that is pending, in epoch milliseconds; null without one. */
  readonly oldestPendingAtMs: number | null;
  /** The same of the oldest that is parked. */
  readonly oldestParkedAtMs: number | null;
}

/** A type of events that nobody here knows. */
export interface UnknownType {
  /** As upstream calls it, at most 100 characters of it; `*` stands for all those beyond the first hundred types. */
  readonly type: string;
  /** Events of it that were read, ever. */
  readonly count: number;
  /** When the first one was read, in epoch milliseconds. */
  readonly firstAtMs: number;
  readonly lastEventId: string;
  readonly lastAtMs: number;
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
  /** What that process has to say about itself, and since when in epoch milliseconds; null when nothing. */
  readonly holderNote: { readonly text: string; readonly sinceMs: number } | null;
  /** When upstream was last read to its end, in epoch milliseconds. */
  readonly caughtUpAtMs: number | null;
  /** Up to then, by upstream's clock, there was nothing behind the cursor; null when that was never known. */
  readonly verifiedThroughAtMs: number | null;
  /** Gaps that nobody has closed, oldest first. */
  readonly gaps: readonly Gap[];
  /** Things that upstream listed as events and that are none, and that nobody has given up. */
  readonly sourceDeadLetters: number;
  /** Types of events that were not known when they were read, and are not known to this version; oldest first. */
  readonly unknownTypes: readonly UnknownType[];
  /** From this position on, the mirror has all that upstream has; null until a scan has shown it, and after a gap. */
  readonly mirrorCompleteSinceSeq: number | null;
  readonly sinks: readonly SinkStatus[];
}
