/**
 * One webhook endpoint as a cursor on the server's log, in the form the consumer's dispatch works with.
 *
 * A row of the endpoint holds the cursor; a delivery has a row from its first try on. So an event without a row above the
 * cursor is one still to be delivered, and nothing has to be written for it when it is appended: there is no event without
 * its deliveries. Rows stay when the cursor passes them, as the delivery log.
 */
import type { DirectoryEvent } from "@dirsync/sdk";
import type { DispatchJournal, KeptEntry, Outcome, SinkPosition, Step, WorkItem } from "@dirsync/consumer";
import type { Data, Store } from "../store/model.ts";
import type { WebhookEndpointRow } from "../store/tables.ts";
import type { WebhookDeliveries, WebhookWork } from "../store/webhook-model.ts";
import { failingMsMax } from "./schedule.ts";

/** Why the server has disabled an endpoint by itself. */
export type DisabledReason = "gone" | "failing";

/** What a journal works on. */
export interface EndpointJournalOptions {
  readonly store: Store;
  readonly endpointSeq: number;
  readonly nowMs: () => number;
  /** Told once it is on record that the endpoint is disabled. */
  readonly onDisabled: (reason: DisabledReason) => void;
}

/**
 * A try that a crash of the server has cut off is not charged, or a server that crashes ten times within a minute would
 * give events up that were never sent. After this long it is: should an event itself be what crashes the server, the
 * server is worth more than the event.
 */
const refundedMs = 60 * 60 * 1_000;

/** Codes of tries that say nothing about the receiver: we were stopping. */
const ownCodes = new Set(["sink_stopped", "sink_closed", "not_begun"]);

/** What is to be delivered to one endpoint, and what became of it. */
export class EndpointJournal implements DispatchJournal {
  readonly #options: EndpointJournalOptions;
  /** Begun, or asked for again: those of which there is a row. */
  readonly #recorded = new Set<number>();
  #epoch = 0;
  #requests = 0;

  constructor(options: EndpointJournalOptions) {
    this.#options = options;
  }

  /** Grows each time delivering to this endpoint begins. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Says that deliveries were asked for again. */
  ask(): void {
    this.#requests += 1;
  }

