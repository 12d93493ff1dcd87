import type { Runtime } from "../runtime.ts";
import { linkSignals } from "./linked-signal.ts";

/** A wait and what may end it. */
export interface Pause {
  /** Names the work in messages. */
  readonly what: string;
  readonly runtime: Runtime;
  /** Any of these ends the wait at once. Undefined ones are ignored. */
  readonly signals: readonly (AbortSignal | undefined)[];
}

/**
 * Waits `ms` by the runtime's clock.
 * @throws ConnectionError `aborted` as soon as a signal fires, also when it has fired before.
 */
export async function pause(ms: number, { what, runtime, signals }: Pause): Promise<void> {
  const { signal, release } = linkSignals(what, signals);
  try {
    signal.throwIfAborted();
    await runtime.sleep(ms, signal);
    signal.throwIfAborted();
  } finally {
    release();
  }
}
