/**
 * A program that lives as long as the sink. Each event is one line of JSON on its standard input, each answer one line
 * on its standard output, in any order. How it is started, ended and started again is in `conversation.ts`.
 */
import { type DirectoryEvent, type Runtime, systemRuntime } from "@dirsync/sdk";
import type { Attempt, Sink } from "../model.ts";
import { CoProcess } from "./co-process.ts";
import { Conversation } from "./conversation.ts";
import { readAnswer } from "./pipe-answer.ts";
import { ProcessGroups, scriptCommand } from "./process-group.ts";

/** Which program to start, and with what. */
export interface PipeSinkOptions {
  /** Default `pipe`. */
  readonly name?: string;
  /** Program and arguments. No shell is involved. */
  readonly command: readonly [program: string, ...arguments_: string[]];
  /**
   * True to run the first part of `command` as a script of `/bin/sh`, with the others as `$1` and so on. Nothing of an
   * event ever becomes part of the script. Default false.
   */
  readonly shell?: boolean;
  /** The whole environment of the program. Nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** The journal's `instanceId`; lets a restart find what a killed predecessor left behind. */
  readonly instanceId: string;
  /** Milliseconds between TERM and KILL when a try's time is up. Default 5,000, which is also the most. */
  readonly killGraceMs?: number;
  /** Its log gets what the program writes to standard error. */
  readonly runtime?: Runtime;
}

/** A sink that gives events to one program that keeps running, and waits for its word on each. */
export function pipeSink(options: PipeSinkOptions): Sink {
  const { name = "pipe", command, shell = false, environment, killGraceMs } = options;
  const groups = new ProcessGroups(options.instanceId);
  const program = { command: shell ? scriptCommand(command) : command, environment, groups };
  const conversation = new Conversation(
    {
      name,
      program: program.command[0],
      killGraceMs,
      start: (listeners) => new CoProcess(program, listeners),
      lineOf,
      read: (line) => readAnswer(line, name),
    },
    options.runtime ?? systemRuntime,
  );
  return {
    name,
    deliver: (event, attempt) => conversation.deliver(event, attempt),
    close: () => conversation.close(),
  };
}

/** What some readers take for the end of a line, and JSON does not escape: Python's `splitlines`, for one. */
const lineSeparators = /[\u0085\u2028\u2029]/g;

/** Besides the event itself, what a program may want to know of the try. The id comes first, for those who read no JSON. */
function lineOf(event: DirectoryEvent, { number, seq, lane, epoch, replay }: Attempt): string {
  const line = JSON.stringify({ id: event.id, seq, attempt: number, lane, epoch, replay, event });
  return line.replaceAll(lineSeparators, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
