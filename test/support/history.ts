/**
 * What a receiver saw, as JSON lines in one file.
 *
 * The file's order is the history's order: receivers and the harness append whole lines with O_APPEND, so that of two
 * records the one written later stands later, whichever process wrote it. A write that has returned survives SIGKILL of
 * the writer, because the page cache belongs to the kernel; only a power cut could take it back.
 */
import { appendFileSync, closeSync, openSync, readSync, statSync } from "node:fs";

/** Which try at delivering which event a record is about, in the words the receiver was told. */
export interface Try {
  readonly id: string;
  /** Absent where the receiver is not told: on standard output. */
  readonly seq?: number;
  readonly epoch: number;
  readonly attempt: number;
  /** Process the effect happens in. */
  readonly pid: number;
}

/** The receiver was handed an event and has done nothing yet. */
export interface Begin extends Try {
  readonly op: "begin";
}

/** The receiver's effect is durable (`ok`), or it refused the event (`failed`). */
export interface End extends Try {
  readonly op: "end";
  readonly result: "ok" | "failed";
  /** The event as it was received. */
  readonly event?: unknown;
}

/** The harness started the consumer, or has seen it die of SIGKILL. */
export interface Life {
  readonly op: "start" | "kill";
}

/** After a kill, the harness read from the state file that the sink claims to have finished everything up to `seq`. */
export interface Commit {
  readonly op: "commit";
  readonly seq: number;
}

/** The harness read from the state file that the sink gave an event up. */
export interface Dead {
  readonly op: "dead";
  readonly id: string;
}

/** One line of a history. A history is about one sink. */
export type HistoryRecord = Begin | End | Life | Commit | Dead;

const readBytes = 256 * 1024;
const newline = 10;

/** A history that is still being written. */
export class HistoryFile {
  readonly path: string;
  readonly #records: HistoryRecord[] = [];
  readonly #arrived = new Set<string>();
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.path = path;
  }

  /** Ids of the events that have arrived so far. */
  get arrived(): ReadonlySet<string> {
    this.read();
    return this.#arrived;
  }

  append(record: HistoryRecord): void {
    appendFileSync(this.path, `${JSON.stringify(record)}\n`);
  }

  /** Everything written so far. @throws SyntaxError for a line that is not JSON: no receiver of ours is cut off in one. */
  read(): readonly HistoryRecord[] {
    // Asked hundreds of times a second, mostly for nothing.
    const size = statSync(this.path, { throwIfNoEntry: false })?.size;
    if (size === undefined || size === this.#offset) return this.#records;
    const descriptor = openSync(this.path, "r");
    try {
      const chunk = Buffer.alloc(readBytes);
      for (;;) {
        const bytes = readSync(descriptor, chunk, 0, readBytes, this.#offset);
        if (bytes === 0) return this.#records;
        this.#offset += bytes;
        this.#take(Buffer.concat([this.#rest, chunk.subarray(0, bytes)]));
      }
    } finally {
      closeSync(descriptor);
    }
  }

  #take(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      const record = JSON.parse(bytes.toString("utf8", start, end)) as HistoryRecord;
      this.#records.push(record);
      if (record.op === "end" && record.result === "ok") this.#arrived.add(record.id);
      start = end + 1;
    }
    this.#rest = bytes.subarray(start);
  }
}