  async addSink(_name: string, waitUntilMs: number = Number.MAX_SAFE_INTEGER): Promise<SinkPosition> {
    const { store, endpointSeq, nowMs } = this.#options;
    return await store.write(async (data) => {
      const endpoint = await data.webhookEndpoints.findBySeq(endpointSeq);
      if (endpoint === undefined) return { lowSeq: 0, finishedAbove: [] };
      this.#epoch = endpoint.epoch + 1;
      await data.webhookEndpoints.update(endpointSeq, { epoch: this.#epoch });
      const deliveries = data.webhookDeliveries(endpointSeq);
      await deliveries.refund(nowMs() - refundedMs);
      await deliveries.waitNoLongerThan(waitUntilMs);
      return { lowSeq: endpoint.low_seq, finishedAbove: await deliveries.finishedAbove(endpoint.low_seq) };
    });
  }

  async read(_name: string, above: number, limit: number): Promise<readonly WorkItem[]> {
    const { store, endpointSeq } = this.#options;
    const work = await store.read(async (data) => {
      const endpoint = await data.webhookEndpoints.findBySeq(endpointSeq);
      if (endpoint === undefined) return [];
      return await data.webhookDeliveries(endpointSeq).unfinished({ above, lowSeq: endpoint.low_seq, limit });
    });
    for (const { seq, attempts } of work) if (attempts !== null) this.#recorded.add(seq);
    return work.map(toWorkItem);
  }

  requests(): Promise<number> {
    return Promise.resolve(this.#requests);
  }

  /** Deliveries are not ordered, so none overtakes another. */
  withdrawOvertaken(): Promise<number> {
    return Promise.resolve(0);
  }

  /** Nothing is ever parked behind a dead letter. */
  kept(): Promise<readonly KeptEntry[]> {
    return Promise.resolve([]);
  }

  async step(_name: string, step: Step): Promise<void> {
    const { store, endpointSeq, onDisabled } = this.#options;
    const reason = await store.write(async (data) => {
      const endpoint = await data.webhookEndpoints.findBySeq(endpointSeq);
      // It was deleted with everything on record about it, while this was under way.
      if (endpoint === undefined) return null;
      const deliveries = data.webhookDeliveries(endpointSeq);
      for (const outcome of step.finished) await settle(deliveries, outcome, step.nowMs);
      await deliveries.forget(step.finished.filter((outcome) => this.#isUnwanted(outcome)).map(({ seq }) => seq));
      await deliveries.begin(step.started, step.nowMs);
      return await moveEndpoint(data, endpoint, step);
    });
    for (const { seq, result } of step.finished)
      if (result !== "retry" && result !== "released") this.#recorded.delete(seq);
    for (const seq of step.started) this.#recorded.add(seq);
    if (reason !== null) onDisabled(reason);
  }

  /** True for what was begun, and is of a kind that the endpoint does not want any more. */
  #isUnwanted({ seq, result }: Outcome): boolean {
    return result === "skipped" && this.#recorded.has(seq);
  }
}

function toWorkItem(work: WebhookWork): WorkItem {
  return {
    seq: work.seq,
    event: JSON.parse(work.body) as DirectoryEvent,
    attempts: work.attempts ?? 0,
    nextAtMs: work.next_at_ms ?? 0,
    replay: work.is_redelivery === 1,
  };
}

async function settle(deliveries: WebhookDeliveries, outcome: Outcome, nowMs: number): Promise<void> {
  const { seq, result } = outcome;
  switch (result) {
    case "delivered":
      await deliveries.change(seq, { state: "delivered", last_at_ms: nowMs, failure: null });
      return;
    case "dead":
      await deliveries.change(seq, { state: "dead", last_at_ms: nowMs, failure: failureText(outcome) });
      return;
    case "retry": {
      const { attempts, nextAtMs } = outcome;
      await deliveries.change(seq, { state: "waiting", attempts, next_at_ms: nextAtMs, failure: failureText(outcome) });
      return;
    }
    case "released":
      await deliveries.change(seq, { state: "waiting", attempts: outcome.attempts, next_at_ms: outcome.nextAtMs });
      return;
    case "skipped":
    case "parked":
      // The cursor passes over it. Read again after a restart, it is sorted out again.
      return;
    default:
      return result satisfies never;
  }
}

function failureText({ failure }: Extract<Outcome, { readonly failure: unknown }>): string {
  return JSON.stringify({ code: failure.code, message: failure.message });
}

/** Moves the cursor, and judges the endpoint by what its tries came to. Resolves to why it is disabled from now on. */
async function moveEndpoint(data: Data, endpoint: WebhookEndpointRow, step: Step): Promise<DisabledReason | null> {
  const failingSinceMs = failingSince(endpoint, step);
  const reason = endpoint.status === "enabled" ? reasonToDisable(step, failingSinceMs) : null;
  const lowSeq = Math.max(endpoint.low_seq, step.lowSeq);
  if (lowSeq === endpoint.low_seq && failingSinceMs === endpoint.failing_since_ms && reason === null) return null;
  await data.webhookEndpoints.update(endpoint.seq, {
    low_seq: lowSeq,
    failing_since_ms: failingSinceMs,
    ...(reason === null ? {} : { status: "disabled", disabled_reason: reason }),
  });
  return reason;
}

function failingSince(endpoint: WebhookEndpointRow, { finished, nowMs }: Step): number | null {
  if (finished.some(({ result }) => result === "delivered")) return null;
  return finished.some(isRefusal) ? (endpoint.failing_since_ms ?? nowMs) : endpoint.failing_since_ms;
}

function reasonToDisable({ finished, nowMs }: Step, failingSinceMs: number | null): DisabledReason | null {
  // Standard Webhooks 1.0: 410 says that the endpoint is gone, and no more is to be sent there.
  if (finished.some((outcome) => "failure" in outcome && outcome.failure.verdict === "halt")) return "gone";
  const isFailing = failingSinceMs !== null && nowMs - failingSinceMs >= failingMsMax && finished.some(isRefusal);
  return isFailing ? "failing" : null;
}

function isRefusal(outcome: Outcome): boolean {
  return "failure" in outcome && !ownCodes.has(outcome.failure.code);
}
