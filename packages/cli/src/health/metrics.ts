/**
 * What `/metrics` tells. Labels are names of sinks and outcomes: no id, no address, nothing about a person, and so few
 * that it stays small.
 */
import type { ScanStatus, StreamStatus } from "@dirsync/consumer";
import type { OutcomeFacts, RequestHooks } from "@dirsync/sdk";
import { version } from "../version.ts";
import { DeliveryMetrics } from "./delivery-metrics.ts";
import { MetricRegistry } from "@dirsync/consumer";

/** What is measured when somebody asks. */
export interface Moment {
  readonly status: StreamStatus;
  /** The newest scan; null when there was none. */
  readonly scan: ScanStatus | null;
  readonly nowMs: number;
  /** How long the service keeps events. */
  readonly retentionMs: number;
  /** True while an older configuration is at work because the newest was not taken. */
  readonly isRefused: boolean;
  /** True while the state file is not the one at its path. */
  readonly isDisplaced: boolean;
  /** True while somebody waits for the state file to take writes. */
  readonly isHeld: boolean;
}

/** Counts what happens and measures what is, for one process. */
export class Metrics {
  readonly #registry = new MetricRegistry();
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
  readonly #lagSeconds = this.#registry.gauge(
    "dirsync_lag_seconds",
    "Age of the oldest event that a sink is not finished with; 0 without one.",
  );
  readonly #parked = this.#registry.gauge(
    "dirsync_parked_events",
    "Events that wait until a person has decided about a dead letter before them.",
  );
  readonly #parkedSeconds = this.#registry.gauge(
    "dirsync_parked_seconds",
    "Age of the oldest parked event; 0 without one.",
  );
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
  readonly #unknown = this.#registry.gauge(
    "dirsync_unknown_events",
    "Events of types that this version does not know, ever.",
  );
  readonly #refusedReload = this.#registry.gauge(
    "dirsync_configuration_refused",
    "1 while an older configuration is at work, because the newest was not taken.",
  );
  readonly #displaced = this.#registry.gauge(
    "dirsync_state_file_displaced",
    "1 while the state file that is in use is not at its path: it was deleted, or another was put there.",
  );
  readonly #held = this.#registry.gauge(
    "dirsync_state_file_refuses_writes",
    "1 while everything waits because the state file cannot be written, as when its disk is full.",
  );
  readonly #drift = this.#registry.gauge(
    "dirsync_drift",
    "What the newest complete scan of everything found the log had not told: 0 in health, all there is after a backfill.",
  );
  readonly #scanned = this.#registry.gauge("dirsync_scan_completed_timestamp_seconds", "When that scan ended.");
  readonly #waiting = this.#registry.gauge(
    "dirsync_deletions_waiting",
    "Deletions that a scan found and that wait until a person has approved them.",
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
  text({ status, scan, nowMs, retentionMs, ...facts }: Moment): string {
    this.#refusedReload.set(facts.isRefused ? 1 : 0);
    this.#displaced.set(facts.isDisplaced ? 1 : 0);
    this.#held.set(facts.isHeld ? 1 : 0);
    this.#head.set(status.headSeq);
    if (status.caughtUpAtMs !== null) {
      this.#caughtUp.set(status.caughtUpAtMs / 1_000);
      this.#expiry.set((status.caughtUpAtMs + retentionMs - nowMs) / 1_000);
    }
    this.#gaps.set(status.gaps.length);
    this.#refused.set(status.sourceDeadLetters);
    this.#unknown.set(status.unknownTypes.reduce((sum, { count }) => sum + count, 0));
    this.#measureScan(scan);
    this.#measureSinks(status.sinks, nowMs);
    return this.#registry.text();
  }

  #measureScan(scan: ScanStatus | null): void {
    const brakes = scan?.state === "braked" ? scan.brakes.filter(({ isApproved }) => !isApproved) : [];
    this.#waiting.set(brakes.reduce((sum, { count }) => sum + count, 0));
    // One that is under way has not found everything yet, and one of a part says nothing of the rest: the one before counts.
    if (scan?.state !== "complete" || scan.endedAtMs === null || !isOfEverything(scan)) return;
    this.#scanned.set(scan.endedAtMs / 1_000);
    for (const [kind, { created, updated, deleted }] of Object.entries(scan.tallies)) {
      this.#drift.set(created, { kind, action: "create" });
      this.#drift.set(updated, { kind, action: "update" });
      this.#drift.set(deleted, { kind, action: "delete" });
    }
  }

  #measureSinks(sinks: StreamStatus["sinks"], nowMs: number): void {
    const perSink = [this.#lag, this.#lagSeconds, this.#parked, this.#parkedSeconds, this.#delivered, this.#dead];
    for (const gauge of perSink) gauge.clear();
    for (const { name, ...sink } of sinks) {
      this.#lag.set(sink.pending, { sink: name });
      this.#lagSeconds.set(ageSeconds(sink.oldestPendingAtMs, nowMs), { sink: name });
      this.#parked.set(sink.parked, { sink: name });
      this.#parkedSeconds.set(ageSeconds(sink.oldestParkedAtMs, nowMs), { sink: name });
      this.#delivered.set(sink.delivered, { sink: name });
      this.#dead.set(sink.deadLetters, { sink: name });
    }
  }
}

function ageSeconds(sinceMs: number | null, nowMs: number): number {
  return sinceMs === null ? 0 : Math.max(0, nowMs - sinceMs) / 1_000;
}

/** One of a few words, whatever the service answers. */
export function outcomeOf({ status, errorCode }: OutcomeFacts): string {
  if (errorCode === "tls") return "untrusted";
  if (status === null) return "unreachable";
  if (status === 401 || status === 403) return "refused";
  if (status === 429) return "rate_limited";
  if (status >= 500) return "service_error";
  return errorCode === null ? "ok" : "error";
}

function isOfEverything({ cause, scope }: ScanStatus): boolean {
  return cause !== "late" && scope.directoryIds === undefined && scope.organizationId === undefined;
}
