/**
 * One run of a program that lives as long as the sink: lines go in on standard input, lines come out on standard output
 * and standard error.
 *
 * Its end is over when three things are: it has exited, what it started has been killed, and what it had written has
 * been read. In that order, because whoever it started may hold its output open for ever; and the last for a while only.
 */
import type { Readable } from "node:stream";
import { type LineForm, type LineOptions, LineReader } from "./lines.ts";
import type { Exit, ProcessGroup, ProcessGroups } from "./process-group.ts";

/** What to start. */
export interface CoProcessOptions {
  readonly command: readonly [program: string, ...arguments_: string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly groups: ProcessGroups;
  /**
   * Where it answers: standard output, or a descriptor of its own, so that whatever is on standard output is no answer.
   * Standard output then is read as standard error is. Default 1.
   */
  readonly answersOn?: 1 | 3;
}

/** Who reads what it writes. */
export interface Listeners {
  /** A line of what it answers. */
  readonly onLine: (line: string, form: LineForm) => void;
  /** A line of what else it writes, cut off when it is long. */
  readonly onErrorLine: (line: string) => void;
  /** No answer can come any more, although it may still run. */
  readonly onSilent: () => void;
}

/** An answer is an id and a sentence, and a line for the log not much more; what is longer is something else. */
const answerCharactersMax = 64 * 1024;
const errorLineCharactersMax = 4 * 1024;

/** For what a program had written before it ended. Only output that somebody else holds open takes as long. */
const drainMs = 1_000;

const pipes: readonly "pipe"[] = ["pipe", "pipe", "pipe"];

/** A program that runs. */
export class CoProcess {
  readonly #group: ProcessGroup;
  /** Resolves when it runs; rejects with the reason when it cannot be started. */
  readonly started: Promise<void>;
  /** Resolves when it has ended, nothing that it started is left, and all its lines have been told. Never rejects. */
  readonly ended: Promise<Exit>;
  /** Lines of this turn are with its input, and not on their way yet. */
  #isGathering = false;

  constructor({ command, environment, groups, answersOn = 1 }: CoProcessOptions, listeners: Listeners) {
    const { onLine, onErrorLine, onSilent } = listeners;
    const group = groups.start({ command, environment, stdio: answersOn === 1 ? [...pipes] : [...pipes, "pipe"] });
    this.#group = group;
    const { child } = group;
    // It may end without reading its input; its end says so, and says more.
    child.stdin?.on("error", () => undefined);
    this.started = new Promise((resolve, reject) => {
      child.once("spawn", resolve);
      group.exited.catch(reject);
    });
    this.started.catch(() => undefined);
    const log: LineOptions = { charactersMax: errorLineCharactersMax, onLine: onErrorLine };
    const outputs = [1, 2, 3].map((descriptor) => {
      const stream = child.stdio[descriptor] as Readable | null | undefined;
      if (descriptor !== answersOn) return readLines(stream, log);
      return readLines(stream, { charactersMax: answerCharactersMax, onLine }).then(onSilent);
    });
    this.ended = this.#end(outputs);
  }

  get pid(): number | undefined {
    return this.#group.child.pid;
  }

  /** Lines of one turn of the event loop leave together: a write costs more than what is written. */
  write(line: string): void {
    const { stdin } = this.#group.child;
    if (stdin?.writable !== true) return;
    if (!this.#isGathering) {
      this.#isGathering = true;
      stdin.cork();
      process.nextTick(() => this.#flush());
    }
    // Not put together here: a text of all of them would be copied once more, and is garbage afterwards.
    stdin.write(`${line}\n`);
  }

  /** Says that no more lines come, which is how a program is asked to end. */
  closeInput(): void {
    this.#flush();
    this.#group.child.stdin?.end();
  }

  /** TERM to it and all in its group, KILL after the grace. `ended` says when that is over. */
  end(graceMs: number): void {
    this.closeInput();
    void this.#group.end(graceMs);
  }

  #flush(): void {
    if (this.#isGathering) this.#group.child.stdin?.uncork();
    this.#isGathering = false;
  }

  async #end(outputs: readonly Promise<void>[]): Promise<Exit> {
    const { exited, child } = this.#group;
    const exit = await exited.catch((): Exit => ({ code: null, signal: null }));
    await this.#group.sweep();
    const timer = setTimeout(() => {
      for (const stream of child.stdio.slice(1)) stream?.destroy();
    }, drainMs);
    await Promise.all(outputs);
    clearTimeout(timer);
    child.stdin?.destroy();
    return exit;
  }
}

/** Resolves when there is nothing more to read. */
async function readLines(stream: Readable | null | undefined, options: LineOptions): Promise<void> {
  // Not there when the program could not be started.
  if (!stream) return;
  const lines = new LineReader(options);
  stream.setEncoding("utf8");
  stream.on("data", (piece: string) => lines.push(piece));
  // Its end is reported by the process itself.
  stream.on("error", () => undefined);
  await new Promise<void>((resolve) => stream.once("close", () => resolve()));
  lines.finish();
}
