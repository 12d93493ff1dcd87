import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The built command, as a user starts it. `npm test` builds it first. */
export const binFile = join(
  dirname(createRequire(import.meta.url).resolve("@dirsync/cli/package.json")),
  "bin/dirsync.js",
);

/** How a command is started. */
export interface CliOptions {
  /** Variables besides PATH. Nothing else is inherited, so that a test does not depend on who runs it. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Default: the built command of this checkout. */
  readonly bin?: string;
  /** A shell line that starts `"$0" "$@"` under conditions of its own, such as a limit. */
  readonly shell?: string;
  /** User and group to run as, where the tests themselves run as root. */
  readonly user?: number;
}

/** How a command ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest wait for a line or an end: far beyond what any command needs, so that a hanging test says so itself. */
const patienceMs = 60_000;

/** A `dirsync` command as a real process, with everything it writes. */
export class CliProcess {
  readonly pid: number;
  /** Resolves when the process has ended and both streams are read to their ends. */
  readonly exit: Promise<Exit>;
  /** Resolves when the process itself has ended, even while processes it left behind hold its streams open. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  readonly #written = { stdout: "", stderr: "" };

  constructor(args: readonly string[], options: CliOptions = {}) {
    const command = [process.execPath, options.bin ?? binFile, ...args];
    const [program = "", ...rest] = options.shell === undefined ? command : ["sh", "-c", options.shell, ...command];
    const child = spawn(program, rest, {
      cwd: options.folder,
      env: { PATH: process.env["PATH"] ?? "", ...options.environment },
      ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
    });
    if (child.pid === undefined) throw new Error(`Cannot start ${process.execPath}.`);
    this.pid = child.pid;
    this.#child = child;
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        this.#written[name] += text;
      });
    }
    this.exit = this.#ended();
    this.gone = once(child, "exit").then(() => undefined);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Its exit code; null until it has ended, and when a signal ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** @throws Error when it has ended by itself */
  mustRun(): void {
    if (this.hasEnded) throw new Error(`It ended by itself: ${this.stderr}`);
  }

  /** Everything written to standard output so far. */
  get stdout(): string {
    return this.#written.stdout;
  }

  /** Everything written to standard error so far. */
  get stderr(): string {
    return this.#written.stderr;
  }

  /** Resolves once what has been written to `stream` matches; rejects when the process ends or nothing comes. */
  async output(stream: "stdout" | "stderr", pattern: RegExp): Promise<string> {
    const source = stream === "stdout" ? this.#child.stdout : this.#child.stderr;
    const signal = AbortSignal.timeout(patienceMs);
    const ended = this.exit.then(() => "ended" as const);
    while (!pattern.test(this.#written[stream])) {
      const news = source === null ? ended : once(source, "data", { signal });
      if ((await Promise.race([ended, news])) === "ended" && !pattern.test(this.#written[stream])) {
        throw new Error(`It ended without writing ${String(pattern)} to ${stream}.\n${this.stdout}\n${this.stderr}`);
      }
    }
    return this.#written[stream];
  }

  /** Sends a signal; one that comes too late has no effect. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Stops reading standard output, as `| head` does when it has seen enough. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  /** Stops reading standard error, as a log that has died does. */
  closeStderr(): void {
    this.#child.stderr?.destroy();
  }

  /** Ends the process, however it feels about it. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exit;
  }

  async #ended(): Promise<Exit> {
    const [code, signal] = (await once(this.#child, "close")) as [number | null, NodeJS.Signals | null];
    return { code, signal, ...this.#written };
  }
}

/** Runs a command to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<Exit> {
  return new CliProcess(args, options).exit;
}
