/**
 * Journal to one sink.
 *
 * An entry is `new` until a try begins, then `inflight`; the try ends in `delivered`, `wait` (to be tried again, in
 * its place) or `dead`. Entries begin in runs. The begin of a try is durable before the try starts, so an event that
 * kills the process still uses up its budget; those begun in the same run lose a try with it, once, because after that
 * each goes alone. One transaction per turn of the loop holds everything that ended and everything that begins, which
 * is what makes durability cheap. This is the only code that moves a low-water mark.
 *
 * The loop ends when `finish` is rung with nothing left to do, when `drain` fires and the tries in flight have ended,
 * or when the sink halts.
 */
import { setMaxListeners } from "node:events";
import { abilitiesOf } from "./abilities.ts";
import { deliverRun, type Ended, notBegunCode, type RunContext, stoppedCode } from "./attempt.ts";
import { Bell } from "./bell.ts";
import { Circuit } from "./circuit.ts";
import { DispatchLog } from "./dispatch-log.ts";
import type { DispatchOptions, DispatchReport } from "./dispatch-options.ts";
import { Feed } from "./feed.ts";
import { type LaneItem, Lanes } from "./lanes.ts";
import type { Failure, Outcome, WorkItem } from "../model.ts";
import { Passage } from "../passage.ts";
import { longestWaitMs, outcomeOf } from "../policy.ts";
import { steadyClock } from "./steady-clock.ts";
import { TimeLimits } from "./time-limit.ts";
import { untilStored } from "../storage-hold.ts";
import { Tracker } from "./tracker.ts";

