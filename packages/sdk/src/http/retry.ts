import pRetry from "p-retry";
import type { ApiError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { errorCodeOf } from "./hooks.ts";
import { pause } from "./pause.ts";

/** Official clients start at 500 ms and stop growing at 8 s; a service tuned for them is not surprised by us. */
const backoffFirstMs = 500;
const backoffMaxMs = 8_000;

/** A service that asks for longer gets its error passed on at once: whoever called decides whether to wait `retryAfterMs`. */
const retryAfterWaitMsMax = 60_000;

/** How a call is repeated. */
export interface RetryOptions {
  /** Names the work in messages. */
  readonly what: string;
  /** Tries after the first one. 0 means that nothing is repeated. */
  readonly retriesMax: number;
  /** Whether repeating can help and cannot do harm. */
  readonly mayRetry: (error: unknown) => boolean;
  /** Any of these ends a wait at once. */
  readonly signals: readonly (AbortSignal | undefined)[];
  readonly runtime: Runtime;
  /** Told before each wait. */
  readonly onRetry?: (error: unknown, waitMs: number) => void;
}

/**
 * Runs `attempt` until it succeeds, may not be repeated, or the retries are used up; then its last error is thrown as
 * it is. Between two tries it waits by `delayMs`.
 * @throws ConnectionError `aborted` when a signal fires during a wait.
 */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  let failure: unknown;
  try {
    return await attempt();
  } catch (error) {
    failure = error;
  }
  // Only now: nearly every call is done at the first try, and does not pay for those that are not.
  return pRetry(
    async (number) => {
      if (number === 1) throw failure;
      await waitFor(number - 1, failure, options);
      return attempt();
    },
    {
      retries: options.retriesMax,
      // p-retry cannot obey Retry-After, and its jitter is not full: it is left to count, and the waiting is done here.
      minTimeout: 0,
      shouldRetry: ({ error }) => {
        failure = error;
        return askedMs(error) <= retryAfterWaitMsMax && options.mayRetry(error);
      },
    },
  );
}

/**
 * Wait before retry number `retry` (1 for the first): full jitter under an exponential ceiling, so that clients that
 * failed together do not come back together. What the service asked for is waited in full, with the jitter on top.
 */
export function delayMs(retry: number, leastMs: number, random: number): number {
  const ceilingMs = Math.min(backoffFirstMs * 2 ** (retry - 1), backoffMaxMs);
  return Math.round(leastMs + random * ceilingMs);
}

/** Of an error that p-retry has passed on, which makes errors of everything else. */
function askedMs(error: unknown): number {
  return (error as Partial<ApiError>).retryAfterMs ?? 0;
}

async function waitFor(retry: number, error: unknown, options: RetryOptions): Promise<void> {
  const waitMs = delayMs(retry, askedMs(error), options.runtime.random());
  const { what, runtime } = options;
  runtime.log.debug({ what, retry, waitMs, code: errorCodeOf(error) }, "trying again");
  options.onRetry?.(error, waitMs);
  await pause(waitMs, options);
}
