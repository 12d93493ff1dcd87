import type { DirectoryEvent } from "@dirsync/sdk";
import type { JournalEntry } from "../model.ts";

/** More than a sink that keeps up lets pile up. One that does not reads from the file. */
const heldMax = 1_000;

/**
 * Events that are in the file since a moment ago, until the first sink takes them: reading them back would cost more than
 * writing them did. Each is given once, because a sink may change what it was given.
 */
export class FreshEvents {
  readonly #events = new Map<number, DirectoryEvent>();
  #headSeq = 0;

  /** Keeps events that have been committed; the last of them is the newest one of the journal. */
  keep(events: readonly DirectoryEvent[], headSeq: number): void {
    this.#headSeq = headSeq;
    if (this.#events.size + events.length > heldMax) this.#events.clear();
    if (events.length > heldMax) return;
    for (const [index, event] of events.entries()) this.#events.set(headSeq - events.length + 1 + index, event);
  }

  /** Up to `limit` of those that follow this position without a hole. */
  take(afterSeq: number, limit: number): readonly JournalEntry[] {
    const taken: JournalEntry[] = [];
    for (let seq = afterSeq + 1; taken.length < limit; seq += 1) {
      const event = this.#events.get(seq);
      if (event === undefined) return taken;
      this.#events.delete(seq);
      taken.push({ seq, event });
    }
    return taken;
  }

  /** True when there is one to take after this position. */
  follows(afterSeq: number): boolean {
    return this.#events.has(afterSeq + 1);
  }

  /** True when nothing in the journal comes after this position. */
  isNewest(seq: number): boolean {
    return seq === this.#headSeq;
  }
}
