/**
 * A program that lives as long as the sink. Each event is one line of JSON on its standard input, each answer one line
 * on its standard output, in any order. How it is started, ended and started again is in `conversation.ts`.
 */
import { type Runtime, systemRuntime } from "@dirsync/sdk";
import type { Sink } from "../model.ts";
import { CoProcess } from "./co-process.ts";
import { Conversation } from "./conversation.ts";
import { readAnswer } from "./pipe-answer.ts";
import { ProcessGroups, scriptCommand } from "./process-group.ts";
import { lineOf } from "./question.ts";

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

const advice = "Standard output is for answers only; print everything else to standard error";

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
      read: (line) => {
        const answer = readAnswer(line, name);
        return typeof answer === "string"
          ? { kind: "fault", what: `${answer}. ${advice}` }
          : { kind: "answer", answer };
      },
    },
    options.runtime ?? systemRuntime,
  );
  return {
    name,
    deliver: (event, attempt) => conversation.deliver(event, attempt),
    close: () => conversation.close(),
  };
}
