import type { Runtime } from "@dirsync/sdk";
import type { Doorbell } from "../model.ts";

/** A storm of rings causes at most this many looks a second, and the first of it is heard at once. */
const heedMs = 100;

/**
 * Looks after a ring that brought nothing. A webhook may be sent before its event can be read, and the next ordinary look
 * may be an hour away.
 */
const laterLooksMs = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000];

/** What a pause goes by. */
export interface PauseOptions {
  readonly doorbell: Doorbell | null;
  /** Milliseconds between looks when nobody rings. */
  readonly pollMs: number;
  readonly runtime: Runtime;
}

/** The rest at the end of the log: until the next look, or until it rings. */
export class Pause {
  readonly #options: PauseOptions;
  #looksMs: readonly number[] = [];

  constructor(options: PauseOptions) {
    this.#options = options;
  }

  /** Events came: a ring has been answered. */
  noteEvents(): void {
    this.#looksMs = [];
  }

  /** Resolves when it is time to look, `atMostMs` from now at the latest, and at once when aborted. */
  async rest(signal: AbortSignal, atMostMs = this.#options.pollMs): Promise<void> {
    const { doorbell, runtime } = this.#options;
    const pollMs = Math.min(this.#options.pollMs, atMostMs);
    if (doorbell === null) return sleep(pollMs, runtime, signal);
    const [nextMs = pollMs, ...later] = this.#looksMs;
    const restMs = Math.min(pollMs, nextMs);
    const deafMs = Math.min(restMs, heedMs);
    await sleep(deafMs, runtime, signal);
    if (signal.aborted) return;
    const isRung = await isRungWithin(restMs - deafMs, { doorbell, runtime, signal });
    this.#looksMs = isRung ? laterLooksMs : later;
  }
}

interface Wait {
  readonly doorbell: Doorbell;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}

async function isRungWithin(ms: number, { doorbell, runtime, signal }: Wait): Promise<boolean> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  signal.addEventListener("abort", stop, { once: true });
  const ring = doorbell.rung(over.signal).then(() => true);
  const time = runtime.sleep(ms, over.signal).then(() => false);
  // Whichever comes second is called off, and that is no failure.
  ring.catch(() => undefined);
  time.catch(() => undefined);
  try {
    return await Promise.race([ring, time]);
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    over.abort();
  }
}

async function sleep(ms: number, runtime: Runtime, signal: AbortSignal): Promise<void> {
  try {
    await runtime.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
