/** Lets one in at a time, in the order in which they came. Who comes to an open door does not wait. */
export type Lock = <T>(work: () => Promise<T>) => Promise<T>;

/** A lock that nobody holds. */
export function createLock(): Lock {
  const waiting: (() => void)[] = [];
  let isHeld = false;
  return async (work) => {
    // Whoever lets go hands it over, so that nobody slips in before the one who is woken.
    if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
    isHeld = true;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) isHeld = false;
      else next();
    }
  };
}
