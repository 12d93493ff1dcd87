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
import { setMaxListeners } from "node:events";
import type { Runtime } from "@dirsync/sdk";
import { attempt, notBegunCode, stoppedCode } from "./attempt.ts";
import { Bell } from "./bell.ts";
import { Circuit } from "./circuit.ts";
import type { Journal } from "./journal/model.ts";
import { type LaneItem, Lanes } from "./lanes.ts";
import { laneNameOf } from "./locks.ts";
import type { Failure, Outcome, Policy, Sink, WorkItem } from "./model.ts";
import { outcomeOf } from "./policy.ts";
import { untilStored } from "./storage-hold.ts";
import { Tracker } from "./tracker.ts";

/** What a dispatcher tells whoever watches it. */
export interface DispatchReport {
  readonly sink: string;
  readonly delivered: number;
  readonly dead: number;
  /** Why the sink stopped taking events; null when it did not halt. */
  readonly halted: Failure | null;
}

/** What a dispatcher drives, and the two ways to end it. */
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

/** A try that is over. */
interface Ended {
  readonly taken: LaneItem;
  /** Null when the sink took the event. */
  readonly failure: Failure | null;
}

/** Drives one sink. `run` is called once. */
export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #bell: Bell;
  readonly #lanes = new Lanes();
  readonly #circuit = new Circuit();
  /** Redriven dead letters that are in a lane or in flight. */
  readonly #redriving = new Set<number>();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #failed = new AbortController();
  readonly #stop: AbortSignal;
  #tracker: Tracker | null = null;
  #readUpTo = 0;
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
    this.#stop = AbortSignal.any([options.stop, this.#failed.signal]);
    // Each try in flight listens; Node warns of a leak from the eleventh listener on.
    setMaxListeners(options.policy.concurrency + 1, this.#stop);
  }

  /** True once the sink takes no more events. */
  get isHalted(): boolean {
    return this.#halted !== null;
  }

  /** The sink's low-water mark; null until it has been read. */
  get lowSeq(): number | null {
    return this.#tracker?.low ?? null;
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

  /**
   * Runs until finished, drained or halted; no try is in flight afterwards.
   * @throws StateError when the journal cannot be used any more.
   */
  async run(): Promise<DispatchReport> {
    const { journal, sink, drain } = this.#options;
    const ring = (): void => this.#bell.ring();
    drain.addEventListener("abort", ring);
    try {
      const { lowSeq, finishedAbove } = await this.#untilStored(() => journal.addSink(sink.name));
      const tracker = new Tracker(lowSeq, finishedAbove);
      this.#tracker = tracker;
      this.#readUpTo = lowSeq;
      while (await this.#turn(tracker));
    } catch (error) {
      // What is in flight can no longer be recorded, and whoever took the journal over is about to start it again.
      this.#failed.abort();
      await Promise.all(this.#inFlight);
      throw error;
    } finally {
      drain.removeEventListener("abort", ring);
    }
    return { sink: sink.name, delivered: this.#delivered, dead: this.#dead, halted: this.#halted };
  }

  /** One turn of the loop. Resolves to false when there is nothing left to do for good. */
  async #turn(tracker: Tracker): Promise<boolean> {
    if (!this.#isStopping()) await this.#refill();
    const finished = this.#ended.splice(0).map((ended) => this.#settle(ended, tracker));
    // Asked again: reading takes time, and what has just ended may have halted the sink.
    const started = this.#isStopping() ? [] : this.#take();
    if (finished.length > 0 || started.length > 0) {
      await this.#record(finished, started);
      for (const taken of started) this.#begin(taken);
      return true;
    }
    if (this.#inFlight.size === 0 && (this.#isStopping() || this.#isFinished())) return false;
    await this.#bell.wait(this.#idleMs());
    return true;
  }

  #isStopping(): boolean {
    return this.#options.drain.aborted || this.#halted !== null;
  }

  #isFinished(): boolean {
    return this.#isFinishing && this.#lanes.size === 0 && !this.#hasMore;
  }

  async #refill(): Promise<void> {
    const { journal, sink, runtime } = this.#options;
    if (runtime.now() >= this.#redriveDueAtMs) {
      this.#redriveDueAtMs = runtime.now() + redriveLookMs;
      const redriven = await this.#untilStored(() => journal.takeRedriven(sink.name, this.#redriving, readMax));
      for (const item of redriven) {
        this.#redriving.add(item.seq);
        this.#enqueue(item);
      }
    }
    const isFull = this.#lanes.size > heldMax - readMax;
    // With work at hand nothing more is read; with a lane that blocks, we read past it so that others go on.
    if (!this.#hasMore || isFull || (this.#lanes.size >= readMax && this.#hasDue())) return;
    // Before reading, so that a `notify` during it is not forgotten.
    this.#hasMore = false;
    const items = await this.#untilStored(() => journal.read(sink.name, this.#readFrom(), readMax));
    if (items.length === readMax) this.#hasMore = true;
    for (const item of items) {
      this.#readUpTo = item.seq;
      this.#enqueue(item);
    }
  }

  /**
   * What a predecessor had finished above the mark has no work row any more once the mark has passed it, and would look
   * like events never tried.
   */
  #readFrom(): number {
    return Math.max(this.#readUpTo, this.lowSeq ?? 0);
  }

  #hasDue(): boolean {
    const next = this.#lanes.nextDueAtMs();
    return next !== null && next <= this.#options.runtime.now();
  }

  #enqueue(item: WorkItem): void {
    const locks = this.#options.policy.locks(item.event);
    this.#lanes.add(item, locks, laneNameOf(locks, item.event));
  }

  #take(): readonly LaneItem[] {
    const { policy, runtime } = this.#options;
    const nowMs = runtime.now();
    const max = this.#circuit.allowance(this.#inFlight.size, policy.concurrency, nowMs);
    return this.#lanes.take(nowMs, { max, runMax: 1 }).flat();
  }

  #settle({ taken, failure }: Ended, tracker: Tracker): Outcome {
    const { item } = taken;
    const outcome = this.#judge(taken, failure);
    if (outcome.result === "retry") {
      this.#lanes.putBack({ ...item, attempts: outcome.attempts, nextAtMs: outcome.nextAtMs });
      if (outcome.failure.verdict === "halt") this.#halt(outcome.failure, item);
      else this.#logRetry(outcome, item);
      return outcome;
    }
    this.#lanes.settle(item.seq);
    this.#redriving.delete(item.seq);
    tracker.finish(item.seq);
    if (outcome.result === "dead") this.#bury(outcome.failure, item);
    else this.#delivered += 1;
    return outcome;
  }

  #judge({ item }: LaneItem, failure: Failure | null): Outcome {
    const { policy, runtime } = this.#options;
    const nowMs = runtime.now();
    // A sink that gives an event up is up itself.
    if (failure === null || failure.verdict === "dead") this.#circuit.succeeded();
    if (failure === null) return { seq: item.seq, result: "delivered" };
    const isOurs = failure.code === stoppedCode || failure.code === notBegunCode;
    if (failure.verdict === "retry" && !isOurs) this.#circuit.failed(item.seq, nowMs);
    const isCharged = failure.code !== notBegunCode && !this.#circuit.isOpen(nowMs);
    const number = item.attempts + 1;
    return outcomeOf({ seq: item.seq, number, failure, isCharged, nowMs, random: runtime.random() }, policy);
  }

  #bury(failure: Failure, item: WorkItem): void {
    const { sink, policy, runtime } = this.#options;
    this.#dead += 1;
    runtime.log.error(
      { sink: sink.name, event_id: item.event.id, event: item.event.event, seq: item.seq, reason: failure.message },
      "gave an event up; it is kept as a dead letter",
    );
    if (policy.onDeadLetter === "halt") this.#halt(failure, item);
  }

  #halt(failure: Failure, item: WorkItem): void {
    const { sink, runtime } = this.#options;
    this.#halted = failure;
    runtime.log.error(
      { sink: sink.name, event_id: item.event.id, seq: item.seq, reason: failure.message },
      "sink halted; it takes no more events until the process is started again",
    );
  }

  #logRetry({ failure, nextAtMs }: { failure: Failure; nextAtMs: number }, item: WorkItem): void {
    const { sink, runtime } = this.#options;
    const fields = { sink: sink.name, event_id: item.event.id, attempt: item.attempts + 1, reason: failure.message };
    runtime.log.warn({ ...fields, retry_in_ms: nextAtMs - runtime.now() }, "delivery failed; will try again");
  }

  #record(finished: readonly Outcome[], started: readonly LaneItem[]): Promise<void> {
    const { journal, sink, policy, runtime } = this.#options;
    const lowSeq = this.lowSeq ?? 0;
    // What has no try left is given up without one.
    const tried = started.filter(({ item }) => item.attempts < policy.attemptsMax);
    const seqs = tried.map(({ item }) => item.seq);
    const nowMs = runtime.now();
    return this.#untilStored(() => journal.step(sink.name, { finished, started: seqs, lowSeq, nowMs }));
  }

  #untilStored<T>(transaction: () => Promise<T>): Promise<T> {
    const { runtime, sink } = this.#options;
    return untilStored(transaction, { runtime, who: sink.name, signal: this.#stop });
  }

  #begin(taken: LaneItem): void {
    this.#circuit.began(this.#options.runtime.now());
    const context = { ...this.#options, epoch: this.#options.journal.epoch, stop: this.#stop };
    const trying = attempt(taken, context).then((failure) => {
      this.#inFlight.delete(trying);
      this.#ended.push({ taken, failure });
      this.#bell.ring();
    });
    this.#inFlight.add(trying);
  }

  /** How long nothing can happen unless the bell rings; null when only the bell can end it. */
  #idleMs(): number | null {
    if (this.#isStopping()) return null;
    const { runtime, policy } = this.#options;
    const nowMs = runtime.now();
    const isBusy = this.#inFlight.size >= (this.#circuit.isOpen(nowMs) ? 1 : policy.concurrency);
    const due = isBusy ? null : this.#lanes.nextDueAtMs();
    const tryAtMs = due === null ? Number.POSITIVE_INFINITY : Math.max(due, this.#circuit.nextProbeAtMs(nowMs));
    return Math.max(0, Math.min(this.#redriveDueAtMs, tryAtMs) - nowMs);
  }
}
