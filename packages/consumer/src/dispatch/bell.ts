import type { Runtime } from "@dirsync/sdk";

/** A ring that will come by itself. */
interface Alarm {
  readonly atMs: number;
  readonly off: AbortController;
}

/**
 * Lets one loop wait until another has something for it. A ring that nobody waits for is kept, so that what happened
 * between looking and waiting is never missed.
 */
export class Bell {
  readonly #runtime: Runtime;
  #isRung = false;
  #answer: (() => void) | null = null;
  #alarm: Alarm | null = null;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  ring(): void {
    this.#isRung = true;
    this.#answer?.();
  }

  /**
   * Resolves at the next ring, at once if it has rung since the last wait, or after `timeoutMs` when not null. May resolve
   * sooner, when the time of an earlier wait is up: whoever waits looks, and waits again.
   */
  async wait(timeoutMs: number | null): Promise<void> {
    if (!this.#isRung) {
      if (timeoutMs !== null) this.#setAlarm(timeoutMs);
      await new Promise<void>((resolve) => {
        this.#answer = resolve;
      });
      this.#answer = null;
    }
    this.#isRung = false;
  }

  /** Leaves no timer behind. Nobody waits any more. */
  close(): void {
    // Without a reason an error with a stack would be made.
    this.#alarm?.off.abort(null);
    this.#alarm = null;
  }

  /** One that comes sooner does as well: most waits end by a ring, and a timer for each costs more than looking once more. */
  #setAlarm(ms: number): void {
    const atMs = this.#runtime.now() + ms;
    if (this.#alarm !== null && this.#alarm.atMs <= atMs) return;
    this.close();
    const alarm: Alarm = { atMs, off: new AbortController() };
    this.#alarm = alarm;
    this.#runtime.sleep(ms, alarm.off.signal).then(
      () => {
        this.#alarm = null;
        this.ring();
      },
      // It was put off.
      () => undefined,
    );
  }
}
