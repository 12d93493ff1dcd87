import type { DirectoryEvent } from "@dirsync/sdk";
import type { Attempt } from "../model.ts";

/** What a program is told of an event and its try. */
export interface Question extends Omit<Attempt, "number" | "signal" | "cut" | "effects"> {
  readonly id: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly event: DirectoryEvent;
}

/** What some readers take for the end of a line, and JSON does not escape: Python's `splitlines`, for one. */
const separators = ["\u0085", "\u2028", "\u2029"];
const lineSeparators = /[\u0085\u2028\u2029]/g;

/** Besides the event itself, what a program may want to know of the try. The id comes first, for those who read no JSON. */
export function lineOf(event: DirectoryEvent, { number, seq, lane, epoch, replay, synthetic, late }: Attempt): string {
  const question: Question = {
    id: event.id,
    seq,
    attempt: number,
    lane,
    epoch,
    replay,
    ...(synthetic === undefined ? {} : { synthetic }),
    ...(late === undefined ? {} : { late }),
    event,
  };
  const line = JSON.stringify(question);
  // Nearly no line has one, and looking for each of them is quicker than an expression that looks at each character.
  if (!separators.some((separator) => line.includes(separator))) return line;
  return line.replaceAll(lineSeparators, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
