import type { DirectoryEvent } from "@dirsync/sdk";
import type { WorkItem } from "../model.ts";
import { readCharactersMax } from "./read-limits.ts";
import { untried } from "./work-items.ts";

/** An event that was just written. */
export interface FreshEvent {
  readonly event: DirectoryEvent;
  /** Of its data as JSON. */
  readonly characters: number;
}

/** More than a sink that keeps up lets pile up. One that does not reads from the file. */
const heldMax = 1_000;

/**
 * Events that are in the file since a moment ago, until the first sink takes them: reading them back would cost more than
 * writing them did. Each is given once, because a sink may change what it was given.
 */
export class FreshEvents {
  readonly #events = new Map<number, FreshEvent>();
  #characters = 0;
  #headSeq = 0;

  /** Keeps events that have been committed; the last of them is the newest one of the journal. */
  keep(events: readonly FreshEvent[], headSeq: number): void {
    this.#headSeq = headSeq;
    const characters = events.reduce((sum, event) => sum + event.characters, 0);
    if (this.#events.size + events.length > heldMax || this.#characters + characters > readCharactersMax)
      this.#forget();
    if (events.length > heldMax || characters > readCharactersMax) return;
    for (const [index, event] of events.entries()) this.#events.set(headSeq - events.length + 1 + index, event);
    this.#characters += characters;
  }

  /** Up to `limit` of those that follow this position without a hole. */
  take(afterSeq: number, limit: number): readonly WorkItem[] {
    const taken: WorkItem[] = [];
    for (let seq = afterSeq + 1; taken.length < limit; seq += 1) {
      const fresh = this.#events.get(seq);
      if (fresh === undefined) return taken;
      this.#events.delete(seq);
      this.#characters -= fresh.characters;
      taken.push(untried(seq, fresh));
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

  #forget(): void {
    this.#events.clear();
    this.#characters = 0;
  }
}
