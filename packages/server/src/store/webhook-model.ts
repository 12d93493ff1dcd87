import type { NewWebhookEndpoint, WebhookDeliveryRow, WebhookEndpointRow } from "./tables.ts";
import type { Window } from "./windows.ts";

/** Addresses that are told of events. */
export interface WebhookEndpoints {
  insert(row: NewWebhookEndpoint): Promise<WebhookEndpointRow>;
  find(id: string): Promise<WebhookEndpointRow | undefined>;
  findBySeq(seq: number): Promise<WebhookEndpointRow | undefined>;
  findByUrlKey(urlKey: string): Promise<WebhookEndpointRow | undefined>;
  list(window: Window): Promise<WebhookEndpointRow[]>;
  update(seq: number, changes: Partial<NewWebhookEndpoint>): Promise<WebhookEndpointRow>;
  /**
   * Moves the cursors of endpoints up to here, where they are enabled and still want the same events. Resolves to the seqs of
   * those that it has moved.
   */
  passOver(endpoints: readonly Pick<WebhookEndpointRow, "seq" | "events">[], upTo: number): Promise<number[]>;
  /** Removes the endpoint and everything on record about it. */
  remove(seq: number): Promise<void>;
}

/** An event with what is on record about its delivery; nulls where nothing is. */
export interface WebhookWork {
  readonly seq: number;
  readonly body: string;
  readonly attempts: number | null;
  readonly next_at_ms: number | null;
  readonly is_redelivery: number | null;
}

/** A delivery with its event. */
export interface ListedDelivery extends WebhookDeliveryRow {
  readonly seq: number;
  /** Of the event. */
  readonly id: string;
  readonly name: string;
}

/** What becomes of a delivery. */
export type DeliveryChange = Partial<Omit<WebhookDeliveryRow, "endpoint_seq" | "event_seq">>;

/** Which deliveries are meant: those that are all of what is given. */
export interface DeliverySelection {
  readonly states: readonly WebhookDeliveryRow["state"][];
  readonly eventSeqs?: readonly number[];
  /** Exclusive. */
  readonly above: number;
  readonly below: number;
}

/** Deliveries of one endpoint. */
export interface WebhookDeliveries {
  /** Events after `above` that are not finished, oldest first: those the cursor has passed only if begun again. */
  unfinished(window: { above: number; lowSeq: number; limit: number }): Promise<WebhookWork[]>;
  /** Seqs above the cursor that are finished all the same. */
  finishedAbove(lowSeq: number): Promise<number[]>;
  /** Nothing waits longer than until then. */
  waitNoLongerThan(untilMs: number): Promise<void>;
  /** Takes back the charge of tries that a crash has cut off, of what was first tried after then. */
  refund(firstTriedAfterMs: number): Promise<void>;
  /** Puts tries on record, before they are made. */
  begin(eventSeqs: readonly number[], nowMs: number): Promise<void>;
  change(eventSeq: number, change: DeliveryChange): Promise<void>;
  forget(eventSeqs: readonly number[]): Promise<void>;
  /** Has events delivered once more, with fresh tries. Resolves to how many of those on record. */
  redeliver(selection: DeliverySelection): Promise<number>;
  /** The same for one event that nothing is on record about. */
  deliverOnce(eventSeq: number): Promise<void>;
  find(eventSeq: number): Promise<WebhookDeliveryRow | undefined>;
  /** Place of an event that was dropped from the log; null for any other. */
  placeOfDropped(eventId: string): Promise<number | null>;
  count(states: readonly WebhookDeliveryRow["state"][]): Promise<number>;
  page(states: readonly WebhookDeliveryRow["state"][], window: Window): Promise<ListedDelivery[]>;
  /** Forgets up to `limit` deliveries below the cursor that were finished before then. Resolves to how many. */
  prune(window: { beforeMs: number; lowSeq: number; limit: number }): Promise<number>;
}
