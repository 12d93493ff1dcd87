/** Time, randomness and logging, passed in so that tests can move the clock and read the log. */

/** Where diagnostics go. The shape is pino's: fields first, so that a secret never has to be cut out of a sentence. */
export interface Logger {
  /** What only somebody who looks for a fault wants to see. */
  debug(fields: object, message: string): void;
  /** What happened as it should. */
  info(fields: object, message: string): void;
  /** What went wrong and is being dealt with. */
  warn(fields: object, message: string): void;
  /** What somebody should look at. */
  error(fields: object, message: string): void;
}

/** What a piece of code may know of the world around it. `systemRuntime` is the real one. */
export interface Runtime {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /**
   * Milliseconds from any origin, by a clock that nobody sets, for what has to tell how much time has passed. Default
   * `now`.
   */
  readonly monotonicNow?: () => number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
  readonly log: Logger;
}

/** A logger that keeps nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Milliseconds since the Unix epoch, of this machine. Alone, so that who needs no more loads no more. */
export const systemNow: Runtime["now"] = () => Date.now();

/** The real clock and random source, with a silent log. */
export const systemRuntime: Runtime = {
  now: systemNow,
  monotonicNow: () => performance.now(),
  sleep,
  random: () => Math.random(),
  log: silentLogger,
};

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", stop, { once: true });

    function finish(): void {
      // Without this, a signal that lives as long as the process collects one listener per sleep.
      signal?.removeEventListener("abort", stop);
      resolve();
    }

    function stop(): void {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    }
  });
}
