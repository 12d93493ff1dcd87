/**
 * Journal to lanes: keeps enough entries in memory that whatever may be delivered is there, and not more.
 *
 * Entries come in journal order. What a person asks for (a dead letter again, or what was delivered long ago) has its
 * place in that order, too: everything that is not in flight is put back and read again from the beginning. What the
 * sink does not want, and what is parked behind a dead letter, is sorted out on the way.
 */
import type { DirectoryEvent, Runtime } from "@dirsync/sdk";
import { Blocked } from "./blocked.ts";
import type { DispatchJournal } from "../journal/model.ts";
import { readCharactersMax } from "../journal/read-limits.ts";
import type { Lanes } from "./lanes.ts";
import { laneNameOf } from "../locks.ts";
import type { Locks, Outcome, Policy, Sink, WorkItem } from "../model.ts";
import { Turns } from "../turns.ts";

/** What a feed reads from, and where to. */
export interface FeedOptions {
  readonly journal: DispatchJournal;
  readonly sink: Sink;
  readonly policy: Policy;
  readonly runtime: Runtime;
  readonly lanes: Lanes;
  /** Nothing is looked through any more after this. */
  readonly drain: AbortSignal;
  /** True for the events that the sink is to get. Default all. */
  readonly wants?: ((event: DirectoryEvent) => boolean) | undefined;
  /** Repeats a transaction until the storage takes it. */
  readonly untilStored: <T>(transaction: () => Promise<T>) => Promise<T>;
}

/** Most entries held in memory. A lane that waits for its turn may fill it; then the sink takes nothing more. */
const heldMax = 10_000;
/** Entries read from the journal at once: about a page of the service, a few hundred kilobytes. */
const readMax = 500;
/** Characters of events, as JSON, that are held in memory before nothing more is read. */
const heldCharactersMax = 4 * readCharactersMax;
/** How often to look whether a person has asked for something, from another process. */
const lookMs = 1_000;

