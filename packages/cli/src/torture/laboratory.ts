import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LaneBy } from "@dirsync/consumer";
import { Subject, type SubjectOptions } from "./subject.ts";

/** How runs are carried out. */
export interface Conditions {
  readonly lane: LaneBy;
  /** A handler that takes longer hangs. */
  readonly timeoutMs: number;
  /** How long a handler may go on after its signal was aborted. */
  readonly graceMs: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/** Where runs take place: a folder for each, and processes that are started ahead of their use. */
export class Laboratory {
  readonly conditions: Conditions;
  readonly #options: SubjectOptions;
  readonly #root = mkdtempSync(join(tmpdir(), "dirsync-torture-"));
  #spare: Subject;

  constructor(options: Omit<SubjectOptions, "cacheFolder">, conditions: Conditions) {
    this.#options = { ...options, cacheFolder: join(this.#root, "compiled") };
    this.conditions = conditions;
    this.#spare = new Subject(this.#options);
  }

  /** A new empty folder. */
  folder(): string {
    return mkdtempSync(join(this.#root, "run-"));
  }

  /** A process that has done nothing yet. The caller ends it. */
  take(): Subject {
    this.conditions.signal.throwIfAborted();
    const taken = this.#spare;
    // Node needs longer to start than most runs take; the next one does that meanwhile.
    this.#spare = new Subject(this.#options);
    return taken;
  }

  /** Ends what is left and removes every folder. */
  async close(): Promise<void> {
    await this.#spare.end();
    rmSync(this.#root, { recursive: true, force: true });
  }
}
