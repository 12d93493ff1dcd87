import type { ScimWriter } from "./scim-writer.ts";
import { until } from "./until.ts";

/** How far writers go. */
export interface WritingPace {
  readonly eventsPerLife: number;
  /** Lives of the service that have begun; whoever starts it anew counts on. */
  readonly lives: { readonly count: number };
}

/** Lets writers write at once, as many events as the lives of the service so far are to have, until they are stopped. */
export function keepWriting(
  writers: readonly ScimWriter[],
  { eventsPerLife, lives }: WritingPace,
): { readonly stop: () => Promise<void> } {
  const stopping = new AbortController();
  const mayGoOn = (): boolean => stopping.signal.aborted || eventsOf(writers) < eventsPerLife * lives.count;
  const done = Promise.all(
    writers.map(async (writer) => {
      while (!stopping.signal.aborted) {
        await until(mayGoOn, { what: "the next life of the service", patienceMs: 60_000 });
        await writer.step();
      }
    }),
  );
  // Whoever stops them is told.
  done.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

/** Events that the writers' changes must have made. */
export function eventsOf(writers: readonly ScimWriter[]): number {
  return writers.reduce((sum, { events }) => sum + events, 0);
}
