import { isDirsyncError, type Runtime, systemRuntime } from "@dirsync/sdk";
import { Dispatcher, type DispatchReport } from "./dispatch.ts";
import { ingest } from "./ingest.ts";
import type { Journal } from "./journal/model.ts";
import type { EventSource, Policy, Sink, StartPosition } from "./model.ts";
import { defaultPolicy } from "./policy.ts";

/** A sink and how it is driven. */
export interface SinkBinding {
  readonly sink: Sink;
  /** Default `defaultPolicy`. Only what is given is changed. */
  readonly policy?: Partial<Policy>;
}

/** What a consumer is made of. It takes no ownership: closing the journal and the sinks is the caller's. */
export interface ConsumerOptions {
  readonly source: EventSource;
  readonly journal: Journal;
  readonly sinks: readonly SinkBinding[];
  /** Where to begin when the journal has no position yet. Default the start of the log. */
  readonly start?: StartPosition;
  /** Milliseconds between looks at the end of the log. Default 1,000. */
  readonly pollMs?: number;
  /** How long tries in flight may go on after `drain`, in milliseconds. Default 25,000. */
  readonly drainTimeoutMs?: number;
  readonly runtime?: Runtime;
}

export interface RunOptions {
  /** True to stop once the end of the log is reached and every sink has finished. Default false. */
  readonly once?: boolean;
  /** Asks for an orderly end: nothing new begins, what is in flight ends and is recorded. */
  readonly drain?: AbortSignal;
}

/** How a run ended. */
export interface RunReport {
  /** Events that were new to the journal. */
  readonly received: number;
  readonly sinks: readonly DispatchReport[];
  /** False when tries had to be cut off; their events are delivered again next time. */
  readonly isDrained: boolean;
}

/** Reads an ordered log into a journal and delivers it, in order and at least once, to sinks. */
export interface Consumer {
  /**
   * Runs until drained, until the end of the log when `once`, or until an error that cannot pass. What the journal
   * already has is delivered before such an error is thrown.
   * @throws CursorExpiredError, ApiError, ContractError, StateError
   */
  run(options?: RunOptions): Promise<RunReport>;
}

const pollMsDefault = 1_000;

/** Below the 30 s that service managers commonly give a process before they kill it. */
const drainTimeoutMsDefault = 25_000;

/** Events that every sink has finished are kept this long, for dead letters' context and replay. */
const retentionMs = 7 * 24 * 60 * 60 * 1_000;
const pruneEveryMs = 60 * 60 * 1_000;

/** Puts a source, a journal and sinks together. Nothing happens before `run`. */
export function createConsumer(options: ConsumerOptions): Consumer {
  return { run: (runOptions = {}) => new Run(options, runOptions).run() };
}

class Run {
  readonly #options: ConsumerOptions;
  readonly #once: boolean;
  readonly #drain = new AbortController();
  readonly #stop = new AbortController();
  readonly #runtime: Runtime;
  readonly #dispatchers: readonly Dispatcher[];
  #received = 0;

  constructor(options: ConsumerOptions, { once = false, drain }: RunOptions) {
    this.#options = options;
    this.#once = once;
    this.#runtime = options.runtime ?? systemRuntime;
    this.#dispatchers = options.sinks.map(
      ({ sink, policy }) =>
        new Dispatcher({
          journal: options.journal,
          sink,
          policy: { ...defaultPolicy, ...policy },
          runtime: this.#runtime,
          drain: this.#drain.signal,
          stop: this.#stop.signal,
        }),
    );
    if (drain?.aborted === true) this.#drain.abort();
    drain?.addEventListener("abort", () => this.#drain.abort(), { once: true });
  }

  async run(): Promise<RunReport> {
    this.#drain.signal.addEventListener("abort", () => void this.#cutOffLater(), { once: true });
    const delivering = Promise.all(this.#dispatchers.map((dispatcher) => this.#deliver(dispatcher)));
    // Observed below; until then it must not count as unhandled.
    delivering.catch(() => undefined);
    void this.#pruneNowAndThen();
    try {
      await this.#read();
      // Aborted or at the end of the log: let the sinks finish what the journal has.
      for (const dispatcher of this.#dispatchers) dispatcher.finish();
      const sinks = await delivering;
      return { received: this.#received, sinks, isDrained: !this.#stop.signal.aborted };
    } catch (error) {
      // A position that was lost must not keep back what is already here.
      for (const dispatcher of this.#dispatchers) dispatcher.finish();
      await delivering.catch(() => undefined);
      throw error;
    } finally {
      this.#drain.abort();
      this.#stop.abort();
    }
  }

  async #read(): Promise<void> {
    const { source, journal, start = { from: "start" }, pollMs = pollMsDefault } = this.#options;
    const onAppended = (count: number): void => {
      this.#received += count;
      for (const dispatcher of this.#dispatchers) dispatcher.notify();
    };
    const signal = this.#drain.signal;
    const runtime = this.#runtime;
    try {
      await ingest({ source, journal, start, runtime, pollMs, once: this.#once, onAppended, signal });
    } catch (error) {
      if (!signal.aborted || isDirsyncError(error)) throw error;
    }
  }

  async #deliver(dispatcher: Dispatcher): Promise<DispatchReport> {
    try {
      const report = await dispatcher.run();
      // With every sink halted, reading on would only fill the disk.
      if (report.halted !== null && this.#dispatchers.every((other) => other.isHalted)) this.#drain.abort();
      return report;
    } catch (error) {
      // A sink whose marks cannot be written any more must not be left behind while the others go on.
      this.#drain.abort();
      throw error;
    }
  }

  async #cutOffLater(): Promise<void> {
    try {
      await this.#runtime.sleep(this.#options.drainTimeoutMs ?? drainTimeoutMsDefault, this.#stop.signal);
      this.#stop.abort();
    } catch {
      // The run ended in time.
    }
  }

  async #pruneNowAndThen(): Promise<void> {
    const { journal } = this.#options;
    try {
      for (;;) {
        await this.#runtime.sleep(pruneEveryMs, this.#stop.signal);
        const count = await journal.prune(this.#runtime.now() - retentionMs);
        if (count > 0) this.#runtime.log.info({ count }, "forgot old events that every sink has finished");
      }
    } catch (error) {
      // Keeping events longer than needed is no reason to stop delivering.
      if (!this.#stop.signal.aborted) this.#runtime.log.warn({ reason: String(error) }, "could not forget old events");
    }
  }
}
