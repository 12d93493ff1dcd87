import type { EventRow } from "../store/tables.ts";
import type { Data, Store } from "../store/model.ts";

/** A store that answers as the real one would, and keeps nothing. */
export interface DryStore extends Store {
  /** What would have been appended to the log, in its order. */
  readonly events: readonly EventRow[];
}

/** Thrown at the end of each change, so that it is taken back. */
class TakenBack extends Error {}

/** More events of one request are not shown. */
const eventsMax = 1_000;

/** A store whose changes see the real data and are taken back at their end. */
export function dryStore(store: Store): DryStore {
  const events: EventRow[] = [];
  return {
    events,
    read: (work) => store.read(work),
    copyTo: (file) => store.copyTo(file),
    takesWrites: () => store.takesWrites(),
    onGrowth: (listener) => store.onGrowth(listener),
    close: () => store.close(),
    write: async <T>(work: (data: Data) => Promise<T>): Promise<T> => {
      const done: { value: T }[] = [];
      try {
        await store.write(async (data) => {
          const above = await data.log.headSeq();
          done.push({ value: await work(data) });
          const window = { above, below: Number.MAX_SAFE_INTEGER, limit: eventsMax };
          events.push(...(await data.log.page({ names: [] }, window)));
          throw new TakenBack();
        });
      } catch (error) {
        if (!(error instanceof TakenBack)) throw error;
      }
      const [first] = done;
      if (first === undefined) throw new TypeError("A change was taken back before it was made.");
      return first.value;
    },
  };
}
