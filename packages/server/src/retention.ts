import type { Runtime } from "@dirsync/sdk";
import { lowestIdAt } from "./ids.ts";
import type { Data, Store } from "./store/model.ts";

/** How long events stay in the log; whichever is reached first. */
export interface KeepEvents {
  /** Default for ever. */
  readonly days?: number;
  /** How many at the most. Default any number. */
  readonly eventsMax?: number;
}

/** What retention works with. */
export interface LogRetentionOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly keep: KeepEvents;
}

const everyMs = 60 * 60 * 1_000;
const dayMs = 24 * 60 * 60 * 1_000;

/** Dropped in one transaction: more would hold writers up for a noticeable time. */
const eventsPerDrop = 1_000;

/** Drops old events, now and then. */
export class LogRetention {
  readonly #options: LogRetentionOptions;
  readonly #closed = new AbortController();
  #running: Promise<void> | null = null;

  constructor(options: LogRetentionOptions) {
    this.#options = options;
  }

  /** Begins, where anything is to be dropped. */
  start(): void {
    const { days, eventsMax } = this.#options.keep;
    if (days !== undefined || eventsMax !== undefined) this.#running ??= this.#run();
  }

  /** Finishes what is under way. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { runtime } = this.#options;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        await this.#dropOld();
      } catch (error) {
        if (signal.aborted) return;
        runtime.log.warn({ reason: String(error) }, "old events could not be dropped; will try again");
      }
      await runtime.sleep(everyMs, signal).catch(() => undefined);
    }
  }

  async #dropOld(): Promise<void> {
    const { store, runtime } = this.#options;
    const total = { events: 0, deliveries: 0 };
    for (let events = eventsPerDrop; events === eventsPerDrop && !this.#closed.signal.aborted;) {
      const dropped = await store.write(async (data) => {
        const upTo = Math.max(await this.#agedUpTo(data), await this.#tooManyUpTo(data));
        return await data.retention.drop({ upTo, limit: eventsPerDrop, nowMs: runtime.now() });
      });
      events = dropped.events;
      total.events += dropped.events;
      total.deliveries += dropped.deliveries;
    }
    if (total.deliveries > 0) {
      const text = "events were dropped before webhook endpoints had taken them; their deliveries are dead, and say so";
      runtime.log.error(total, text);
    } else if (total.events > 0) runtime.log.info(total, "old events were dropped");
  }

  async #agedUpTo(data: Data): Promise<number> {
    const { keep, runtime } = this.#options;
    return keep.days === undefined
      ? 0
      : await data.log.seqBefore(lowestIdAt("event_", runtime.now() - keep.days * dayMs));
  }

  async #tooManyUpTo(data: Data): Promise<number> {
    const { eventsMax } = this.#options.keep;
    return eventsMax === undefined ? 0 : ((await data.retention.seqBehindNewest(eventsMax)) ?? 0);
  }
}
