import { ConfigError, type DirectoryEvent, isDirsyncError, type Runtime, systemRuntime } from "@dirsync/sdk";
import { Dispatcher, type DispatchReport } from "./dispatch/dispatch.ts";
import type { OnFact } from "./dispatch/dispatch-log.ts";
import { ingest } from "./ingest/ingest.ts";
import type { Journal } from "./journal/model.ts";
import type { Doorbell, EventSource, Fact, Policy, Sink, StartPosition } from "./model.ts";
import { defaultPolicy } from "./policy.ts";

/** A sink and how it is driven. */
export interface SinkBinding {
  readonly sink: Sink;
  /** Default `defaultPolicy` with the sink's own `defaults`. Only what is given is changed. */
  readonly policy?: Partial<Policy>;
  /** True for the events that the sink is to get; the others are recorded as skipped. Default all. */
  readonly wants?: (event: DirectoryEvent) => boolean;
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
  /** Has the end of the log looked at as soon as it rings. Default none. */
  readonly doorbell?: Doorbell;
  /** How long tries in flight may go on after `drain`, in milliseconds. Default 25,000. */
  readonly drainTimeoutMs?: number;
  /** Events the furthest sink may be behind before reading stops until it has caught up. Default 100,000. */
  readonly backlogMax?: number;
  /** How long upstream keeps events at the least, in milliseconds. Default 30 days. */
  readonly retentionMs?: number;
  /** Told what has happened, once it is on record. Nothing waits for it, and what it throws is logged. */
  readonly onFact?: (fact: Fact) => void;
  /** How long events that every sink has finished stay in the journal, in milliseconds. Default seven days. */
  readonly keptMs?: number;
  readonly runtime?: Runtime;
}

/** When a run ends. */
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
  /** True when the end of the log was reached and every sink finished all of it; only with `once`. */
  readonly isComplete: boolean;
}

/** Reads an ordered log into a journal and delivers it, in order and at least once, to sinks. */
export interface Consumer {
  /**
   * Runs until drained, until the end of the log when `once`, or until an error that cannot pass. What the journal
   * already has is delivered before such an error is thrown.
   * @throws ApiError, ContractError, ConfigError, StateError
   */
  run(options?: RunOptions): Promise<RunReport>;
}

const pollMsDefault = 1_000;

/** Below the 30 s that service managers commonly give a process before they kill it. */
const drainTimeoutMsDefault = 25_000;

/** Events that every sink has finished are kept this long, for dead letters' context and replay. */
const keptMsDefault = 7 * 24 * 60 * 60 * 1_000;
const pruneEveryMs = 60 * 60 * 1_000;
/** Forgotten in one transaction: more would hold deliveries up for a noticeable time. */
const pruneMax = 5_000;
const pruneRestMs = 100;

