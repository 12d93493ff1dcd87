import { type Runtime, SinkError } from "@dirsync/sdk";
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

/** What limits the tries of a run. */
export interface LimitedBy {
  readonly sink: Sink;
  readonly policy: Policy;
  readonly runtime: Runtime;
  /** Aborted when the process must stop at once. */
  readonly stop: AbortSignal;
}

/**
 * Cuts tries off that follow each other, when their time is up or when the process stops. One timer and one signal do
 * for all of them, because the first try that is cut off is the last one of its run.
 */
export class TimeLimit {
  readonly #by: LimitedBy;
  readonly #cut = new AbortController();
  readonly #over = new AbortController();
  #giveUp: (reason: unknown) => void = () => undefined;
  #number = 0;
  #begunAtMs = 0;

  constructor(by: LimitedBy) {
    this.#by = by;
    // Also when a try's time was up before: then less of it is left.
    const onStop = (): void => this.#cutBy(stoppedCode, "was cut off because the process is stopping", stopSettleMs);
    if (by.stop.aborted) onStop();
    else by.stop.addEventListener("abort", onStop, { once: true, signal: this.#over.signal });
  }

  /** Aborted when a try's time is up or the process is stopping. */
  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  /** The next try begins: its time runs from now. @throws the reason when the process is stopping. */
  begin(): void {
    this.#cut.signal.throwIfAborted();
    this.#number += 1;
    this.#begunAtMs = this.#by.runtime.now();
    if (this.#number === 1) this.#watch().catch(() => undefined);
  }

  /** Settles as the try does, or some time after it was cut off when the sink does not obey its signal. */
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
    // Without a reason an error with a stack would be made each time, which is most of what a try costs.
    this.#over.abort(null);
  }

  /** Rejects once the run is over. */
  async #watch(): Promise<void> {
    const { policy, runtime } = this.#by;
    const limitMs = Math.min(policy.timeoutMs, timerMsMax);
    let leftMs = limitMs;
    for (;;) {
      const number = this.#number;
      await runtime.sleep(leftMs, this.#over.signal);
      // The clock may have been set meanwhile, so it decides nothing about a try that saw the whole time pass.
      leftMs = Math.min(limitMs, this.#begunAtMs + limitMs - runtime.now());
      if (number !== this.#number && leftMs > 0) continue;
      this.#cutBy("sink_timeout", `took longer than ${policy.timeoutMs} ms`, settleMs);
      return;
    }
  }

  #cutBy(code: string, what: string, leftMs: number): void {
    const message = `Sink ${this.#by.sink.name} ${what}; whether it had an effect is unknown.`;
    this.#cut.abort(new SinkError(message, { verdict: "retry", code }));
    void this.#giveUpAfter(leftMs);
  }

  async #giveUpAfter(leftMs: number): Promise<void> {
    try {
      await this.#by.runtime.sleep(leftMs, this.#over.signal);
      this.#giveUp(this.#cut.signal.reason);
    } catch {
      // The run was over sooner.
    }
  }
}
