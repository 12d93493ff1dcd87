import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultPolicy } from "@dirsync/consumer";
import { expect } from "vitest";
import { checkDelivery, type Verdict } from "../support/checker.ts";
import type { CliProcess } from "../support/cli-process.ts";
import { type LogEvent, readLog } from "../support/event-log.ts";
import { explain } from "../support/explanation.ts";
import { type Begin, type End, HistoryFile, type HistoryRecord } from "../support/history.ts";
import type { Rig } from "../support/rig.ts";
import { readStateFile } from "../support/state-file.ts";
import { until } from "../support/until.ts";

/** What receives events: functions in the process of the tail, or a hook, and how that works (see `fixtures/held-hook.sh`). */
export type Receiver = "handlers" | "hook" | "stray hook" | "unmarked hook";

/** What the receiver does as long as it is told to: `before` and `after` hold it before and after its effect. */
export type Order = "before" | "after" | "refuse";

interface HowToStart {
  readonly state?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Often enough that nobody waits for it, and seldom enough that to ask is not what a tail spends its time on. */
const pollInterval = "50ms";

const handlersFile = fileURLToPath(new URL("fixtures/held-handlers.ts", import.meta.url));
const hookFile = fileURLToPath(new URL("fixtures/held-hook.sh", import.meta.url));
const mannerOf = { hook: "plain", "stray hook": "stray", "unmarked hook": "unmarked" } as const;

/** A `dirsync tail` of a rig that gets signals, with a receiver that does as it is told and records what it sees. */
export class WatchedTail {
  readonly history: HistoryFile;
  readonly rig: Rig;
  readonly #receiver: Receiver;
  readonly #flags: readonly string[];
  #process: CliProcess | null = null;

  constructor(rig: Rig, receiver: Receiver, flags: readonly string[] = []) {
    this.rig = rig;
    this.#receiver = receiver;
    this.#flags = flags;
    this.history = new HistoryFile(join(rig.folder, "history.jsonl"));
  }

  /** The process that was started last. */
  get process(): CliProcess {
    if (this.#process === null) throw new Error("No tail was started.");
    return this.#process;
  }

  /** Starts it once more, on the same state file and with nothing more in its environment unless told otherwise. */
  start({ state = this.rig.state, environment: more = {} }: HowToStart = {}): CliProcess {
    this.history.append({ op: "start" });
    const receiver =
      this.#receiver === "handlers"
        ? ["--handlers", handlersFile]
        : ["--exec", `'${hookFile}' '${this.history.path}' ${mannerOf[this.#receiver]}`];
    const environment = { FAULT_HISTORY: this.history.path, DIRSYNC_STATE: state, ...more };
    this.#process = this.rig.start(
      ["tail", "--json", "--poll", pollInterval, ...receiver, ...this.#flags],
      environment,
    );
    return this.#process;
  }

  /** From now on, the receiver does this. */
  order(order: Order): void {
    this.rig.write(`history.jsonl.${order}`, "");
  }

  /** From now on, it does not. */
  lift(order: Order): void {
    rmSync(join(this.rig.folder, `history.jsonl.${order}`), { force: true });
  }

  begins(): readonly Begin[] {
    return this.history.read().filter((record) => record.op === "begin");
  }

  ends(result: End["result"]): readonly End[] {
    return this.history.read().filter((record) => record.op === "end" && record.result === result) as readonly End[];
  }

  /** Resolves once this many tries have begun. */
  async begun(count: number): Promise<void> {
    await this.wait(() => this.begins().length >= count, `try ${count} to begin`);
  }

  /** Resolves once the whole log has arrived. */
  async caughtUp(): Promise<void> {
    const { length } = await this.log();
    await this.wait(() => this.history.arrived.size >= length, `${length} events to arrive`);
  }

  /** Resolves once it is so, while the process runs. */
  async wait(condition: () => boolean, what: string): Promise<void> {
    await until(condition, { what, patienceMs: 60_000, check: () => this.process.mustRun() });
  }

  /** Sends a signal that asks for an end. Resolves once it has been noticed. */
  async ask(signal: "SIGTERM" | "SIGINT"): Promise<void> {
    this.process.signal(signal);
    await this.process.output("stderr", /a second signal stops at once/u);
  }

  /**
   * Resolves once the process itself has ended, to its exit code: what it left behind may hold its streams open.
   * @throws Error when it has not ended after far longer than it may take
   */
  async ended(): Promise<number | null> {
    await until(() => this.process.hasEnded, { what: "an end" }).catch((error: unknown) => {
      throw new Error(`It does not end. It says: ${this.process.stderr}`, { cause: error });
    });
    return this.process.exitCode;
  }

  /** SIGTERM, and the end that it asks for. */
  async stop(): Promise<number | null> {
    this.process.signal("SIGTERM");
    return await this.ended();
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.process.signal("SIGKILL");
    await this.process.gone;
    this.noteKill();
  }

  /** What was in flight may come again from here on. */
  noteKill(): void {
    this.history.append({ op: "kill" });
  }

  /** Records what the state file calls finished, which must have arrived. */
  async noteCommit(): Promise<void> {
    if (!existsSync(this.rig.state)) return;
    const content = await readStateFile(this.rig.state);
    expect(content?.integrity).toBe("ok");
    for (const { lowSeq } of content?.status.sinks ?? []) this.history.append({ op: "commit", seq: lowSeq });
  }

  log(): Promise<readonly LogEvent[]> {
    return readLog({ url: this.rig.company.url, apiKey: this.rig.key });
  }

  /** What is to be said about everything that arrived so far. */
  async judge(history: readonly HistoryRecord[] = this.history.read()): Promise<Verdict> {
    const { attemptsMax, concurrency, runMax } = defaultPolicy;
    const log = await this.log();
    return checkDelivery({ log, history, attemptsMax, duplicatesPerKillMax: concurrency * runMax, runMax });
  }

  /** Starts it a last time, lets everything arrive, and holds it against the log. */
  async finish(): Promise<Verdict> {
    // Until then, a signal ends it as it ends any process.
    await this.start().output("stderr", /"msg":"tailing"/u);
    await this.caughtUp();
    expect(await this.stop()).toBe(0);
    await this.noteCommit();
    const verdict = await this.judge();
    expect(explain(verdict.violations, this.history.read())).toBe("");
    return verdict;
  }
}
