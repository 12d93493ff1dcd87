/**
 * SQLite answers at once, and so may a sink: then a loop goes on from promise to promise, and the event loop never turns. No
 * signal would be heard, no probe answered and no page read until it comes to its end.
 */
import type { Runtime } from "@dirsync/sdk";

/** How long a loop goes on before it lets everybody else have a turn: a request takes several, and should not wait for long. */
const withoutTurnMs = 10;

/** Lets everybody else have a turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Tells a loop when it is time for a turn of everybody else. */
export class Turns {
  readonly #now: () => number;
  #lastMs: number;

  constructor({ now, monotonicNow = now }: Pick<Runtime, "now" | "monotonicNow">) {
    this.#now = monotonicNow;
    this.#lastMs = this.#now();
  }

  /** Null while there is time, which costs a loop no wait. */
  give(): Promise<void> | null {
    const nowMs = this.#now();
    // Also where the clock was set back: it must not be awaited.
    if (Math.abs(nowMs - this.#lastMs) < withoutTurnMs) return null;
    return nextTurn().then(() => {
      this.#lastMs = this.#now();
    });
  }
}
