import { type Runtime, timestampMs } from "@dirsync/sdk";
import type { Fact } from "../fact.ts";
import type { Failure, WorkItem } from "../model.ts";

/** Takes what has happened. */
export type OnFact = (fact: Fact) => void;

/** Says what happens to a sink's events: to people where they should know, and to whoever observes once it is on record. */
export class DispatchLog {
  readonly #sink: string;
  readonly #runtime: Runtime;
  readonly #onFact: OnFact | undefined;
  /** What is not on record yet. */
  #facts: Fact[] = [];
  #isOpen = false;

  constructor(sink: string, runtime: Runtime, onFact: OnFact | undefined) {
    this.#sink = sink;
    this.#runtime = runtime;
    this.#onFact = onFact;
  }

  /** What was said so far is on record. */
  recorded(): void {
    if (this.#facts.length === 0) return;
    const facts = this.#facts;
    this.#facts = [];
    for (const fact of facts) this.#onFact?.(fact);
  }

  delivered({ seq, event, replay }: WorkItem): void {
    if (this.#onFact === undefined) return;
    const madeAtMs = timestampMs(event.created_at);
    const latencyMs = madeAtMs === null ? null : this.#runtime.now() - madeAtMs;
    this.#note({ kind: "delivered", sink: this.#sink, seq, event, latencyMs, replay });
  }

  skipped(seq: number): void {
    this.#note({ kind: "skipped", sink: this.#sink, seq });
  }

  parked({ seq, event }: WorkItem): void {
    const fields = { sink: this.#sink, event_id: event.id, seq };
    this.#runtime.log.warn(fields, "an event is parked behind a dead letter, until that one is retried or discarded");
    this.#note({ kind: "parked", sink: this.#sink, seq });
  }

  retry(item: WorkItem, failure: Failure, nextAtMs: number): void {
    const fields = { ...this.#fields(item, failure), attempt: item.attempts + 1 };
    const retryInMs = nextAtMs - this.#runtime.now();
    this.#runtime.log.warn({ ...fields, retry_in_ms: retryInMs }, "delivery failed; will try again");
    this.#note({ kind: "retry", sink: this.#sink, seq: item.seq, failure, nextAtMs });
  }

  dead(item: WorkItem, failure: Failure): void {
    const fields = { ...this.#fields(item, failure), event: item.event.event };
    this.#runtime.log.error(fields, "gave an event up; it is kept as a dead letter");
    this.#note({ kind: "dead", sink: this.#sink, seq: item.seq, failure });
  }

  halted(item: WorkItem, failure: Failure): void {
    const message = "sink halted; it takes no more events until the process is started again";
    this.#runtime.log.error(this.#fields(item, failure), message);
    this.#note({ kind: "halted", sink: this.#sink, seq: item.seq, failure });
  }

  /** Says so when this has changed. */
  circuit(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    const fields = { sink: this.#sink };
    if (isOpen)
      this.#runtime.log.warn(fields, "the sink seems to be down; one event at a time is tried, free of charge");
    else this.#runtime.log.info(fields, "the sink is tried as usual again");
    this.#note({ kind: "circuit", sink: this.#sink, isOpen });
  }

  #note(fact: Fact): void {
    if (this.#onFact !== undefined) this.#facts.push(fact);
  }

  #fields({ event, seq }: WorkItem, { message }: Failure): object {
    return { sink: this.#sink, event_id: event.id, seq, reason: message };
  }
}
