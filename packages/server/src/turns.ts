/** Lets everybody else have a turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

// Some ten milliseconds of work, whatever is done with each.
const itemsPerTurn = 250;

/** Does some of the items after the others, and lets everybody else have a turn of the event loop in between. */
export async function inTurns<T>(items: readonly T[], work: (some: readonly T[]) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += itemsPerTurn) {
    if (from > 0) await nextTurn();
    await work(items.slice(from, from + itemsPerTurn));
  }
}
