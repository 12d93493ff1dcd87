interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Turns of the event loop in which nothing may happen before that counts as a deadlock. */
const idleTurnsMax = 100;

/**
 * Time that passes only when nothing else can happen: whenever everything waits, it jumps to the next sleeper. Sleepers
 * that are due at one moment wake in the order in which they fell asleep, so that a run is the same each time.
 */
export class SimulatedClock {
  #nowMs: number;
  #sleepers: Sleeper[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Resolves `ms` later; rejects with the signal's reason as soon as it is aborted. */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const sleeper: Sleeper = { dueMs: this.#nowMs + ms, wake };
      const stop = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      function wake(): void {
        signal?.removeEventListener("abort", stop);
        resolve();
      }
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  /** Lets time pass until `done` settles. @throws Error when nothing can happen any more and it has not. */
  async runUntil<T>(done: Promise<T>): Promise<T> {
    let isDone = false;
    const noted = done.finally(() => {
      isDone = true;
    });
    noted.catch(() => undefined);
    let idleTurns = 0;
    while (!isDone) {
      await nextTurn();
      // Whoever gives everybody else a turn, as a busy dispatcher does, has its own behind ours, and time must not pass meanwhile.
      await nextTurn();
      if (isDone) break;
      idleTurns = this.#jump() ? 0 : idleTurns + 1;
      if (idleTurns > idleTurnsMax) throw new Error("Everything waits, and nothing will ever wake it.");
    }
    return noted;
  }

  #jump(): boolean {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (next === undefined || sleeper.dueMs < next.dueMs) next = sleeper;
    }
    if (next === undefined) return false;
    this.#sleepers = this.#sleepers.filter((other) => other !== next);
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    next.wake();
    return true;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
