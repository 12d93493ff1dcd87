import type { Runtime } from "@dirsync/sdk";
import type { Failure, WorkItem } from "./model.ts";

/** Says what happens to a sink's events where a person should know. */
export class DispatchLog {
  readonly #sink: string;
  readonly #runtime: Runtime;

  constructor(sink: string, runtime: Runtime) {
    this.#sink = sink;
    this.#runtime = runtime;
  }

  retry(item: WorkItem, failure: Failure, nextAtMs: number): void {
    const fields = { ...this.#fields(item, failure), attempt: item.attempts + 1 };
    const retryInMs = nextAtMs - this.#runtime.now();
    this.#runtime.log.warn({ ...fields, retry_in_ms: retryInMs }, "delivery failed; will try again");
  }

  dead(item: WorkItem, failure: Failure): void {
    const fields = { ...this.#fields(item, failure), event: item.event.event };
    this.#runtime.log.error(fields, "gave an event up; it is kept as a dead letter");
  }

  halted(item: WorkItem, failure: Failure): void {
    const message = "sink halted; it takes no more events until the process is started again";
    this.#runtime.log.error(this.#fields(item, failure), message);
  }

  #fields({ event, seq }: WorkItem, { message }: Failure): object {
    return { sink: this.#sink, event_id: event.id, seq, reason: message };
  }
}
