import { ConnectionError } from "../errors.ts";
import { linkSignals } from "./linked-signal.ts";
import { orAborted } from "./or-aborted.ts";

/** Longest timer Node can keep; a larger number fires at once. */
export const timerMsMax = 2 ** 31 - 1;

/** What may end a piece of work before it is done. */
export interface Deadline {
  /** Names the work in messages, for example `GET /events`. */
  readonly what: string;
  readonly timeoutMs: number;
  /** Any of these ends the work. Undefined ones are ignored. */
  readonly signals: readonly (AbortSignal | undefined)[];
}

/**
 * Runs `work` with a signal that fires when the time is up or one of the signals fires. Settles at that moment even
 * if `work` ignores its signal, so that a caller never waits for a transport that hangs.
 * @throws ConnectionError `timeout` or `aborted`.
 */
export async function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { what, timeoutMs, signals } = deadline;
  const { signal, stop, release } = linkSignals(what, signals);
  const timer = setTimeout(() => {
    stop(new ConnectionError(`${what} gave no whole answer within ${timeoutMs} ms.`, { code: "timeout" }));
  }, timeoutMs);
  try {
    signal.throwIfAborted();
    return await orAborted(work(signal), signal);
  } catch (error) {
    // Whatever the transport made of our signal, the caller learns why the signal fired.
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    release();
  }
}
