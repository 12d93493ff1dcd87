/** How tries fail that a program has not answered. */
import { isDirsyncError, SinkError } from "@dirsync/sdk";
import { notBegunCode } from "../dispatch/attempt.ts";

/** Code of a try that the program left without an answer. */
const endedCode = "pipe_ended";

/** A program's end, as one of its tries sees it. */
export interface Unanswered {
  /** The sink's. */
  readonly name: string;
  /** The end of a sentence about the program. */
  readonly how: string;
  readonly wantsHalt: boolean;
  /** Why the try was cut off; undefined when it was not. */
  readonly reason: unknown;
}

/** The program had the event when it ended. */
export function unanswered({ name, how, wantsHalt, reason }: Unanswered): SinkError {
  const message = `The program of sink ${name} ${how}.`;
  if (wantsHalt) return new SinkError(message, { verdict: "halt", code: endedCode });
  // Why a try was cut off is what matters; how the program ended only follows from it.
  if (isDirsyncError(reason)) {
    return new SinkError(`${reason.message} ${message}`, { verdict: "retry", code: reason.code });
  }
  const unknown = "It had not answered for this event; whether it had an effect is unknown.";
  return new SinkError(`${message} ${unknown}`, { verdict: "retry", code: endedCode });
}

/** The program never had the event. */
export function notBegun(name: string, why: string): SinkError {
  return new SinkError(`Sink ${name} did not begin the try: ${why}.`, { verdict: "retry", code: notBegunCode });
}

/** An id if it looks like one: a program may answer with anything, and this goes into the log. */
export function shown(id: string): string {
  return /^[\w.:-]{1,100}$/.test(id) ? id : "an id that is none";
}
