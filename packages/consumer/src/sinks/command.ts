/**
 * One process for each event, or for each batch: JSON on standard input, its place in environment variables, and an
 * exit code as the answer.
 */
import { type DirectoryEvent, isDirsyncError, SinkError, type SinkVerdict } from "@dirsync/sdk";
import { notStartedCode } from "../dispatch/circuit.ts";
import type { Attempt, BatchEntry, Sink } from "../model.ts";
import { batchVariables, eventVariables, type Variables } from "./hook-variables.ts";
import {
  endOf,
  errorOutput,
  type Exit,
  graceMsOf,
  killGraceMsMax,
  type ProcessGroup,
  ProcessGroups,
  scriptCommand,
  stopGraceMs,
} from "./process-group.ts";

/** Which program to start, and with what. */
export interface CommandSinkOptions {
  /** Default `exec`. */
  readonly name?: string;
  /** Program and arguments. No shell is involved. */
  readonly command: readonly [program: string, ...arguments_: string[]];
  /**
   * True to run the first part of `command` as a script of `/bin/sh`, with the others as `$1` and so on. Nothing of an
   * event ever becomes part of the script. Default false.
   */
  readonly shell?: boolean;
  /**
   * True to start one process for a whole batch and give it one event a line. Its exit code then is the answer for all
   * of them; when it is not 0, the events are tried one by one. Default false: one process for each event.
   */
  readonly batch?: boolean;
  /** The whole environment of the process, besides the variables that describe the event. Nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** The journal's `instanceId`; lets a restart find processes that a killed predecessor left behind. */
  readonly instanceId: string;
  /** What is known of our standard error, which the process writes to. Default that somebody reads it. */
  readonly reader?: OutputReader;
  /** Milliseconds between TERM and KILL when a try's time is up. Default 5,000, which is also the most. */
  readonly killGraceMs?: number;
}

/** Whoever reads our standard error. */
export interface OutputReader {
  /**
   * True once nobody does. What hooks write is then dropped: a hook that writes to nobody is ended by SIGPIPE in the middle of
   * what it does, and events would be given up because a log was closed.
   */
  readonly isGone: boolean;
  /** Writes to it, to find that out. */
  find(): Promise<void>;
}

/** What an exit code asks for, after sysexits.h: EX_DATAERR gives up, EX_CONFIG halts, all others are tried again. */
const verdictByExitCode: ReadonlyMap<number, SinkVerdict> = new Map([
  [65, "dead"],
  [78, "halt"],
]);

/** About a page of the log: starting a process costs as much as handling a hundred events. */
const batchMax = 100;

/** A sink that starts a process for each event. Exit code 0 means done, 65 give up, 78 halt, any other try again. */
export function commandSink(options: CommandSinkOptions): Sink {
  const commands = new Commands(options);
  const { name = "exec", batch = false } = options;
  const close = (): Promise<void> => commands.close();
  if (!batch) {
    return { name, deliver: (event, attempt) => commands.run(singleRun(event, attempt), attempt.signal), close };
  }
  return {
    name,
    defaults: { runMax: batchMax },
    deliver: (event, attempt) => commands.run(batchRun([{ event, attempt }]), attempt.signal),
    deliverBatch: (entries, signal) => commands.run(batchRun(entries), signal),
    close,
  };
}

/** What one process gets. */
interface Run {
  readonly input: string;
  readonly variables: Variables;
  readonly count: number;
}

function singleRun(event: DirectoryEvent, attempt: Attempt): Run {
  return { input: JSON.stringify(event), variables: eventVariables(event, attempt), count: 1 };
}

function batchRun(entries: readonly BatchEntry[]): Run {
  const lines = entries.map(({ event }) => `${JSON.stringify(event)}\n`);
  return { input: lines.join(""), variables: batchVariables(entries), count: entries.length };
}

class Commands {
  readonly #options: CommandSinkOptions;
  readonly #groups: ProcessGroups;
  readonly #running = new Set<ProcessGroup>();

  constructor(options: CommandSinkOptions) {
    this.#options = options;
    this.#groups = new ProcessGroups(options.instanceId);
  }

  async run(run: Run, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { reader } = this.#options;
    const isHeard = reader?.isGone !== true;
    try {
      await this.#runOnce(run, signal);
    } catch (error) {
      if (!isHeard || reader === undefined || !isBrokenPipe(error)) throw error;
      await reader.find();
      if (!reader.isGone || signal.aborted) throw error;
      // Not the event is at fault, nor the hook: what it has done it does again, as after any try that failed.
      await this.#runOnce(run, signal);
    }
  }

  async #runOnce(run: Run, signal: AbortSignal): Promise<void> {
    const group = this.#start(run);
    this.#running.add(group);
    const onAbort = (): void => void group.end(graceMsOf(signal, this.#options.killGraceMs));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      judge(await this.#exitOf(group), { run, name: this.#name, cut: signal });
    } catch (error) {
      // What the hook left running would overlap with the next try of the event.
      await group.sweep();
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#running.delete(group);
    }
  }

  async close(): Promise<void> {
    const { killGraceMs = killGraceMsMax } = this.#options;
    const groups = [...this.#running];
    await Promise.all(groups.map((group) => group.end(Math.min(killGraceMs, stopGraceMs))));
  }

  get #name(): string {
    return this.#options.name ?? "exec";
  }

  #start({ input, variables }: Run): ProcessGroup {
    const { command, shell = false, environment, reader } = this.#options;
    const output = reader?.isGone === true ? "ignore" : errorOutput();
    const group = this.#groups.start({
      command: shell ? scriptCommand(command) : command,
      // A hook's output goes to our standard error: standard output may be carrying events.
      stdio: ["pipe", output, output],
      environment: { ...environment, ...variables },
    });
    const { stdin } = group.child;
    // A hook may exit without reading its input; that is its right and shows as EPIPE here.
    stdin?.on("error", () => undefined);
    stdin?.end(input);
    return group;
  }

  async #exitOf({ exited }: ProcessGroup): Promise<Exit> {
    try {
      return await exited;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `Sink ${this.#name} could not start ${this.#options.command[0]}: ${reason}.`;
      throw new SinkError(message, { verdict: "retry", code: notStartedCode, cause });
    }
  }
}

/** What a shell says of a command in it that was ended by SIGPIPE. */
const brokenPipeCode = 128 + 13;

class CommandFailed extends SinkError {
  readonly exit: Exit;

  constructor(message: string, { verdict, exit }: { readonly verdict: SinkVerdict; readonly exit: Exit }) {
    super(message, { verdict, code: "command_failed" });
    this.exit = exit;
  }
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof CommandFailed && (error.exit.signal === "SIGPIPE" || error.exit.code === brokenPipeCode);
}

interface Case {
  readonly run: Run;
  readonly name: string;
  readonly cut: AbortSignal;
}

function judge(exit: Exit, { run, name, cut }: Case): void {
  const { code } = exit;
  if (code === 0) return;
  const verdict = (code === null ? undefined : verdictByExitCode.get(code)) ?? "retry";
  const message = `The command of sink ${name} ${endOf(exit)}.`;
  // Which of many events is bad only shows when each goes alone.
  if (verdict === "dead" && run.count > 1) {
    throw new SinkError(`${message} Its ${run.count} events go one by one.`, {
      verdict: "retry",
      code: "batch_refused",
    });
  }
  // Why a try was cut off is what matters; how its command ended only follows from it.
  if (verdict === "retry" && isDirsyncError(cut.reason)) {
    throw new SinkError(`${cut.reason.message} ${message}`, { verdict, code: cut.reason.code });
  }
  throw new CommandFailed(message, { verdict, exit });
}