/** Reads what a sink has to do. */
export class Feed {
  /** When everybody else has a turn. */
  readonly turns: Turns;
  readonly #options: FeedOptions;
  /** Behind what nothing goes on; empty unless dead letters park. */
  #blocked = new Blocked();
  /** Something in the lanes may have become blocked. */
  #isSifting = false;
  /** Read and not wanted. */
  #skipped: WorkItem[] = [];
  /** Read and blocked. */
  #parked: WorkItem[] = [];
  #readUpTo = 0;
  #hasMore = true;
  #isReading = false;
  /** How often people had asked for something when the journal was read from its beginning; null when that is to be done. */
  #requests: number | null = null;
  #lookDueAtMs = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.turns = new Turns(options.runtime);
  }

  /** True when the journal may have something that is not in the lanes. */
  get hasMore(): boolean {
    return this.#hasMore || this.#requests === null;
  }

  /** How far the sink has come, whose mark is `lowSeq`, while nothing is at hand, being read or to be read; null otherwise. */
  restsAt(lowSeq: number): number | null {
    const isAtHand = !this.#options.lanes.isEmpty || this.#skipped.length > 0 || this.#parked.length > 0;
    return isAtHand || this.hasMore || this.#isReading ? null : Math.max(this.#readUpTo, lowSeq);
  }

  /** Nothing up to this position is read any more. */
  passOver(seq: number): void {
    this.#readUpTo = Math.max(this.#readUpTo, seq);
  }

  /** When to look for requests again, in epoch milliseconds. */
  get nextLookAtMs(): number {
    return this.#lookDueAtMs;
  }

  /** Says that the journal has grown. */
  notify(): void {
    this.#hasMore = true;
  }

  /** Says that an event was given up. */
  bury({ seq, event }: WorkItem): void {
    if (!this.#parks) return;
    this.#blocked.add(seq, this.#options.policy.locks(event));
    this.#isSifting = true;
  }

  /** Entries that were read and that the sink does not want, once. */
  takeSkipped(): readonly WorkItem[] {
    const skipped = this.#skipped;
    this.#skipped = [];
    return skipped;
  }

  /** Entries that are not to be delivered before a person has decided about one before them, once. */
  takeParked(): readonly WorkItem[] {
    if (this.#isSifting) this.#options.lanes.retain((item, locks) => !this.#park(item, locks));
    this.#isSifting = false;
    const parked = this.#parked;
    this.#parked = [];
    return parked;
  }

  /** Fills the lanes up, as far as it makes sense. */
  async refill(lowSeq: number): Promise<void> {
    const { journal, sink, runtime, lanes, untilStored } = this.#options;
    if (runtime.now() >= this.#lookDueAtMs) {
      this.#lookDueAtMs = runtime.now() + lookMs;
      const requests = await untilStored(() => journal.requests(sink.name));
      if (requests !== this.#requests) await this.#restart(lowSeq);
      this.#requests = requests;
    }
    const isFull = lanes.size > heldMax - readMax || lanes.characters >= heldCharactersMax;
    const isEnough = lanes.size >= readMax || lanes.characters >= readCharactersMax;
    // With work at hand nothing more is read; with a lane that blocks, we read past it so that others go on.
    if (!this.#hasMore || isFull || (isEnough && this.#hasDue())) return;
    // Before reading, so that a `notify` during it is not forgotten.
    this.#hasMore = false;
    this.#isReading = true;
    const items = await untilStored(() => journal.read(sink.name, this.#readUpTo, readMax));
    const isAskedAnew = await this.#isAskedAnew(items);
    // Not before: what was read and is nowhere else yet must not be taken for rest.
    this.#isReading = false;
    if (isAskedAnew) {
      this.#lookDueAtMs = 0;
      this.#hasMore = true;
      return await this.refill(lowSeq);
    }
    const characters = items.reduce((sum, item) => sum + (item.characters ?? 0), 0);
    if (items.length === readMax || characters >= readCharactersMax) this.#hasMore = true;
    for (const item of items) {
      this.#readUpTo = item.seq;
      // In flight, or ended and not recorded yet.
      if (!lanes.has(item.seq)) this.#sort(item);
      // Applied, and asked for once more before it is settled here: nothing else would bring it.
      else if (item.replay && item.attempts === 0) this.#requests = null;
    }
  }

  /** True where there is something that was asked for since the last look: what stands before it is to come first. */
  async #isAskedAnew(items: readonly WorkItem[]): Promise<boolean> {
    if (!items.some(({ replay, redriven }) => replay || redriven === true)) return false;
    const { journal, sink, untilStored } = this.#options;
    return (await untilStored(() => journal.requests(sink.name))) !== this.#requests;
  }

  get #parks(): boolean {
    return this.#options.policy.onDeadLetter === "park";
  }

  /** Reads everything again that is not in flight. */
  async #restart(lowSeq: number): Promise<void> {
    const { journal, sink, lanes, runtime, untilStored, drain } = this.#options;
    const count = await untilStored(() => journal.withdrawOvertaken(sink.name, drain));
    if (count > 0) {
      const message = "replays are given up: newer events came before them, which they would undo; --force brings them";
      runtime.log.warn({ sink: sink.name, count }, message);
    }
    lanes.retain(() => false);
    // At once, so that nobody takes the empty lanes for rest.
    this.#readUpTo = 0;
    this.#hasMore = true;
    await this.#survey(lowSeq);
  }

  /** Finds out what is blocked, and lets go what was parked and is blocked no more. */
  async #survey(lowSeq: number): Promise<void> {
    const { journal, sink, policy, runtime, untilStored, drain } = this.#options;
    this.#blocked = new Blocked();
    // Where nothing waits behind dead letters, they need not be read.
    const onlyParked = !this.#parks;
    // Once it stops, nothing is begun any more, and whoever starts again looks from the beginning.
    for (let after = 0; !drain.aborted;) {
      const kept = await untilStored(() => journal.kept(sink.name, { afterSeq: after, limit: readMax, onlyParked }));
      const finished: Outcome[] = [];
      for (const { seq, event, attempts, isParked } of kept) {
        after = seq;
        const locks = policy.locks(event);
        const stays = this.#parks && (!isParked || this.#blocked.blocks(seq, locks));
        if (stays) this.#blocked.add(seq, locks);
        else if (isParked) finished.push({ seq, result: "released", attempts, nextAtMs: 0 });
      }
      const step = { finished, started: [], lowSeq, nowMs: runtime.now() };
      if (finished.length > 0) await untilStored(() => journal.step(sink.name, step));
      if (kept.length === 0) return;
      await this.turns.give();
    }
  }

  #hasDue(): boolean {
    const { lanes, runtime } = this.#options;
    const next = lanes.nextDueAtMs();
    return next !== null && next <= runtime.now();
  }

  #sort(item: WorkItem): void {
    const { policy, lanes } = this.#options;
    if (item.isBlank === true || !this.#isWanted(item)) {
      this.#skipped.push(item);
      return;
    }
    const locks = policy.locks(item.event);
    if (!this.#park(item, locks)) lanes.add(item, locks, laneNameOf(locks, item.event));
  }

  /** Parks an entry that is blocked, which blocks what comes behind it as well. */
  #park(item: WorkItem, locks: Locks): boolean {
    if (!this.#blocked.blocks(item.seq, locks)) return false;
    this.#blocked.add(item.seq, locks);
    this.#parked.push(item);
    return true;
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
