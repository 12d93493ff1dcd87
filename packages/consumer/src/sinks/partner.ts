import type { DirectoryEvent } from "@dirsync/sdk";
import type { Attempt } from "../model.ts";
import type { CoProcess, Listeners } from "./co-process.ts";
import type { Answer } from "./pipe-answer.ts";

/** The program, and the language it speaks. */
export interface Partner {
  /** The sink's. */
  readonly name: string;
  /** What the program is called in messages. */
  readonly program: string;
  readonly killGraceMs?: number | undefined;
  /** Starts it. */
  readonly start: (listeners: Listeners) => CoProcess;
  /** What it is told about an event. */
  readonly lineOf: (event: DirectoryEvent, attempt: Attempt) => string;
  /** True when it says itself that it is ready, and gets nothing before. */
  readonly greets?: boolean;
  /** What it says with a line. */
  readonly read: (line: string) => Heard;
  /** Tells it to give a try up. A program that cannot be told is ended instead. */
  readonly cutLineOf?: (id: string, reason: unknown) => string;
}

/** What a line means. */
export type Heard =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "ready" }
  /** It cannot take anything, and says why. */
  | { readonly kind: "unable"; readonly why: string }
  /** It asks for something while it works on an event; null says that it does not any more. Never rejects. */
  | { readonly kind: "request"; readonly of: string; readonly reply: (attempt: Attempt | null) => Promise<string> }
  /** It is about no event. */
  | { readonly kind: "aside" }
  /** It is nothing that may be said; a sentence goes on with `what`. */
  | { readonly kind: "fault"; readonly what: string };
