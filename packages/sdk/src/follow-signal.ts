/** Lets go of a signal. */
type Release = () => void;

/**
 * Calls `onAbort` when `signal` fires; not for a signal that has fired before. Whoever follows must release. However many
 * follow one signal, it has one listener: Node warns of a leak at the eleventh, and an app passes one signal to a hundred
 * calls.
 */
export const followSignal = /* @__PURE__ */ createFollowing();

function createFollowing(): (signal: AbortSignal, onAbort: () => void) => Release {
  const followed = new WeakMap<AbortSignal, Following>();
  return (signal, onAbort) => {
    const following = followed.get(signal) ?? listenTo(signal);
    followed.set(signal, following);
    // A function of its own for each follower, so that one that follows twice is called twice and released once.
    const follower = (): void => onAbort();
    following.followers.add(follower);
    return () => {
      following.followers.delete(follower);
      if (following.followers.size > 0) return;
      following.end();
      if (followed.get(signal) === following) followed.delete(signal);
    };
  };
}

interface Following {
  readonly followers: Set<() => void>;
  readonly end: () => void;
}

function listenTo(signal: AbortSignal): Following {
  const followers = new Set<() => void>();
  const onAbort = (): void => {
    for (const follower of followers) follower();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return { followers, end: () => signal.removeEventListener("abort", onAbort) };
}
