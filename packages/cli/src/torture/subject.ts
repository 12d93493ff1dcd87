import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { ConfigError, systemRuntime } from "@dirsync/sdk";
import { tortureChildFile } from "../assets.ts";
import { type Order, type Report, reportDescriptor } from "./protocol.ts";

/** How processes are started. */
export interface SubjectOptions {
  readonly file: string;
  readonly cacheFolder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Last characters of what the handlers wrote to standard error that are kept. */
const wordsCharactersMax = 2_000;
/** Loading, emptying and looking take longer than this only when they never end. */
const answerMsMax = 60_000;

/** A process with the handlers in it. */
export class Subject {
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #options: SubjectOptions;
  #listener: (report: Report) => void = () => undefined;
  #words = "";

  /** Starts a process that does not have the handlers yet. */
  constructor(options: SubjectOptions) {
    this.#options = options;
    // A group of its own, so that Ctrl-C does not reach it and that whatever it starts ends with it.
    this.#child = spawn(process.execPath, [tortureChildFile], {
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "ipc", "pipe"],
      env: options.environment,
    });
    this.ended = once(this.#child, "close").then((end) => {
      const [code, signal] = end as [Ending["code"], Ending["signal"]];
      return { code, signal };
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#words = `${this.#words}${text}`.slice(-wordsCharactersMax);
    });
    // An order to a process that has just died fails; its end says so, too.
    this.#child.on("error", () => undefined);
    const reports = createInterface({ input: this.#child.stdio[reportDescriptor] as Readable });
    reports.on("line", (line) => this.#listener(JSON.parse(line) as Report));
  }

  /** What the handlers wrote to standard error last. */
  get words(): string {
    return this.#words.trim();
  }

  /** Sends an order. */
  tell(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => undefined);
  }

  /** Hands every report from now on to `listener`. */
  listen(listener: (report: Report) => void): void {
    this.#listener = listener;
  }

  /** Loads the handlers, with `folder` as the working directory. @throws ConfigError when that fails. */
  async load(folder: string): Promise<{ readonly hasHarness: boolean }> {
    const { file, cacheFolder } = this.#options;
    const report = await this.#ask({ order: "load", folder, file, cacheFolder }, "loaded");
    return { hasHarness: report.hasHarness };
  }

  /** Empties the app. @throws ConfigError when the module's own function fails. */
  async reset(): Promise<void> {
    await this.#ask({ order: "reset" }, "reset");
  }

  /** The app's state. @throws ConfigError when the module's own function fails. */
  async snapshot(): Promise<unknown> {
    return (await this.#ask({ order: "snapshot" }, "snapshot")).snapshot;
  }

  /** Ends it and all it started. */
  async end(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined) return;
    try {
      // The group may outlive its first process.
      process.kill(-pid, "SIGKILL");
    } catch {
      if (exitCode === null && signalCode === null) this.#child.kill("SIGKILL");
    }
    await this.ended;
  }

  async #ask<K extends Report["report"]>(order: Order, kind: K): Promise<Report & { readonly report: K }> {
    const answer = new Promise<Report>((resolve) => {
      this.#listener = (report) => {
        if (report.report === kind || report.report === "failed") resolve(report);
      };
    });
    this.tell(order);
    const over = new AbortController();
    const overdue = systemRuntime.sleep(answerMsMax, over.signal).then(
      () => ({ report: "failed", message: `no answer within ${answerMsMax / 1_000} s` }) as const,
      // Answered.
      () => new Promise<never>(() => undefined),
    );
    const report = await Promise.race([answer, this.ended, overdue]).finally(() => over.abort());
    if ("code" in report)
      throw this.#broken(`the process ended meanwhile (${describeEnding(report)}). ${this.words}`, order);
    if (report.report === "failed") throw this.#broken(report.message, order);
    if (report.report !== kind) throw this.#broken(`it answered ${report.report}`, order);
    return report as Report & { readonly report: K };
  }

  #broken(reason: string, { order }: Order): ConfigError {
    const { file } = this.#options;
    const what = order === "load" ? `Cannot load ${file}` : `torture.${order}() of ${file} failed`;
    return new ConfigError(order === "load" && reason.includes(file) ? reason : `${what}: ${reason}`, {
      where: "--handlers",
    });
  }
}

/** How a process ended, in words. */
export function describeEnding({ code, signal }: Ending): string {
  return signal === null ? `exit code ${String(code)}` : `signal ${signal}`;
}
