import { type Runtime, SinkError } from "@dirsync/sdk";
import { CutOff } from "./cut-off.ts";
import type { Policy, Sink } from "../model.ts";

/** Code of a try that was cut off because the process is stopping. */
export const stoppedCode = "sink_stopped";

/** After a try has been cut off, how long the sink may take to end it (a hook gets TERM, then KILL). */
const settleMs = 8_000;

/**
 * The same when the process is stopping: a hook gets a second then, and code in this process that does not obey is not
 * worth more. With the usual 25 s for the drain it ends before a service manager's 30 s are over.
 */
const stopSettleMs = 1_500;

/** Node's timers cannot wait longer, and fire at once when asked to. */
const timerMsMax = 2 ** 31 - 1;

/** What limits the tries of a sink. */
export interface LimitedBy {
  readonly sink: Sink;
  readonly policy: Policy;
  readonly runtime: Runtime;
  /** Aborted when the process must stop at once. */
  readonly stop: AbortSignal;
}

/**
 * Cuts tries of a sink off when their time is up or when the process stops. All of them have the same time, so that the
 * one that began first is the next whose time is up: one timer does for all, and one listener.
 */
export class TimeLimits {
  readonly #by: LimitedBy;
  readonly #limitMs: number;
  /** Runs that are not over, in the order in which their last tries began. */
  readonly #running = new Set<TimeLimit>();
  /** Runs that are not over although their time is up. */
  readonly #late = new Set<TimeLimit>();
  readonly #over = new AbortController();
  #isWatching = false;
  /** `stop` has fired. Asked with each try, which a signal itself takes longer to answer. */
  #isStopped: boolean;

  constructor(by: LimitedBy) {
    this.#by = by;
    this.#isStopped = by.stop.aborted;
    this.#limitMs = Math.min(by.policy.timeoutMs, timerMsMax);
    by.stop.addEventListener("abort", this.#onStop, { once: true });
  }

  /** No try is under way any more, and none begins. */
  close(): void {
    this.#by.stop.removeEventListener("abort", this.#onStop);
    this.#over.abort(null);
  }

  /** The next try of a run begins: its time runs from now. */
  begin(run: TimeLimit): void {
    this.#running.delete(run);
    this.#running.add(run);
    if (this.#isStopped) this.#stop(run);
    else if (!this.#isWatching) this.#watch().catch(() => undefined);
  }

  /** No try of the run is under way any more. */
  end(run: TimeLimit): void {
    this.#running.delete(run);
    this.#late.delete(run);
  }

  /** By a clock that nobody sets, where there is one: it decides whose time is up. */
  now(): number {
    const { runtime } = this.#by;
    return runtime.monotonicNow?.() ?? runtime.now();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#by.runtime.sleep(ms, signal);
  }

  /** Also where a try's time was up before: then less of it is left. */
  readonly #onStop = (): void => {
    this.#isStopped = true;
    for (const run of [...this.#running, ...this.#late]) this.#stop(run);
  };

  #stop(run: TimeLimit): void {
    run.cutOff(this.#reason(stoppedCode, "was cut off because the process is stopping"), stopSettleMs);
  }

  /** Until no run is under way. Rejects when all is over. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    for (let [first] = this.#running; first !== undefined; [first] = this.#running) {
      const { number } = first;
      const leftMs = Math.min(this.#limitMs, first.begunAtMs + this.#limitMs - this.now());
      if (leftMs > 0) await this.sleep(leftMs, this.#over.signal);
      // The clock may have been set meanwhile, so it decides nothing about a try that saw the whole time pass.
      if (!this.#running.has(first) || first.number !== number) continue;
      this.#running.delete(first);
      this.#late.add(first);
      first.cutOff(this.#reason("sink_timeout", `took longer than ${this.#by.policy.timeoutMs} ms`), settleMs);
    }
    this.#isWatching = false;
  }

  #reason(code: string, what: string): SinkError {
    const message = `Sink ${this.#by.sink.name} ${what}; whether it had an effect is unknown.`;
    return new SinkError(message, { verdict: "retry", code });
  }
}

/**
 * The tries of one run, which follow each other. They share what cuts them off, because the first try that is cut off is
 * the last one of its run.
 */
export class TimeLimit extends CutOff {
  readonly #limits: TimeLimits;
  #over: AbortController | null = null;
  #giveUp: (reason: unknown) => void = () => undefined;
  /** Tries begun. */
  number = 0;
  begunAtMs = 0;

  constructor(limits: TimeLimits) {
    super();
    this.#limits = limits;
  }

  /** The next try begins: its time runs from now. @throws the reason when the process is stopping. */
  begin(): void {
    this.number += 1;
    this.begunAtMs = this.#limits.now();
    if (!this.isCut) this.#limits.begin(this);
    if (this.isCut) throw this.reason;
  }

  /** Settles as the try does, or some time after it was cut off when the sink does not obey. */
  hold(delivery: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      // Tries follow each other, so the one to give up is always the last one held.
      this.#giveUp = reject;
      // JavaScript may return what is no promise.
      Promise.resolve(delivery).then(resolve, reject);
    });
  }

  /** No try is under way any more. */
  end(): void {
    this.#limits.end(this);
    this.#giveUp = () => undefined;
    // Without a reason an error with a stack would be made each time.
    this.#over?.abort(null);
  }

  /** Cuts the try off that is under way, and gives it up when it goes on for so long. */
  cutOff(reason: SinkError, leftMs: number): void {
    this.#over ??= new AbortController();
    void this.#giveUpAfter(leftMs, this.#over.signal);
    this.cut(reason);
  }

  async #giveUpAfter(leftMs: number, over: AbortSignal): Promise<void> {
    try {
      await this.#limits.sleep(leftMs, over);
      this.#giveUp(this.reason);
    } catch {
      // The run was over sooner.
    }
  }
}