/** Drives one sink. `run` is called once. */
export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #bell: Bell;
  readonly #log: DispatchLog;
  readonly #lanes = new Lanes();
  readonly #circuit = new Circuit();
  readonly #feed: Feed;
  /** What each run is begun with. */
  readonly #context: RunContext;
  /** Runs under way. */
  readonly #inFlight = new Passage<number, Promise<void>>();
  #runs = 0;
  readonly #failed = new AbortController();
  readonly #stop: AbortSignal;
  #tracker: Tracker | null = null;
  /** `drain` has fired: asked before each try, and each signal is of a class of its own to V8 (in Node 20). */
  #isDraining = false;
  #ended: Ended[] = [];
  #isFinishing = false;
  #delivered = 0;
  #dead = 0;
  /** The sink has said that it halts, and that is not settled yet. */
  #isHalting = false;
  #halted: Failure | null = null;

  constructor(given: DispatchOptions) {
    const { journal, sink, policy, wants, onFact, drain, stop } = given;
    const runtime = steadyClock(given.runtime);
    this.#options = { journal, sink, policy, wants, onFact, runtime, drain, stop };
    this.#bell = new Bell(runtime);
    // How long a delivery took is told by the clock as it is.
    this.#log = new DispatchLog(sink.name, given.runtime, onFact);
    const untilStored = this.#untilStored;
    this.#feed = new Feed({ journal, sink, policy, runtime, lanes: this.#lanes, drain, wants, untilStored });
    this.#stop = AbortSignal.any([stop, this.#failed.signal]);
    // Whoever waits for a full disk listens, and each of many sinks. Node warns of a leak from the eleventh listener on.
    setMaxListeners(0, this.#stop, drain);
    this.#context = {
      sink,
      policy,
      runtime,
      limits: new TimeLimits({ sink, policy, runtime, stop: this.#stop }),
      journal,
      mayBegin: () => !this.#isStopping() && !this.#isHalting,
      report: (ended) => {
        this.#ended.push(...ended);
        this.#isHalting ||= ended.some(({ failure }) => failure?.verdict === "halt");
        this.#bell.ring();
      },
      ...abilitiesOf(this.#options, untilStored),
    };
  }

  /** True once the sink takes no more events. */
  get isHalted(): boolean {
    return this.#halted !== null;
  }

  /** The sink's low-water mark; null until it has been read. */
  get lowSeq(): number | null {
    return this.#tracker?.low ?? null;
  }

  /** How far it has come, while it has nothing to do: all up to there is finished. Null while it has something to do. */
  get restsAt(): number | null {
    return this.#tracker === null ? null : this.#feed.restsAt(this.#tracker.low);
  }

  /** Counts what is up to this position as finished, unread. For a sink that rests and wants none of it, which is on record. */
  passOver(seq: number): void {
    this.#tracker?.pass(seq);
    this.#feed.passOver(seq);
  }

  /** Says that the journal has grown. */
  notify(): void {
    this.#feed.notify();
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
    const { journal, sink, drain, policy, runtime } = this.#options;
    const onDrain = (): void => {
      this.#isDraining = true;
      this.#bell.ring();
    };
    drain.addEventListener("abort", onDrain);
    if (drain.aborted) onDrain();
    try {
      const waitUntilMs = runtime.now() + longestWaitMs(policy);
      const { lowSeq, finishedAbove } = await this.#untilStored(() => journal.addSink(sink.name, waitUntilMs));
      const tracker = new Tracker(lowSeq, finishedAbove);
      this.#tracker = tracker;
      // The last process ended between finishing an event and moving the mark over it.
      if (tracker.low > lowSeq) await this.#record([], []);
      while (await this.#turn(tracker)) await this.#feed.turns.give();
    } catch (error) {
      // What is in flight can no longer be recorded, and whoever took the journal over is about to start it again.
      this.#failed.abort();
      await Promise.all(this.#inFlight.takeAll());
      throw error;
    } finally {
      drain.removeEventListener("abort", onDrain);
      this.#context.limits.close();
      this.#bell.close();
    }
    return { sink: sink.name, delivered: this.#delivered, dead: this.#dead, halted: this.#halted };
  }

  /** One turn of the loop. Resolves to false when there is nothing left to do for good. */
  async #turn(tracker: Tracker): Promise<boolean> {
    if (!this.#isStopping()) await this.#feed.refill(tracker.low);
    const ended = this.#ended.splice(0).map((end) => this.#settle(end, tracker));
    const skipped = this.#feed.takeSkipped().map((item) => this.#leave(item, "skipped", tracker));
    const parked = this.#feed.takeParked().map((item) => this.#leave(item, "parked", tracker));
    const finished = [...ended, ...skipped, ...parked];
    this.#log.circuit(this.#circuit.isOpen(this.#options.runtime.now()));
    // Asked again: reading takes time, and what has just ended may have halted the sink.
    const started = this.#isStopping() ? [] : this.#take();
    // At rest the mark is brought over places that nothing is at, as those a restored log leaves out.
    if (finished.length > 0 || started.length > 0 || tracker.pass(this.restsAt ?? 0)) {
      await this.#record(finished, started.flat());
      this.#log.recorded();
      for (const run of started) this.#begin(run);
      return true;
    }
    if (this.#inFlight.size === 0 && (this.#isStopping() || this.#isFinished())) return false;
    await this.#bell.wait(this.#idleMs());
    return true;
  }

  #isStopping(): boolean {
    return this.#isDraining || this.#halted !== null;
  }

  #isFinished(): boolean {
    return this.#isFinishing && this.#lanes.size === 0 && !this.#feed.hasMore;
  }

  #take(): readonly (readonly LaneItem[])[] {
    const { sink, policy, runtime } = this.#options;
    const nowMs = runtime.now();
    const max = this.#circuit.allowance(this.#inFlight.size, policy.concurrency, nowMs);
    // One event is enough to find out whether a sink is up again.
    const isProbe = this.#circuit.isOpen(nowMs);
    const runMax = isProbe || policy.attemptsMax === 1 ? 1 : policy.runMax;
    return this.#lanes.take(nowMs, { max, runMax, isFilled: sink.deliverBatch !== undefined });
  }

  #settle({ taken, failure }: Ended, tracker: Tracker): Outcome {
    const { item } = taken;
    const outcome = this.#judge(taken, failure);
    if (outcome.result === "retry" || outcome.result === "released") {
      this.#lanes.putBack({ ...item, attempts: outcome.attempts, nextAtMs: outcome.nextAtMs });
      if (outcome.result === "released") return outcome;
      if (outcome.failure.verdict === "halt") this.#halt(outcome.failure, item);
      else this.#log.retry(item, outcome.failure, outcome.nextAtMs);
      return outcome;
    }
    this.#lanes.settle(item.seq);
    tracker.finish(item.seq);
    if (outcome.result === "dead") this.#bury(outcome.failure, item);
    else {
      this.#delivered += 1;
      this.#log.delivered(item);
    }
    return outcome;
  }

  #leave(item: WorkItem, result: "skipped" | "parked", tracker: Tracker): Outcome {
    tracker.finish(item.seq);
    if (result === "parked") this.#log.parked(item);
    else this.#log.skipped(item.seq);
    return { seq: item.seq, result };
  }

  #judge({ item }: LaneItem, failure: Failure | null): Outcome {
    // A sink that gives an event up is up itself.
    if (failure === null || failure.verdict === "dead") this.#circuit.succeeded();
    if (failure === null) return { seq: item.seq, result: "delivered" };
    const { policy, runtime } = this.#options;
    const nowMs = runtime.now();
    if (failure.code === notBegunCode) {
      return { seq: item.seq, result: "released", nextAtMs: item.nextAtMs, attempts: item.attempts };
    }
    if (failure.verdict === "retry" && failure.code !== stoppedCode) this.#circuit.failed(item.seq, failure, nowMs);
    const isCharged = !this.#circuit.isOpen(nowMs);
    const number = item.attempts + 1;
    return outcomeOf({ seq: item.seq, number, failure, isCharged, nowMs, random: runtime.random() }, policy);
  }

  #bury(failure: Failure, item: WorkItem): void {
    this.#dead += 1;
    this.#log.dead(item, failure);
    this.#feed.bury(item);
    if (this.#options.policy.onDeadLetter === "halt") this.#halt(failure, item);
  }

  #halt(failure: Failure, item: WorkItem): void {
    // Whatever was in flight with the first one fails like it; told forty times, it is not told better.
    if (this.#halted !== null) return;
    this.#halted = failure;
    this.#log.halted(item, failure);
  }

  #record(finished: readonly Outcome[], started: readonly LaneItem[]): Promise<void> {
    const { journal, sink, policy, runtime } = this.#options;
    const lowSeq = this.lowSeq ?? 0;
    // What has no try left is given up without one.
    const seqs = started.filter(({ item }) => item.attempts < policy.attemptsMax).map(({ item }) => item.seq);
    const nowMs = runtime.now();
    return this.#untilStored(() => journal.step(sink.name, { finished, started: seqs, lowSeq, nowMs }));
  }

  readonly #untilStored = <T>(transaction: () => Promise<T>): Promise<T> => {
    const { runtime, sink, onFact, drain } = this.#options;
    return untilStored(transaction, { runtime, who: sink.name, signal: this.#stop, drain, onFact });
  };

  #begin(run: readonly LaneItem[]): void {
    this.#circuit.began(this.#options.runtime.now());
    const number = (this.#runs += 1);
    const running = deliverRun(run, this.#context).then(() => {
      void this.#inFlight.take(number);
      this.#bell.ring();
    });
    this.#inFlight.add(number, running);
  }

  /** How long nothing can happen unless the bell rings; null when only the bell can end it. */
  #idleMs(): number | null {
    if (this.#isStopping()) return null;
    const { runtime, policy } = this.#options;
    const nowMs = runtime.now();
    const isBusy = this.#inFlight.size >= (this.#circuit.isOpen(nowMs) ? 1 : policy.concurrency);
    const due = isBusy ? null : this.#lanes.nextDueAtMs();
    const tryAtMs = due === null ? Number.POSITIVE_INFINITY : Math.max(due, this.#circuit.nextProbeAtMs(nowMs));
    return Math.max(0, Math.min(this.#feed.nextLookAtMs, tryAtMs) - nowMs);
  }
}
