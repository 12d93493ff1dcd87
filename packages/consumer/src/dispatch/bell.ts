import type { Runtime } from "@dirsync/sdk";

/**
 * Lets one loop wait until another has something for it. A ring that nobody waits for is kept, so that what happened
 * between looking and waiting is never missed.
 */
export class Bell {
  readonly #runtime: Runtime;
  #isRung = false;
  #answer: (() => void) | null = null;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  ring(): void {
    this.#isRung = true;
    this.#answer?.();
  }

  /** Resolves at the next ring, at once if it has rung since the last wait, or after `timeoutMs` when not null. */
  async wait(timeoutMs: number | null): Promise<void> {
    if (!this.#isRung) {
      const over = new AbortController();
      const rung = new Promise<void>((resolve) => {
        this.#answer = resolve;
      });
      const waits = timeoutMs === null ? [rung] : [rung, this.#sleep(timeoutMs, over.signal)];
      await Promise.race(waits);
      this.#answer = null;
      // Without a reason an error with a stack would be made each time.
      over.abort(null);
    }
    this.#isRung = false;
  }

  async #sleep(timeoutMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#runtime.sleep(timeoutMs, signal);
    } catch {
      // Cut short by a ring: there is nothing more to wait for.
    }
  }
}
