import type { EventSource, Journal } from "@dirsync/consumer";

/** A consumer that is wrong in a way that no change of its source can show. */
export interface Misuse {
  /** The log is read from its end on, and only once the lists have been read. */
  readonly readsLogAfterwards?: boolean;
}

/** A log of which only its end is read until the lists have been. */
export function afterwards(source: EventSource, journal: Journal): EventSource {
  let isOpen = false;
  return {
    ...source,
    read: async (after, start, signal) => {
      const page = await source.read(after, start, signal);
      if (!isOpen) {
        const status = await journal.scans.scanStatus();
        isOpen = status !== null && status.state === "complete" && !page.hasMore;
        return { ...page, events: page.events.slice(-1), hasMore: page.hasMore };
      }
      return page;
    },
  };
}
