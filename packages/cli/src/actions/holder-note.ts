import type { Journal } from "@dirsync/consumer";
import type { Runtime } from "@dirsync/sdk";
import type { Secrets } from "../secrets.ts";
import { type RefusedReload, tellRefused } from "./reload.ts";

/** Where it is written, and what must not be in it. */
export interface HolderNoteOptions {
  readonly journal: Pick<Journal, "noteHolder">;
  readonly secrets: Pick<Secrets, "redactAll">;
  readonly runtime: Runtime;
}

/**
 * What only a running tail knows, for `dirsync status`: the log of what was said a week ago is no place to look for what is at work.
 * It is kept in the state file until the next process takes that over.
 */
export class HolderNote {
  readonly #options: HolderNoteOptions;
  #refused: RefusedReload | null = null;
  #halted: readonly string[] = [];

  constructor(options: HolderNoteOptions) {
    this.#options = options;
  }

  /** A configuration was refused, or none is any more. */
  refused(refused: RefusedReload | null): void {
    this.#refused = refused;
    void this.#write();
  }

  /** A sink takes no more events. */
  halted(sink: string): void {
    this.#halted = [...this.#halted, sink];
    void this.#write();
  }

  /** All sinks begin anew. */
  begin(): void {
    if (this.#halted.length === 0) return;
    this.#halted = [];
    void this.#write();
  }

  async #write(): Promise<void> {
    const { journal, secrets, runtime } = this.#options;
    const told = [tellHalted(this.#halted), tellRefused(this.#refused)].filter((text) => text !== null);
    const text = told.length === 0 ? null : secrets.redactAll(told.join("; "));
    try {
      await journal.noteHolder(text, runtime.now());
    } catch (error) {
      // The storage is in trouble, which is told where it matters.
      runtime.log.debug({ reason: String(error) }, "could not note what is at work");
    }
  }
}

function tellHalted(sinks: readonly string[]): string | null {
  if (sinks.length === 0) return null;
  const who =
    sinks.length === 1 ? `sink ${sinks.join()} has halted and takes` : `sinks ${sinks.join(", ")} have halted and take`;
  return `${who} no more events until the tail is started again or reloaded (SIGHUP)`;
}
