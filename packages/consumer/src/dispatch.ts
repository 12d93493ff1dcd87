/**
 * Journal to one sink.
 *
 * An entry is `new` until a try begins, then `inflight`; the try ends in `delivered`, `wait` (to be tried again, at
 * the head of its lane) or `dead`. The begin of a try is durable before the try starts, so an event that kills the
 * process still uses up its budget. One transaction per turn of the loop holds everything that ended and everything
 * that begins, which is what makes durability cheap. This is the only code that moves a low-water mark.
 *
 * The loop ends when `finish` is rung with nothing left to do, when `drain` fires and the tries in flight have ended,
 * or when the sink halts.
 */
import { isDirsyncError, type Runtime } from "@dirsync/sdk";
import { attempt, type AttemptContext } from "./attempt.ts";
import { Bell } from "./bell.ts";
import type { Journal } from "./journal/model.ts";
import { type LaneItem, Lanes } from "./lanes.ts";
import type { Failure, Outcome, Policy, Sink, WorkItem } from "./model.ts";
import { Tracker } from "./tracker.ts";

/** What a dispatcher tells whoever watches it. */
export interface DispatchReport {
  readonly sink: string;
  readonly delivered: number;
  readonly dead: number;
  /** Why the sink stopped taking events; null when it did not halt. */
  readonly halted: Failure | null;
}

export interface DispatchOptions {
  readonly journal: Journal;
  readonly sink: Sink;
  readonly policy: Policy;
  readonly runtime: Runtime;
  /** No try begins after this; those in flight may end. */
  readonly drain: AbortSignal;
  /** Tries in flight are cut off. */
  readonly stop: AbortSignal;
}

/** Most entries held in memory. A lane that waits for its turn may fill it; then the sink takes nothing more. */
const heldMax = 10_000;
/** Entries read from the journal at once: about a page of the service, a few hundred kilobytes. */
const readMax = 500;
/** How often to look for dead letters that a person asked to be tried again, from another process. */
const redriveLookMs = 1_000;
/** How long to wait before asking a full disk or a busy file again. */
const storageRetryMs = 500;

interface Ended {
  readonly taken: LaneItem;
  readonly outcome: Outcome;
}

