import { isDirsyncError, type Runtime, systemRuntime } from "@dirsync/sdk";
import { Dispatcher } from "./dispatch/dispatch.ts";
import type { DispatchReport } from "./dispatch/dispatch-options.ts";
import type { OnFact } from "./dispatch/dispatch-log.ts";
import { BackPressure } from "./ingest/back-pressure.ts";
import { ingest } from "./ingest/ingest.ts";
import type { Journal } from "./journal/model.ts";
import type { Fact } from "./fact.ts";
import type { Doorbell, EventSource, StartPosition } from "./model.ts";
import { defaultPolicy } from "./policy.ts";
import { pruneNowAndThen } from "./prune.ts";
import type { ListsSource } from "./scan/model.ts";
import { Reading } from "./scan/reading.ts";
import { Scanner } from "./scan/scanner.ts";
import { checkSinks, settleUnknown, type SinkBinding } from "./sink-binding.ts";
import { knowing } from "./unknown-events.ts";

/** How a consumer scans what upstream lists, and when without being asked. */
export interface ScanOptions {
  readonly lists: ListsSource;
  /**
   * How long a change may be visible in the log and not in the lists, or the other way round, in milliseconds. A scan
   * waits once for so long, and is wrong where it is longer. Default 30,000.
   */
  readonly skewMs?: number;
  /** False to leave gaps to people. Default true: a gap is closed by a scan of everything. */
  readonly onGap?: boolean;
  /** Milliseconds from the end of one scan to the next. Default never. */
  readonly everyMs?: number | undefined;
}

/** What a consumer is made of. It takes no ownership: closing the journal and the sinks is the caller's. */
export interface ConsumerOptions {
  readonly source: EventSource;
  readonly journal: Journal;
  readonly sinks: readonly SinkBinding[];
  /** Types of events that are known although the SDK does not know them: those asked for by name. Default none. */
  readonly knownEvents?: readonly string[] | undefined;
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
  /** Bytes that those events may come to, as JSON; at most a page more. Default 1 GiB. */
  readonly backlogBytesMax?: number;
  /** How long upstream keeps events at the least, in milliseconds. Default 30 days. */
  readonly retentionMs?: number;
  /**
   * True where this log has been read before with the same key: a key or a certificate that is refused is then waited for from
   * the beginning, and not a mistake to end with. Default false.
   */
  readonly hasContact?: boolean;
  /** Told what has happened, once it is on record. Nothing waits for it, and what it throws is logged. */
  readonly onFact?: (fact: Fact) => void;
  /** Told of a sink that has halted, while the others go on. It must not throw. */
  readonly onHalted?: (report: DispatchReport) => void;
  /** How long events that every sink has finished stay in the journal, in milliseconds. Default seven days. */
  readonly keptMs?: number;
  /** What scans need. Default none: what is asked for waits for a consumer that has it. */
  readonly scan?: ScanOptions;
  readonly runtime?: Runtime;
}

/** When a run ends. */
export interface RunOptions {
  /**
   * True to stop once the end of the log is reached, no scan can be gone on with and every sink has finished. Default
   * false.
   */
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

/** Copies of a service agree within seconds; what else may come between, nobody says. */
const skewMsDefault = 30_000;

/** Below the 30 s that service managers commonly give a process before they kill it. */
const drainTimeoutMsDefault = 25_000;

/**
 * Puts a source, a journal and sinks together. Nothing happens before `run`.
 * @throws ConfigError when two sinks have one name, or something else is no sink.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  checkSinks(options.sinks);
  return { run: (runOptions = {}) => new Run(options, runOptions).run() };
}

class Run {
  readonly #options: ConsumerOptions;
  readonly #runOptions: RunOptions;
  readonly #drain = new AbortController();
  readonly #stop = new AbortController();
  /** Aborted when the log is not read any more. */
  readonly #unread = new AbortController();
  readonly #runtime: Runtime;
  readonly #onFact: OnFact | undefined;
  readonly #dispatchers: readonly Dispatcher[];
  readonly #reading: Reading | null;
  readonly #scanner: Scanner | null;
  #received = 0;

