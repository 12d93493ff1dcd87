import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { binFile, CliProcess } from "../support/cli-process.ts";
import type { ApiAccess } from "../support/event-log.ts";
import { HistoryFile } from "../support/history.ts";
import { readStateFile } from "../support/state-file.ts";
import { until } from "../support/until.ts";

/** A receiver of `dirsync tail`, by the name of its sink. */
export type SinkName = "handlers" | "exec" | "pipe" | "stdout";

/** How a sidecar is started. */
export interface SidecarOptions {
  readonly folder: string;
  /** The service it reads from. */
  readonly access: ApiAccess;
  readonly sinks: readonly SinkName[];
  /** Another program in the place of `dirsync tail`, started with these arguments. */
  readonly program?: { readonly bin: string; readonly args: readonly string[] };
  /** The module in the place of `fixtures/handlers.ts`. */
  readonly handlersFile?: string;
}

const handlersFileDefault = fileURLToPath(new URL("fixtures/handlers.ts", import.meta.url));
const crashFile = new URL("fixtures/crash-at.mjs", import.meta.url).href;
const pipeFile = fileURLToPath(new URL("fixtures/pipe.mjs", import.meta.url));
const hookFile = fileURLToPath(new URL("fixtures/hook.sh", import.meta.url));

/** The environment of a process that ends itself at a point, and says so in a file; see `fixtures/crash-at.mjs`. */
export function crashingAt(point: string, noteFile: string): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import ${crashFile}`,
    FAULT_CRASH_AT: point,
    FAULT_CRASH_FROM: binFile,
    FAULT_CRASH_NOTE: noteFile,
  };
}

/** A `dirsync tail` that is killed and started again, with what its receivers record. */
export class Sidecar {
  readonly state: string;
  /** Where a process that crashes at a point says so, a line each time. */
  readonly crashNote: string;
  readonly histories: ReadonlyMap<SinkName, HistoryFile>;
  /** What was wrong with the state file after a kill, by kill. */
  readonly damages: string[] = [];
  /** Hooks of a killed process that the next one ended. */
  orphansEnded = 0;
  readonly #options: SidecarOptions;
  #process: CliProcess | null = null;
  #lives = 0;
  #recordsAtStart = 0;
  /** Characters of standard output that have been recorded. */
  #taken = 0;
  /** Times an event came on standard output. */
  readonly #printed = new Map<string, number>();

  constructor(options: SidecarOptions) {
    this.#options = options;
    this.state = join(options.folder, "tail.db");
    this.crashNote = join(options.folder, "crashes");
    this.histories = new Map(
      options.sinks.map((sink) => [sink, new HistoryFile(join(options.folder, `${sink}.jsonl`))]),
    );
  }

  /** Starts it once more, with further flags. */
  start(...flags: readonly string[]): void {
    this.#launch(flags, {});
  }

  /** Starts it once more; it will end itself at this point, see `fixtures/crash-at.mjs`. */
  startToCrash(point: string): void {
    this.#launch([], crashingAt(point, this.crashNote));
  }

  /** Resolves once it has crashed, and has been looked at. @throws Error when it ended in another way */
  async crashed(): Promise<void> {
    const exit = await this.#process?.exit;
    if (exit?.signal !== "SIGKILL") throw new Error(`It ended with ${String(exit?.code)}: ${String(exit?.stderr)}`);
    await this.kill();
  }

  /** True once the process started last has ended. */
  get hasEnded(): boolean {
    return this.#process?.hasEnded === true;
  }

  #launch(flags: readonly string[], environment: Readonly<Record<string, string>>): void {
    const { access, folder, program } = this.#options;
    this.#lives += 1;
    this.#process = null;
    this.#taken = 0;
    for (const history of this.histories.values()) history.append({ op: "start" });
    this.#recordsAtStart = this.#records();
    this.#process = new CliProcess([...(program?.args ?? this.#arguments()), ...flags], {
      ...(program === undefined ? {} : { bin: program.bin }),
      environment: {
        DIRSYNC_API_KEY: access.apiKey,
        DIRSYNC_BASE_URL: access.url,
        DIRSYNC_STATE: this.state,
        XDG_CACHE_HOME: folder,
        FAULT_HISTORY: this.#pathOf("handlers"),
        ...environment,
      },
    });
  }

  /** Resolves once it says that it tails. */
  async tails(): Promise<void> {
    const isTailing = (): boolean => this.#process?.stderr.includes('"msg":"tailing"') === true;
    await until(isTailing, { what: "it to tail", check: () => this.check() });
  }

  /** Resolves once it has handed something to a receiver since its last start. */
  async delivers(): Promise<void> {
    await until(() => this.#records() > this.#recordsAtStart, { what: "a first delivery", check: () => this.check() });
  }

  /** Resolves once its receivers have recorded `count` more lines, but after `patienceMs` in any case. */
  async records(count: number, patienceMs: number): Promise<void> {
    const deadlineMs = performance.now() + patienceMs;
    const records = this.#records() + count;
    const isEnough = (): boolean => this.#records() >= records || performance.now() > deadlineMs;
    await until(isEnough, { what: "more deliveries", check: () => this.check() });
  }

  /** Resolves once every receiver has `count` events. */
  async drained(count: number): Promise<void> {
    const isDrained = (): boolean => this.arrived() >= count;
    await until(isDrained, { what: `${count} events to arrive`, patienceMs: 60_000, check: () => this.check() });
  }

  /** Events that the slowest receiver has. */
  arrived(): number {
    this.#takeOutput();
    return Math.min(...[...this.histories.values()].map(({ arrived }) => arrived.size));
  }

  /** @throws Error when it has ended by itself */
  check(): void {
    if (this.#process?.hasEnded === true) throw new Error(`The sidecar ended by itself: ${this.#process.stderr}`);
  }

  /** SIGKILL, and then a look at what it left behind. */
  async kill(): Promise<void> {
    await this.end();
    for (const history of this.histories.values()) history.append({ op: "kill" });
    await this.#examine();
  }

  /** SIGTERM. Resolves to its exit code once it has drained. */
  async stop(): Promise<number | null> {
    this.#process?.signal("SIGTERM");
    return await this.exit();
  }

  /** Resolves to its exit code once it has ended by itself. */
  async exit(): Promise<number | null> {
    const exit = await this.#process?.exit;
    this.#takeOutput();
    return exit?.code ?? null;
  }

  /** Makes sure that it does not run. */
  async end(): Promise<void> {
    const process = this.#process;
    if (process === null) return;
    process.signal("SIGKILL");
    await process.gone;
    // No hook holds standard output, and all that was written to it before the kill can still be read.
    if (this.histories.has("stdout")) await process.exit;
    this.#takeOutput();
    this.orphansEnded += Number(/"orphans":(\d+)/u.exec(process.stderr)?.[1] ?? 0);
  }

  #arguments(): readonly string[] {
    const flags: Readonly<Record<SinkName, readonly string[]>> = {
      handlers: ["--handlers", this.#options.handlersFile ?? handlersFileDefault],
      exec: ["--exec", `'${hookFile}' '${this.#pathOf("exec")}'`],
      pipe: ["--pipe", `'${process.execPath}' '${pipeFile}' '${this.#pathOf("pipe")}'`],
      stdout: ["--stdout"],
    };
    return ["tail", "--json", ...this.#options.sinks.flatMap((sink) => flags[sink])];
  }

  #pathOf(sink: SinkName): string {
    return this.histories.get(sink)?.path ?? "";
  }

  /** Grows whenever a receiver is handed something. */
  #records(): number {
    this.#takeOutput();
    return [...this.histories.values()].reduce((sum, history) => sum + history.read().length, 0);
  }

  /** A line without its end was cut off by a kill: its reader does not count it as received. */
  #takeOutput(): void {
    const history = this.histories.get("stdout");
    const written = this.#process?.stdout ?? "";
    const end = written.lastIndexOf("\n") + 1;
    if (history === undefined || end <= this.#taken) return;
    const lines = written.slice(this.#taken, end - 1).split("\n");
    this.#taken = end;
    for (const line of lines) this.#recordPrinted(JSON.parse(line) as { readonly id: string }, history);
  }

  /** A line says nothing of the try it is from: it counts as one more of its event, by the process that wrote it. */
  #recordPrinted(event: { readonly id: string }, history: HistoryFile): void {
    const attempt = (this.#printed.get(event.id) ?? 0) + 1;
    this.#printed.set(event.id, attempt);
    const told = { id: event.id, epoch: this.#lives, attempt, pid: this.#process?.pid ?? 0 };
    history.append({ op: "begin", ...told });
    history.append({ op: "end", ...told, result: "ok", event });
  }

  async #examine(): Promise<void> {
    const content = existsSync(this.state) ? await readStateFile(this.state) : null;
    if (content === null) return;
    if (content.integrity !== "ok") this.damages.push(content.integrity);
    for (const { name, lowSeq } of content.status.sinks) {
      this.histories.get(name as SinkName)?.append({ op: "commit", seq: lowSeq });
    }
  }
}
