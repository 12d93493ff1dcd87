/** Journal to lanes: keeps enough entries in memory that whatever may be delivered is there, and not more. */
import type { DirectoryEvent, Runtime } from "@dirsync/sdk";
import type { Journal } from "./journal/model.ts";
import type { Lanes } from "./lanes.ts";
import { laneNameOf } from "./locks.ts";
import type { Policy, Sink, WorkItem } from "./model.ts";

/** What a feed reads from, and where to. */
export interface FeedOptions {
  readonly journal: Journal;
  readonly sink: Sink;
  readonly policy: Policy;
  readonly runtime: Runtime;
  readonly lanes: Lanes;
  /** True for the events that the sink is to get. Default all. */
  readonly wants?: ((event: DirectoryEvent) => boolean) | undefined;
  /** Repeats a transaction until the storage takes it. */
  readonly untilStored: <T>(transaction: () => Promise<T>) => Promise<T>;
}

/** Most entries held in memory. A lane that waits for its turn may fill it; then the sink takes nothing more. */
const heldMax = 10_000;
/** Entries read from the journal at once: about a page of the service, a few hundred kilobytes. */
const readMax = 500;
/** How often to look for dead letters that a person asked to be tried again, from another process. */
const redriveLookMs = 1_000;

/** Reads what a sink has to do. */
export class Feed {
  readonly #options: FeedOptions;
  /** Redriven dead letters that are in a lane or in flight. */
  readonly #redriving = new Set<number>();
  /** Read and not wanted. */
  #skipped: WorkItem[] = [];
  #readUpTo = 0;
  #hasMore = true;
  #redriveDueAtMs = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** True when the journal may have something that is not in the lanes. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** When to look for redriven letters again, in epoch milliseconds. */
  get nextLookAtMs(): number {
    return this.#redriveDueAtMs;
  }

  /** Says that the journal has grown. */
  notify(): void {
    this.#hasMore = true;
  }

  /** Entries that were read and that the sink does not want, once. */
  takeSkipped(): readonly WorkItem[] {
    const skipped = this.#skipped;
    this.#skipped = [];
    return skipped;
  }

  /** Says that an entry is finished. */
  settle(seq: number): void {
    this.#redriving.delete(seq);
  }

  /** Fills the lanes up, as far as it makes sense. */
  async refill(lowSeq: number): Promise<void> {
    const { journal, sink, runtime, lanes, untilStored } = this.#options;
    if (runtime.now() >= this.#redriveDueAtMs) {
      this.#redriveDueAtMs = runtime.now() + redriveLookMs;
      const redriven = await untilStored(() => journal.takeRedriven(sink.name, this.#redriving, readMax));
      for (const item of redriven) {
        this.#redriving.add(item.seq);
        this.#enqueue(item);
      }
    }
    const isFull = lanes.size > heldMax - readMax;
    // With work at hand nothing more is read; with a lane that blocks, we read past it so that others go on.
    if (!this.#hasMore || isFull || (lanes.size >= readMax && this.#hasDue())) return;
    // Before reading, so that a `notify` during it is not forgotten.
    this.#hasMore = false;
    // What a predecessor had finished above the mark has no work row any more once the mark has passed it, and would
    // look like events never tried.
    const after = Math.max(this.#readUpTo, lowSeq);
    const items = await untilStored(() => journal.read(sink.name, after, readMax));
    if (items.length === readMax) this.#hasMore = true;
    for (const item of items) {
      this.#readUpTo = item.seq;
      this.#enqueue(item);
    }
  }

  #hasDue(): boolean {
    const { lanes, runtime } = this.#options;
    const next = lanes.nextDueAtMs();
    return next !== null && next <= runtime.now();
  }

  #enqueue(item: WorkItem): void {
    const { policy, lanes } = this.#options;
    if (!this.#isWanted(item)) {
      this.#skipped.push(item);
      return;
    }
    const locks = policy.locks(item.event);
    lanes.add(item, locks, laneNameOf(locks, item.event));
  }

  /** A filter that fails has not said no, and an event that was not wanted does less harm than one that is missing. */
  #isWanted({ event, seq }: WorkItem): boolean {
    const { wants, sink, runtime } = this.#options;
    try {
      return wants?.(event) ?? true;
    } catch (error) {
      const fields = { sink: sink.name, event_id: event.id, seq, reason: String(error) };
      runtime.log.warn(fields, "the filter of the sink failed; the event is delivered");
      return true;
    }
  }
}
