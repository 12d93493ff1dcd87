/** The words of the torture. Types only. */
import type { DirectoryEvent } from "@dirsync/sdk";

/** An event with its place in the log, which is the fencing token that handlers see. */
export interface LogEntry {
  readonly seq: number;
  readonly event: DirectoryEvent;
}

/** A moment within a try: after so many effects have been seen, or when so many awaits have been resumed. */
export interface Point {
  readonly on: "effect" | "await";
  /** From 1 up. Await 0 is when the handler waits for the first time. */
  readonly number: number;
}

/** What is done to the delivery of one event. `at` and `beside` are places in the log. */
export type Fault =
  /** Delivered once more, in the same process. */
  | { readonly kind: "again"; readonly at: number }
  /**
   * Killed when the handler has resolved and before that is on record: it comes again, and with it the events before it
   * that were not on record either, `span` in all.
   */
  | { readonly kind: "crash_after"; readonly at: number; readonly span: number }
  /** Killed in the middle of the handler. */
  | { readonly kind: "crash_inside"; readonly at: number; readonly point: Point }
  /** The signal is aborted in the middle of the handler, and the event is tried again. */
  | { readonly kind: "cut_off"; readonly at: number; readonly point: Point }
  /** One effect fails, as when a database is busy or a disk is full; the event is tried again. */
  | { readonly kind: "refuse"; readonly at: number; readonly effect: number }
  /** Killed when the delivery is on record: it does not come again. */
  | { readonly kind: "restart"; readonly at: number }
  /** Delivered before earlier events of other lanes, as far back as `beside`. */
  | { readonly kind: "overtake"; readonly at: number; readonly beside: number }
  /** Begun while the event before it, of another lane, is under way. */
  | { readonly kind: "together"; readonly at: number; readonly beside: number }
  /** Given up as a dead letter, and redriven when everything else has been delivered. */
  | { readonly kind: "redrive"; readonly at: number };

/** The name of a fault. */
export type FaultKind = Fault["kind"];

/** What is delivered, and what goes wrong meanwhile. */
export interface Plan {
  readonly entries: readonly LogEntry[];
  readonly faults: readonly Fault[];
}

/** What a handler did while it was watched. */
export interface Trace {
  /** What was written and where, one for each effect, in order. */
  readonly effects: readonly string[];
  /** Continuations of promises until it was over. */
  readonly awaits: number;
}

/** What a handler does that no snapshot shows. */
export type TroubleKind = "fails" | "hangs" | "exits" | "late" | "unhandled" | "ignores_abort";

/** One of those, with the event it was about. */
export interface Trouble {
  readonly kind: TroubleKind;
  readonly at: number;
  readonly message: string;
}

/** How a run ended. */
export interface Observation {
  /** The app's state; undefined without a harness, or when the process did not live to tell. */
  readonly snapshot: unknown;
  readonly troubles: readonly Trouble[];
  /** By place in the log. */
  readonly traces: ReadonlyMap<number, Trace>;
}

/** One difference between two snapshots. */
export interface Difference {
  readonly path: string;
  readonly kind: "missing" | "extra" | "changed";
  readonly expected: unknown;
  readonly actual: unknown;
}

/** What was found, in one word. */
export type Verdict = "lost" | "duplicated" | "out_of_order" | TroubleKind;

/** A run that went wrong. */
export interface Failure {
  readonly verdict: Verdict;
  readonly differences: readonly Difference[];
  /** Null when only the snapshot shows it. */
  readonly trouble: Trouble | null;
}

/** A failure with the smallest plan that shows it. */
export interface Finding extends Failure {
  readonly plan: Plan;
  readonly traces: ReadonlyMap<number, Trace>;
  /** The number of the run that found it. */
  readonly run: number;
}
