/**
 * The items of `pages`, one after the other. By hand, because a generator takes three turns of the queue of promises for each
 * item where one is enough, and holds the page it has given out while the next one is read.
 */
export function itemsOf<P, T>(
  pages: AsyncGenerator<P, void, undefined>,
  itemsIn: (page: P) => readonly T[],
): AsyncIterableIterator<T, undefined> {
  const none: Iterator<T, undefined> = [].values();
  let items = none;
  let turning: Promise<boolean> | null = null;

  async function turn(): Promise<boolean> {
    // An iterator that has come to its end still holds what it went over: here a page while the next one is on its way.
    items = none;
    const { done, value } = await pages.next().finally(() => {
      turning = null;
    });
    if (done !== true) items = itemsIn(value).values();
    return done === true;
  }

  return {
    async next() {
      for (;;) {
        const item = items.next();
        // Whoever asks for several items at once gets them in order: all wait for the same page.
        if (item.done !== true || (await (turning ??= turn()))) return item;
      }
    },
    async return() {
      items = none;
      return pages.return() as Promise<IteratorReturnResult<undefined>>;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