export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #bell: Bell;
  readonly #lanes = new Lanes();
  readonly #redriving = new Set<number>();
  #tracker = new Tracker(0, []);
  #readUpTo = 0;
  #inFlight = 0;
  #ended: Ended[] = [];
  #hasMore = true;
  #redriveDueAtMs = 0;
  #isFinishing = false;
  #delivered = 0;
  #dead = 0;
  #halted: Failure | null = null;

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#bell = new Bell(options.runtime);
  }

  /** True once the sink takes no more events. */
  get isHalted(): boolean {
    return this.#halted !== null;
  }

  /** Says that the journal has grown. */
  notify(): void {
    this.#hasMore = true;
    this.#bell.ring();
  }

  /** Lets the loop end once everything in the journal is finished. */
  finish(): void {
    this.#isFinishing = true;
    this.#bell.ring();
  }

  /** Runs until finished, drained or halted. Rejects only when the journal cannot be used any more. */
  async run(): Promise<DispatchReport> {
    const { journal, sink, drain } = this.#options;
    const ring = (): void => this.#bell.ring();
    drain.addEventListener("abort", ring);
    try {
      const { lowSeq, finishedAbove } = await journal.addSink(sink.name);
      this.#tracker = new Tracker(lowSeq, finishedAbove);
      this.#readUpTo = lowSeq;
      while (await this.#turn());
    } finally {
      drain.removeEventListener("abort", ring);
    }
    return { sink: sink.name, delivered: this.#delivered, dead: this.#dead, halted: this.#halted };
  }

  /** One turn of the loop. Resolves to false when there is nothing left to do for good. */
  async #turn(): Promise<boolean> {
    const { runtime, drain, policy } = this.#options;
    const isStopping = drain.aborted || this.#halted !== null;
    if (!isStopping) await this.#refill();
    const ended = this.#ended.splice(0);
    this.#settle(ended);
    const started = isStopping ? [] : this.#lanes.take(runtime.now(), policy.concurrency - this.#inFlight);
    if (ended.length > 0 || started.length > 0) {
      await this.#record(ended, started);
      for (const taken of started) this.#begin(taken);
      return true;
    }
    if (isStopping && this.#inFlight === 0) return false;
    if (this.#isFinishing && this.#inFlight === 0 && this.#lanes.size === 0 && !this.#hasMore) return false;
    await this.#bell.wait(isStopping ? null : this.#idleMs());
    return true;
  }

  async #refill(): Promise<void> {
    const { journal, sink, runtime } = this.#options;
    if (runtime.now() >= this.#redriveDueAtMs) {
      this.#redriveDueAtMs = runtime.now() + redriveLookMs;
      for (const item of await journal.readRedriven(sink.name, readMax)) {
        if (this.#redriving.has(item.seq)) continue;
        this.#redriving.add(item.seq);
        this.#enqueue(item);
      }
    }
    const isFull = this.#lanes.size > heldMax - readMax;
    // With work at hand nothing more is read; with a lane that blocks, we read past it so that others go on.
    if (!this.#hasMore || isFull || (this.#lanes.size >= readMax && this.#hasDue())) return;
    const items = await journal.read(sink.name, this.#readUpTo, readMax);
    this.#hasMore = items.length === readMax;
    for (const item of items) {
      this.#readUpTo = item.seq;
      this.#enqueue(item);
    }
  }

  #hasDue(): boolean {
    const next = this.#lanes.nextDueAtMs();
    return next !== null && next <= this.#options.runtime.now();
  }

  #enqueue(item: WorkItem): void {
    this.#lanes.add(this.#options.policy.lane(item.event), item);
  }

  #settle(ended: readonly Ended[]): void {
    for (const { taken, outcome } of ended) {
      this.#inFlight -= 1;
      if (outcome.result === "retry") {
        const { lane, item } = taken;
        this.#lanes.putBack(lane, { ...item, attempts: item.attempts + 1, nextAtMs: outcome.nextAtMs });
        if (outcome.failure.verdict === "halt") this.#halt(outcome.failure, taken);
        continue;
      }
      this.#lanes.settle(taken.lane);
      this.#redriving.delete(taken.item.seq);
      this.#tracker.finish(taken.item.seq);
      if (outcome.result === "dead") this.#bury(outcome.failure, taken);
      else this.#delivered += 1;
    }
  }

  #bury(failure: Failure, { item }: LaneItem): void {
    const { sink, policy, runtime } = this.#options;
    this.#dead += 1;
    runtime.log.error(
      { sink: sink.name, event_id: item.event.id, event: item.event.event, seq: item.seq, reason: failure.message },
      "gave an event up; it is kept as a dead letter",
    );
    if (policy.onDeadLetter === "halt") this.#halt(failure, { lane: "", item });
  }

  #halt(failure: Failure, { item }: LaneItem): void {
    const { sink, runtime } = this.#options;
    this.#halted = failure;
    runtime.log.error(
      { sink: sink.name, event_id: item.event.id, seq: item.seq, reason: failure.message },
      "sink halted; it takes no more events until the process is started again",
    );
  }

  async #record(ended: readonly Ended[], started: readonly LaneItem[]): Promise<void> {
    const { journal, sink, runtime, stop } = this.#options;
    const step = {
      finished: ended.map(({ outcome }) => outcome),
      started: started.map(({ item }) => item.seq),
      lowSeq: this.#tracker.low,
      nowMs: runtime.now(),
    };
    // No try may begin that is not on record, so a full disk holds everything up until it has space again.
    for (;;) {
      try {
        await journal.step(sink.name, step);
        return;
      } catch (error) {
        if (!isDirsyncError(error) || !error.retryable || stop.aborted) throw error;
        runtime.log.error({ sink: sink.name, reason: error.message }, "cannot record deliveries; waiting");
        await runtime.sleep(storageRetryMs, stop);
      }
    }
  }

  #begin(taken: LaneItem): void {
    const context: AttemptContext = { ...this.#options, epoch: this.#options.journal.epoch };
    this.#inFlight += 1;
    void this.#deliver(taken, context);
  }

  async #deliver(taken: LaneItem, context: AttemptContext): Promise<void> {
    const { policy, sink, runtime } = this.#options;
    const isSpent = taken.item.attempts >= policy.attemptsMax;
    const outcome: Outcome = isSpent ? spent(taken.item) : await attempt(taken, context);
    if (outcome.result === "retry") {
      runtime.log.warn(
        {
          sink: sink.name,
          event_id: taken.item.event.id,
          attempt: taken.item.attempts + 1,
          retry_in_ms: outcome.nextAtMs - runtime.now(),
          reason: outcome.failure.message,
        },
        "delivery failed; will try again",
      );
    }
    this.#ended.push({ taken, outcome });
    this.#bell.ring();
  }

  #idleMs(): number {
    const nowMs = this.#options.runtime.now();
    const due = Math.min(this.#redriveDueAtMs, this.#lanes.nextDueAtMs() ?? Number.POSITIVE_INFINITY);
    return Math.max(0, due - nowMs);
  }
}

/** Every try was begun and none ended: the event, or what it sets off, kills the process. */
function spent(item: WorkItem): Outcome {
  const message = `The process ended during each of ${item.attempts} tries of this event.`;
  return { seq: item.seq, result: "dead", failure: { code: "attempts_exhausted", message, verdict: "dead" } };
}
