/**
 * What `/metrics` tells. Labels are names of sinks and outcomes: no id, no address, nothing about a person, and so few
 * that it stays small.
 */
import type { StreamStatus } from "@dirsync/consumer";
import type { OutcomeFacts, RequestHooks } from "@dirsync/sdk";
import { version } from "../version.ts";
import { DeliveryMetrics } from "./delivery-metrics.ts";
import { Registry } from "./registry.ts";

/** What is measured when somebody asks. */
export interface Moment {
  readonly status: StreamStatus;
  readonly nowMs: number;
  /** How long the service keeps events. */
  readonly retentionMs: number;
}

/** Counts what happens and measures what is, for one process. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#registry.counter("dirsync_requests_total", "Requests to the service, by their outcome.");
  readonly #head = this.#registry.gauge("dirsync_journal_head", "Position of the newest event in the journal.");
  readonly #caughtUp = this.#registry.gauge(
    "dirsync_caught_up_timestamp_seconds",
    "When the service was last read to the end of its log.",
  );
  readonly #expiry = this.#registry.gauge(
    "dirsync_unread_expiry_seconds",
    "Time left until events that have not been read may expire at the service.",
  );
  readonly #lag = this.#registry.gauge("dirsync_lag_events", "Events in the journal that a sink is not finished with.");
  readonly #delivered = this.#registry.gauge("dirsync_delivered_events", "Events that a sink has taken, ever.");
  readonly #dead = this.#registry.gauge("dirsync_dead_letters", "Events a sink gave up on that await a decision.");
  readonly #gaps = this.#registry.gauge(
    "dirsync_open_gaps",
    "Times in which the service may have lost events that were never read, and that nobody has closed.",
  );
  readonly #refused = this.#registry.gauge(
    "dirsync_source_dead_letters",
    "What the service listed as events and what are none.",
  );
  /** What the consumer says. */
  readonly deliveries = new DeliveryMetrics(this.#registry);
  /** What the client says. */
  readonly hooks: RequestHooks = {
    onResponse: (_attempt, outcome) => this.#requests.add({ outcome: outcomeOf(outcome) }),
  };

  constructor() {
    this.#registry.gauge("dirsync_info", "The version that runs.").set(1, { version });
  }

  /** Everything, with the journal as it is now. */
  text({ status, nowMs, retentionMs }: Moment): string {
    this.#head.set(status.headSeq);
    if (status.caughtUpAtMs !== null) {
      this.#caughtUp.set(status.caughtUpAtMs / 1_000);
      this.#expiry.set((status.caughtUpAtMs + retentionMs - nowMs) / 1_000);
    }
    this.#gaps.set(status.gaps.length);
    this.#refused.set(status.sourceDeadLetters);
    for (const gauge of [this.#lag, this.#delivered, this.#dead]) gauge.clear();
    for (const { name, pending, delivered, deadLetters } of status.sinks) {
      this.#lag.set(pending, { sink: name });
      this.#delivered.set(delivered, { sink: name });
      this.#dead.set(deadLetters, { sink: name });
    }
    return this.#registry.text();
  }
}

/** One of a few words, whatever the service answers. */
export function outcomeOf({ status, errorCode }: OutcomeFacts): string {
  if (status === null) return "unreachable";
  if (status === 401 || status === 403) return "refused";
  if (status === 429) return "rate_limited";
  if (status >= 500) return "service_error";
  return errorCode === null ? "ok" : "error";
}