/**
 * Puts a source, a journal and sinks together. Nothing happens before `run`.
 * @throws ConfigError when two sinks have one name.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  checkNames(options.sinks);
  return { run: (runOptions = {}) => new Run(options, runOptions).run() };
}

class Run {
  readonly #options: ConsumerOptions;
  readonly #runOptions: RunOptions;
  readonly #drain = new AbortController();
  readonly #stop = new AbortController();
  readonly #runtime: Runtime;
  readonly #onFact: OnFact | undefined;
  readonly #dispatchers: readonly Dispatcher[];
  #received = 0;

  constructor(options: ConsumerOptions, runOptions: RunOptions) {
    this.#options = options;
    this.#runOptions = runOptions;
    this.#runtime = options.runtime ?? systemRuntime;
    this.#onFact = options.onFact && guarded(options.onFact, this.#runtime);
    this.#dispatchers = options.sinks.map(
      ({ sink, policy, wants }) =>
        new Dispatcher({
          journal: options.journal,
          sink,
          policy: { ...defaultPolicy, ...sink.defaults, ...policy },
          wants,
          onFact: this.#onFact,
          runtime: this.#runtime,
          drain: this.#drain.signal,
          stop: this.#stop.signal,
        }),
    );
  }

  async run(): Promise<RunReport> {
    const { drain } = this.#runOptions;
    const onDrain = (): void => this.#drain.abort();
    this.#drain.signal.addEventListener("abort", () => void this.#cutOffLater(), { once: true });
    drain?.addEventListener("abort", onDrain, { once: true });
    if (drain?.aborted === true) onDrain();
    const delivering = this.#dispatchers.map((dispatcher) => this.#deliver(dispatcher));
    const delivered = Promise.allSettled(delivering);
    const pruning = this.#pruneNowAndThen();
    try {
      try {
        await this.#read();
      } finally {
        // Whatever ended the reading must not keep back what is already here.
        for (const dispatcher of this.#dispatchers) dispatcher.finish();
        await delivered;
      }
      const sinks = await Promise.all(delivering);
      // Nothing but a request to stop or a halted sink ends a one-shot run early.
      const isComplete = this.#runOptions.once === true && !this.#drain.signal.aborted;
      return { received: this.#received, sinks, isDrained: !this.#stop.signal.aborted, isComplete };
    } finally {
      drain?.removeEventListener("abort", onDrain);
      this.#drain.abort();
      this.#stop.abort();
      await pruning;
    }
  }

  async #read(): Promise<void> {
    const { source, journal, start = { from: "start" }, pollMs = pollMsDefault } = this.#options;
    const { backlogMax, retentionMs, doorbell } = this.#options;
    const onFact = this.#onFact;
    const signal = this.#drain.signal;
    const onAppended = (count: number): void => {
      this.#received += count;
      for (const dispatcher of this.#dispatchers) dispatcher.notify();
    };
    const lowestSeq = (): number | null => this.#lowestSeq();
    const limits = {
      pollMs,
      ...(backlogMax === undefined ? {} : { backlogMax }),
      ...(retentionMs === undefined ? {} : { retentionMs }),
      ...(onFact === undefined ? {} : { onFact }),
      ...(doorbell === undefined ? {} : { doorbell }),
    };
    const { once = false } = this.#runOptions;
    const runtime = this.#runtime;
    try {
      await ingest({ source, journal, start, runtime, once, onAppended, lowestSeq, signal, ...limits });
    } catch (error) {
      // A page that could not be stored just then is read again next time.
      if (!signal.aborted || (isDirsyncError(error) && !error.retryable)) throw error;
    }
  }

  /** A sink that halted is not waited for: it may need a person for days, and the others go on. */
  #lowestSeq(): number | null {
    const marks = this.#dispatchers.filter(({ isHalted }) => !isHalted).map(({ lowSeq }) => lowSeq);
    const known = marks.filter((mark) => mark !== null);
    return known.length === 0 ? null : Math.min(...known);
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

  /** At once too, because a run by cron is over before the hour is. */
  async #pruneNowAndThen(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const isDone = await this.#prune();
      // The rest lets other work in between two steps.
      await this.#runtime.sleep(isDone ? pruneEveryMs : pruneRestMs, signal).catch(() => undefined);
    }
  }

  /** One step. Resolves to true when there is no more to forget for now. */
  async #prune(): Promise<boolean> {
    const runtime = this.#runtime;
    try {
      const count = await this.#options.journal.prune(
        runtime.now() - (this.#options.keptMs ?? keptMsDefault),
        pruneMax,
      );
      if (count > 0) runtime.log.info({ count }, "forgot old events that every sink has finished");
      return count < pruneMax;
    } catch (error) {
      // Keeping events longer than needed is no reason to stop delivering, and what is wrong will stop that by itself.
      runtime.log.warn({ reason: String(error) }, "could not forget old events; will try again");
      return true;
    }
  }
}

/** Whoever watches must not be able to stop what it watches. */
function guarded(onFact: OnFact, { log }: Runtime): OnFact {
  return (fact) => {
    try {
      onFact(fact);
    } catch (error) {
      log.warn({ kind: fact.kind, reason: String(error) }, "the observer of the consumer failed");
    }
  };
}

function checkNames(sinks: readonly SinkBinding[]): void {
  const names = sinks.map(({ sink }) => sink.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ConfigError(`Two sinks are called ${twice}. They would share one mark and each miss events; rename one.`, {
    where: "sinks",
  });
}
