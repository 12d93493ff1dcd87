/**
 * One process for each event: the event as JSON on standard input, its place in environment variables.
 *
 * The process leads its own group. When its time is up the group gets TERM and, after a grace, KILL. We wait for the
 * process to exit and never for its output to close, because a grandchild may keep that open for ever.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { type DirectoryEvent, isDirsyncError, SinkError, type SinkVerdict } from "@dirsync/sdk";
import { stoppedCode } from "../attempt.ts";
import type { Attempt, Sink } from "../model.ts";
import { orphanMark } from "./orphans.ts";

/** Which program to start, and with what. */
export interface CommandSinkOptions {
  /** Default `exec`. */
  readonly name?: string;
  /** Program and arguments. No shell is involved. */
  readonly command: readonly [program: string, ...arguments_: string[]];
  /** The whole environment of the process, besides the variables that describe the event. Nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** The journal's `instanceId`; lets a restart find processes that a killed predecessor left behind. */
  readonly instanceId: string;
  /** Milliseconds between TERM and KILL when a try's time is up. Default 5,000, which is also the most. */
  readonly killGraceMs?: number;
}

/** The most as well: a dispatcher waits only a little longer before it gives the lane to another try. */
const killGraceMsMax = 5_000;

/** When the process is stopping there is no time left: the service manager's own KILL is near. */
const stopGraceMs = 1_000;

/** What an exit code asks for, after sysexits.h: EX_DATAERR gives up, EX_CONFIG halts, all others are tried again. */
const verdictByExitCode: ReadonlyMap<number, SinkVerdict> = new Map([
  [65, "dead"],
  [78, "halt"],
]);

/** A sink that starts a process for each event. Exit code 0 means done, 65 give up, 78 halt, any other try again. */
export function commandSink(options: CommandSinkOptions): Sink {
  const name = options.name ?? "exec";
  const running = new Set<ChildProcess>();
  // A process that ends without waiting for its tries must not leave hooks behind that go on working.
  const onExit = (): void => {
    for (const child of running) signalGroup(child, "SIGKILL");
  };
  return {
    name,
    async deliver(event: DirectoryEvent, attempt: Attempt): Promise<void> {
      attempt.signal.throwIfAborted();
      const child = start(event, attempt, options);
      // One listener however many hooks there are, and none while there is no hook.
      if (running.size === 0) process.on("exit", onExit);
      running.add(child);
      const onAbort = (): void => void endGroup(child, graceMsOf(attempt.signal, options));
      attempt.signal.addEventListener("abort", onAbort, { once: true });
      try {
        judge(await exitOf(child, options), name, attempt.signal);
      } catch (error) {
        // What the hook left running would overlap with the next try of the event.
        signalGroup(child, "SIGKILL");
        throw error;
      } finally {
        attempt.signal.removeEventListener("abort", onAbort);
        running.delete(child);
        if (running.size === 0) process.off("exit", onExit);
      }
    },
  };
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function start(
  event: DirectoryEvent,
  attempt: Attempt,
  { command, environment, instanceId }: CommandSinkOptions,
): ChildProcess {
  const [program, ...rest] = command;
  const child = spawn(program, rest, {
    // Own process group, so that whatever the hook starts can be ended with it.
    detached: true,
    // A hook's output goes to our standard error: standard output may be carrying events.
    stdio: ["pipe", 2, 2],
    env: {
      ...environment,
      ...orphanMark(instanceId),
      DIRSYNC_EVENT_ID: event.id,
      DIRSYNC_EVENT_TYPE: event.event,
      DIRSYNC_EVENT_SEQ: String(attempt.seq),
      DIRSYNC_EVENT_ATTEMPT: String(attempt.number),
      DIRSYNC_EVENT_LANE: attempt.lane,
      DIRSYNC_EVENT_EPOCH: String(attempt.epoch),
    },
  });
  // A hook may exit without reading its input; that is its right and shows as EPIPE here.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(JSON.stringify(event));
  return child;
}

function exitOf(child: ChildProcess, { command, name = "exec" }: CommandSinkOptions): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => {
      const message = `Sink ${name} could not start ${command[0]}: ${cause.message}.`;
      reject(new SinkError(message, { verdict: "retry", code: "command_not_started", cause }));
    });
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

function judge({ code, signal }: Exit, name: string, cut: AbortSignal): void {
  if (code === 0) return;
  const how = code === null ? `was ended by ${String(signal)}` : `exited with ${code}`;
  const verdict = (code === null ? undefined : verdictByExitCode.get(code)) ?? "retry";
  const message = `The command of sink ${name} ${how}.`;
  // Why a try was cut off is what matters; how its command ended only follows from it.
  if (verdict === "retry" && isDirsyncError(cut.reason)) {
    throw new SinkError(`${cut.reason.message} ${message}`, { verdict, code: cut.reason.code });
  }
  throw new SinkError(message, { verdict, code: "command_failed" });
}

function graceMsOf({ reason }: AbortSignal, { killGraceMs = killGraceMsMax }: CommandSinkOptions): number {
  const isStopping = isDirsyncError(reason) && reason.code === stoppedCode;
  return Math.min(killGraceMs, isStopping ? stopGraceMs : killGraceMsMax);
}

async function endGroup(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
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