  constructor(options: ConsumerOptions, runOptions: RunOptions) {
    this.#options = options;
    this.#runOptions = runOptions;
    this.#runtime = options.runtime ?? systemRuntime;
    this.#onFact = options.onFact && guarded(options.onFact, this.#runtime);
    const isKnown = knowing(options.knownEvents ?? []);
    const bindings = options.sinks.map((binding) => settleUnknown(binding, isKnown));
    this.#dispatchers = bindings.map(
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
    const { scan } = options;
    this.#reading = scan === undefined ? null : new Reading(this.#runtime, scan.skewMs ?? skewMsDefault);
    this.#scanner = scan === undefined || this.#reading === null ? null : this.#scannerOf(scan, this.#reading);
  }

  async run(): Promise<RunReport> {
    const { drain } = this.#runOptions;
    const onDrain = (): void => this.#drain.abort();
    this.#drain.signal.addEventListener("abort", () => void this.#cutOffLater(), { once: true });
    drain?.addEventListener("abort", onDrain, { once: true });
    if (drain?.aborted === true) onDrain();
    const delivering = this.#dispatchers.map((dispatcher) => this.#deliver(dispatcher));
    const delivered = Promise.allSettled(delivering);
    const { journal, keptMs } = this.#options;
    const pruning = pruneNowAndThen({ journal, keptMs, runtime: this.#runtime, signal: this.#stop.signal });
    const scanning = this.#scan();
    scanning.catch(() => undefined);
    try {
      try {
        await this.#read();
      } finally {
        this.#unread.abort();
        await scanning.catch(() => undefined);
        // Whatever ended the reading must not keep back what is already here.
        for (const dispatcher of this.#dispatchers) dispatcher.finish();
        await delivered;
      }
      await scanning;
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
    const { retentionMs, doorbell, hasContact, knownEvents } = this.#options;
    const [onFact, runtime, signal] = [this.#onFact, this.#runtime, this.#drain.signal];
    const onAppended = (count: number): void => {
      this.#received += count;
      this.#notify();
    };
    const limits = { pollMs, retentionMs, hasContact, pressure: this.#pressure(), reading: this.#reading ?? undefined };
    const isNeeded = async (): Promise<boolean> => (await this.#scanner?.isNeeded()) ?? false;
    const wakes = { doorbell, onFact, onAppended, isNeeded, knownEvents };
    const { once = false } = this.#runOptions;
    try {
      await ingest({ source, journal, start, runtime, once, signal, ...limits, ...wakes });
    } catch (error) {
      // A page that could not be stored just then is read again next time.
      if (!signal.aborted || (isDirsyncError(error) && !error.retryable)) throw error;
    }
  }

  #notify(): void {
    for (const dispatcher of this.#dispatchers) dispatcher.notify();
  }

  #scannerOf({ lists, onGap = true, everyMs }: ScanOptions, reading: Reading): Scanner {
    const { journal } = this.#options;
    const pressure = this.#pressure();
    return new Scanner({
      lists,
      journal,
      reading,
      runtime: this.#runtime,
      onGap,
      everyMs: everyMs ?? null,
      once: this.#runOptions.once === true,
      isFull: () => pressure.isTooFarAhead(reading.headSeq),
      onMade: (headSeq) => {
        reading.noteMade(headSeq);
        this.#notify();
      },
      signal: AbortSignal.any([this.#drain.signal, this.#unread.signal]),
    });
  }

  #pressure(): BackPressure {
    const { journal, backlogMax, backlogBytesMax } = this.#options;
    const { log } = this.#runtime;
    return new BackPressure({ journal, backlogMax, backlogBytesMax, log, lowestSeq: () => this.#lowestSeq() });
  }

  async #scan(): Promise<void> {
    try {
      await this.#scanner?.run();
    } catch (error) {
      // Whoever waits for the scan must not wait for ever.
      this.#drain.abort();
      throw error;
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
      if (report.halted !== null) this.#options.onHalted?.(report);
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
