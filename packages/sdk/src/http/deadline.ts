import { ConnectionError } from "../errors.ts";
import { linkSignals } from "./linked-signal.ts";

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
    return await new Promise<T>((resolve, reject) => {
      const giveUp = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", giveUp);
      // Whatever the work made of the signal, the caller learns why it fired. It may have fired as the work began, and then
      // nothing was heard of it.
      work(signal).then(resolve, (error: unknown) => reject((signal.aborted ? signal.reason : error) as Error));
      if (signal.aborted) giveUp();
    });
  } finally {
    clearTimeout(timer);
    release();
  }
}
