import { ConnectionError } from "../errors.ts";

/** A signal of our own that fires with the first of several others. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Fires it for a reason of our own. */
  readonly stop: (error: ConnectionError) => void;
  /** Lets go of the other signals. Whoever links must release. */
  readonly release: () => void;
}

/**
 * Links `signals`; undefined ones are ignored. The reason is a ConnectionError `aborted` that names `what`.
 *
 * Written out instead of AbortSignal.any, which on Node 20 keeps a reference in every long-lived signal for each
 * request it ever joined: a tail that polls for months would grow without bound.
 */
export function linkSignals(what: string, signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const releases: (() => void)[] = [];
  for (const signal of signals) {
    if (signal === undefined) continue;
    const onAbort = (): void => controller.abort(abortedError(what, signal));
    if (signal.aborted) onAbort();
    releases.push(follow(signal, onAbort));
  }
  return {
    signal: controller.signal,
    stop: (error) => controller.abort(error),
    release: () => {
      for (const release of releases) release();
    },
  };
}

/**
 * Calls `onAbort` when `signal` fires, until what it returns is called. However many follow one signal, it has one listener:
 * Node warns of a leak at the eleventh, and an app passes one signal to a hundred calls.
 */
function follow(signal: AbortSignal, onAbort: () => void): () => void {
  const followers = followed.get(signal) ?? new Followers();
  followed.set(signal, followers.add(onAbort));
  // A listener that is there already is not added again.
  signal.addEventListener("abort", followers);
  return () => {
    followers.delete(onAbort);
    if (followers.size === 0) signal.removeEventListener("abort", followers);
  };
}

/** All of a signal's followers, as its one listener. */
class Followers extends Set<() => void> {
  handleEvent(): void {
    for (const follower of this) follower();
  }
}

/** Forgets a signal with the signal. */
const followed = /* @__PURE__ */ new WeakMap<AbortSignal, Followers>();

function abortedError(what: string, signal: AbortSignal): ConnectionError {
  return new ConnectionError(`${what} was aborted by its caller.`, { code: "aborted", cause: signal.reason });
}
