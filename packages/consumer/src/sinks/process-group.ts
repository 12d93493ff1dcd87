/**
 * Programs that sinks start, and how to end all of what they started.
 *
 * A program leads a process group of its own. Ending it means TERM to the group, KILL to the group after a grace, and
 * then KILL to whatever left the group (`setsid` does) and is found by the mark that every descendant inherits in its
 * environment. We wait for the program to exit and never for its output to close, because a grandchild may keep that
 * open for ever.
 */
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { randomUUID } from "node:crypto";
import { isDirsyncError } from "@dirsync/sdk";
import { stoppedCode } from "../dispatch/attempt.ts";
import { endMarked, type Mark, orphanMark } from "./orphans.ts";

/** What to start. */
export interface ProgramOptions {
  /** Program and arguments. No shell is involved. */
  readonly command: readonly [program: string, ...arguments_: string[]];
  /** The whole environment besides our marks. Nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stdio: StdioOptions;
}

/** How a program ended. */
export interface Exit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One program with everything it started. */
export interface ProcessGroup {
  readonly child: ChildProcess;
  /** Resolves when the program itself has ended; rejects when it could not be started. */
  readonly exited: Promise<Exit>;
  /** TERM to the group, KILL after the grace. Resolves when the program itself has ended. */
  end(graceMs: number): Promise<void>;
  /** Kills what the program left running, in its group or out of it. */
  sweep(): Promise<void>;
}

/** The most as well: a dispatcher waits only a little longer before it gives the lane to another try. */
export const killGraceMsMax = 5_000;

/** When the process is stopping there is no time left: the service manager's own KILL is near. */
export const stopGraceMs = 1_000;

/** How long a program has between TERM and KILL when its try was cut off. */
export function graceMsOf({ reason }: { readonly reason: unknown }, killGraceMs = killGraceMsMax): number {
  const isStopping = isDirsyncError(reason) && reason.code === stoppedCode;
  return Math.min(killGraceMs, isStopping ? stopGraceMs : killGraceMsMax);
}

/** The end of a sentence about a program. */
export function endOf({ code, signal }: Exit): string {
  return code === null ? `was ended by ${String(signal)}` : `exited with ${code}`;
}

/** What a shell gets to run a script: `sh` becomes $0, so that the arguments begin at $1. */
export function scriptCommand([script, ...arguments_]: ProgramOptions["command"]): ProgramOptions["command"] {
  return ["/bin/sh", "-c", script, "sh", ...arguments_];
}

/**
 * The groups of one sink. A process that ends without waiting for its sinks takes them along.
 */
export class ProcessGroups {
  readonly #instanceId: string;
  readonly #running = new Set<ChildProcess>();
  readonly #onExit = (): void => {
    for (const child of this.#running) signalGroup(child, "SIGKILL");
  };

  /** `instanceId` is the journal's; it lets a restart find what a killed predecessor left behind. */
  constructor(instanceId: string) {
    this.#instanceId = instanceId;
  }

  /** Starts a program. Errors of its start show in `exited`. */
  start({ command, environment, stdio }: ProgramOptions): ProcessGroup {
    const [program, ...rest] = command;
    const mark: Mark = { name: "DIRSYNC_PROCESS", value: randomUUID() };
    const env = { ...environment, ...orphanMark(this.#instanceId), [mark.name]: mark.value };
    const child = spawn(program, rest, { detached: true, stdio, env });
    const exited = this.#watch(child);
    return {
      child,
      exited,
      end: (graceMs) => endGroup(child, graceMs),
      sweep: () => {
        signalGroup(child, "SIGKILL");
        return child.pid === undefined ? Promise.resolve() : endMarked(mark, child.pid);
      },
    };
  }

  #watch(child: ChildProcess): Promise<Exit> {
    // One listener however many programs there are, and none while there is none.
    if (this.#running.size === 0) process.on("exit", this.#onExit);
    this.#running.add(child);
    const done = (): void => {
      this.#running.delete(child);
      if (this.#running.size === 0) process.off("exit", this.#onExit);
    };
    return new Promise((resolve, reject) => {
      child.once("error", (cause) => {
        done();
        reject(cause);
      });
      child.once("exit", (code, signal) => {
        done();
        resolve({ code, signal });
      });
    });
  }
}

/**
 * Our standard error, for a program to write to. Node opens it when it is first asked for, at the latest when the first
 * pipe of a child is closed, and makes it non-blocking for everybody who shares it: a hook that is writing just then
 * fails with EAGAIN. Opened before the start, it is made blocking again by the start.
 */
export function errorOutput(): number {
  // A worker thread has a stream without a descriptor.
  const opened: { readonly fd?: number } = process.stderr;
  return opened.fd ?? 2;
}

async function endGroup(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // No such group: everything in it has ended.
  }
}
