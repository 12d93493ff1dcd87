/**
 * What the harness writes down of a simulated life, in one order. Receivers and the service write their own part; of the
 * state file only what a visitor reads from it is noted; nothing is believed because the consumer says so.
 */

/** One entry of a history. */
export type SimRecord =
  | Emit
  | Lease
  | Begin
  | End
  | Request
  | Answer
  | Commit
  | Cursor
  | Letter
  | Replay
  | Effect
  /** A visitor read from the state file that an event is parked, or is it no more. */
  | { readonly op: "parked" | "unparked"; readonly sink: string; readonly id: string }
  /** The filter of a sink failed over an event: nobody knows whether it was wanted. */
  | { readonly op: "unsure"; readonly sink: string; readonly id: string }
  | { readonly op: "kill" | "pause" | "resume" | "replaced"; readonly node: number }
  | { readonly op: "drain"; readonly node: number; readonly atMs: number }
  | Exit
  /** A write of a process that had been replaced was taken. */
  | { readonly op: "stale write"; readonly node: number; readonly epoch: number; readonly method: string }
  /** A second process was given a state file that another one held. */
  | { readonly op: "second holder"; readonly node: number }
  /** The log of the process names an event that was given up. */
  | { readonly op: "told"; readonly sink: string; readonly id: string }
  /** The clock on the wall jumped. */
  | { readonly op: "jump"; readonly ms: number }
  /** Faults are over. */
  | { readonly op: "calm" }
  /** Something that had to happen by now has not. */
  | { readonly op: "stuck"; readonly what: string };

/** An event became visible upstream. */
export interface Emit {
  readonly op: "emit";
  readonly id: string;
  /** Place in the log, from 1. */
  readonly seq: number;
}

/** A process took the state file over. */
export interface Lease {
  readonly op: "lease";
  readonly node: number;
  readonly epoch: number;
}

/** Which try at delivering which event. */
export interface TryRecord {
  readonly sink: string;
  readonly id: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly node: number;
}

/** A receiver was handed an event. */
export interface Begin extends TryRecord {
  readonly op: "begin";
  readonly seq: number;
  readonly atMs: number;
  /** The receiver was told that it is asked for once more. */
  readonly isReplay: boolean;
  /** Which of the batches it came in; null when it came alone. */
  readonly batch: number | null;
}

/**
 * A try ended at the receiver: with its effect (`ok`), without (`failed`), with its effect although the consumer was told
 * otherwise (`ambiguous`), or refused because a later process had been there before (`fenced`).
 */
export interface End extends TryRecord {
  readonly op: "end";
  readonly result: "ok" | "failed" | "ambiguous" | "fenced";
  /** The event as it was received, in canonical JSON. */
  readonly content: string;
}

/** A request reached the service. */
export interface Request {
  readonly op: "request";
  readonly node: number;
  readonly atMs: number;
}

/** The service answered. */
export interface Answer {
  readonly op: "answer";
  readonly node: number;
  readonly atMs: number;
  readonly kind: string;
  /** Last place in the log that a page without fault showed; null for every other answer. */
  readonly upTo: number | null;
  /** The service must not be asked before this. */
  readonly notBeforeMs: number | null;
}

/** A visitor read from the state file how far a sink counts as finished. */
export interface Commit {
  readonly op: "commit";
  readonly sink: string;
  readonly seq: number;
}

/** A visitor read from the state file how far the log has been read. */
export interface Cursor {
  readonly op: "cursor";
  readonly cursor: string | null;
  readonly headSeq: number;
}

/** A dead letter came to be, or a person decided about one. */
export interface Letter {
  readonly op: "dead" | "redrive" | "forced" | "discard";
  readonly sink: string;
  readonly id: string;
}

/** A person asked for events once more, and was not refused. */
export interface Replay {
  readonly op: "replay";
  readonly sink: string;
  /** The events that are what was asked for, and that the state file still has. */
  readonly matching: readonly string[];
  /** The events that the state file has marked for it. */
  readonly marked: readonly string[];
  readonly isForced: boolean;
}

/** A receiver had its side effect for an event, or was told that this is on record. */
export interface Effect {
  readonly op: "effect" | "noted";
  readonly sink: string;
  readonly id: string;
  readonly epoch: number;
}

/** A process ended by itself. */
export interface Exit {
  readonly op: "exit";
  readonly node: number;
  readonly atMs: number;
  /** True when all that was in flight had ended and was recorded. */
  readonly isClean: boolean;
  readonly why: string;
}
