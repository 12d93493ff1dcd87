/**
 * What a tail and the process that runs its handlers say to each other, a line of JSON each: questions and orders to stop
 * on the host's standard input; answers, lines for the log and signs of life on its descriptor 3.
 */
import type { SinkVerdict } from "@dirsync/sdk";
import type { Question } from "./question.ts";

/** Levels of a `Logger`. */
export const levels = ["debug", "info", "warn", "error"] as const;

/** What a host is told. */
export type HostOrder =
  | Question
  | { readonly cut: string; readonly code: string; readonly message: string }
  | HostReply;

/** What becomes of a request. */
export type HostReply =
  | { readonly reply: number; readonly has: boolean }
  | { readonly reply: number; readonly code: string; readonly message: string; readonly verdict: SinkVerdict };

/** What a host says. */
export type HostWord =
  | { readonly ready: true }
  /** The handlers cannot be loaded. */
  | { readonly unable: string }
  /** Its event loop turns. */
  | { readonly beat: true }
  | { readonly log: (typeof levels)[number]; readonly fields: object; readonly message: string }
  | { readonly ack: string }
  | HostRefusal
  | HostRequest;

/** A handler asks the record of side effects, or has something put on it. */
export interface HostRequest {
  /** Numbers it, for its reply. */
  readonly request: number;
  /** Id of the event whose handler asks. */
  readonly of: string;
  readonly what: "has" | "note";
  readonly name: string;
  readonly key: string;
}

/** A handler has failed. */
export interface HostRefusal {
  readonly nack: string;
  readonly verdict: SinkVerdict;
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** Where a host answers. */
export const hostDescriptor = 3;

/** How often it shows that it lives. */
export const beatMs = 500;
