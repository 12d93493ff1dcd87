/**
 * What the server tells those who watch it. Labels are routes as they are declared, methods, statuses, outcomes and ids of
 * webhook endpoints: nothing of a request, nothing about a person.
 */
import { type Fact, MetricRegistry } from "@dirsync/consumer";
import type { Store } from "./store/model.ts";

/** An answered request. */
export interface AnsweredRequest {
  /** Of the route; `any` where it takes several. */
  readonly method: string;
  /** As declared, such as `/directories/:id`; `none` where there is no such address. */
  readonly route: string;
  readonly status: number;
  /** Until the answer began. */
  readonly durationMs: number;
}

/** Every route with each of its statuses, and every endpoint with each outcome. */
const seriesMax = 2_000;

/** Upper ends of the ranges of a SCIM request, in seconds. Providers give up after 30 or more. */
const secondsBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts what happens in this process, and measures the store when somebody asks. */
export class ServerMetrics {
  readonly #registry = new MetricRegistry({ seriesMax });
  readonly #requests = this.#registry.counter("dirsync_server_requests_total", "Requests, by route and status.");
  readonly #scim = this.#registry.histogram(
    "dirsync_server_scim_seconds",
    "Time from a SCIM request to the beginning of its answer.",
    secondsBounds,
  );
  readonly #limited = this.#registry.counter(
    "dirsync_server_rate_limited_total",
    "Requests that were refused because too many came (429).",
  );
  readonly #tries = this.#registry.counter(
    "dirsync_server_webhook_tries_total",
    "Tries to deliver to a webhook endpoint, by how they ended.",
  );
  readonly #pending = this.#registry.gauge(
    "dirsync_server_webhook_pending_events",
    "Events that a webhook endpoint has still to get, those of a disabled one too.",
  );
  readonly #lag = this.#registry.gauge(
    "dirsync_server_webhook_lag_seconds",
    "Age of the oldest event that a webhook endpoint has still to get; 0 without one.",
  );
  readonly #head = this.#registry.gauge("dirsync_server_log_head", "Position of the newest event in the log.");
  readonly #oldest = this.#registry.gauge(
    "dirsync_server_log_oldest_timestamp_seconds",
    "When the oldest event that is kept was made; none in an empty log.",
  );
  readonly #refuses = this.#registry.gauge(
    "dirsync_server_data_file_refuses_writes",
    "1 while the data file cannot be written, as when its disk is full: changes are answered 503.",
  );
  readonly #backup = this.#registry.gauge(
    "dirsync_server_last_backup_timestamp_seconds",
    "When the newest backup was made that was asked of the running server; 0 without one.",
  );
  readonly #nextLockout = this.#registry.gauge(
    "dirsync_server_next_lockout_timestamp_seconds",
    "When the first of the directories is left without a token that may write; none while no token ends so.",
  );
  readonly #lockedOut = this.#registry.gauge(
    "dirsync_server_locked_out_directories",
    "Directories that something has come to and whose tokens that may write have all ended: their provider is refused.",
  );

  constructor() {
    // A counter that is not there until the first refusal hides that refusal from rate().
    this.#limited.add({}, 0);
  }

  answered({ method, route, status, durationMs }: AnsweredRequest): void {
    this.#requests.add({ method, route, status: String(status) });
    if (route.startsWith("/scim/")) this.#scim.observe(Math.max(0, durationMs) / 1_000, { method });
    if (status === 429) this.#limited.add();
  }

  /** What a delivery to an endpoint came to. */
  readonly deliveryEnded = (fact: Fact): void => {
    if (fact.kind !== "delivered" && fact.kind !== "retry" && fact.kind !== "dead") return;
    this.#tries.add({ endpoint: fact.sink, outcome: fact.kind });
  };

  /** Everything, as Prometheus reads it, with the store as it is now. @throws StateError */
  async text(store: Store, nowMs: number): Promise<string> {
    const { head, oldestAt, lags, backupAt, ...access } = await store.read(async ({ log, measures, lineage }) => ({
      head: await log.headSeq(),
      oldestAt: await measures.oldestEventAt(),
      lags: await measures.endpointLags(),
      backupAt: (await lineage.find())?.last_backup_at ?? null,
      nextLockoutMs: await measures.nextLockoutMs(),
      lockedOut: await measures.lockedOut(),
    }));
    this.#refuses.set((await store.takesWrites()) ? 0 : 1);
    for (const gauge of [this.#oldest, this.#pending, this.#lag, this.#nextLockout]) gauge.clear();
    this.#head.set(head);
    if (oldestAt !== null) this.#oldest.set(Date.parse(oldestAt) / 1_000);
    if (access.nextLockoutMs !== null) this.#nextLockout.set(access.nextLockoutMs / 1_000);
    this.#lockedOut.set(access.lockedOut);
    this.#backup.set(backupAt === null ? 0 : Date.parse(backupAt) / 1_000);
    for (const { id: endpoint, pending, oldestPendingAt } of lags) {
      const ageMs = oldestPendingAt === null ? 0 : Math.max(0, nowMs - Date.parse(oldestPendingAt));
      this.#pending.set(pending, { endpoint });
      this.#lag.set(ageMs / 1_000, { endpoint });
    }
    return this.#registry.text();
  }
}
