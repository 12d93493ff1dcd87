import { flag, literal, nullish, number, object, text, type Check } from "../contract/check.ts";
import { type WebhookEndpoint, webhookEndpointFields } from "../contract/webhook-endpoint.ts";

/** One webhook endpoint with where it stands (GET /webhook_endpoints/:id of a Dirsync server). Its secret is masked. */
export interface WebhookEndpointStanding extends WebhookEndpoint {
  /** `asked`, `gone` (it answered 410), `failing` (it took nothing for days), or a word of later days. */
  readonly disabled_reason?: string | null | undefined;
  /** Since when every try has failed. */
  readonly failing_since?: string | null | undefined;
  /** Until then the secret before the last one signs as well. */
  readonly previous_secret_expires_at?: string | null | undefined;
  /** Events of the log that its cursor has not passed. */
  readonly events_behind: number;
  /** Deliveries that are under way or wait for their next try. */
  readonly waiting: number;
  /** Deliveries that were given up. */
  readonly dead: number;
}

/** What became of one event and one endpoint (GET /webhook_endpoints/:id/deliveries of a Dirsync server). */
export interface WebhookDelivery {
  readonly object: "webhook_delivery";
  readonly webhook_endpoint_id: string;
  readonly event_id: string;
  /** Name of the event. */
  readonly event: string;
  /** `sending`, `waiting`, `delivered`, `dead`, or a word of later days. */
  readonly status: string;
  /** Tries, since it was last asked for. */
  readonly attempts: number;
  /** True when it was asked for again. */
  readonly is_redelivery: boolean;
  readonly first_attempt_at?: string | null | undefined;
  readonly last_attempt_at?: string | null | undefined;
  /** Set while it waits. */
  readonly next_attempt_at?: string | null | undefined;
  /** Why the last failed try failed. */
  readonly last_error?: { readonly code: string; readonly message: string } | null | undefined;
  readonly [field: string]: unknown;
}

/** A secret that has just been made, in full, and until when the one before is good. */
export interface RotatedSecret extends WebhookEndpoint {
  /** Null when the one before is not good any more. */
  readonly previous_secret_expires_at?: string | null | undefined;
}

/** What a call for deliveries to be made again has set off. */
export interface WebhookRedelivery {
  readonly object: "webhook_redelivery";
  readonly webhook_endpoint_id: string;
  /** How many are delivered again. */
  readonly count: number;
  readonly [field: string]: unknown;
}

/** Checks an endpoint with where it stands. */
export const webhookEndpointStandingCheck: Check<WebhookEndpointStanding> = object({
  ...webhookEndpointFields,
  disabled_reason: nullish(text),
  failing_since: nullish(text),
  previous_secret_expires_at: nullish(text),
  events_behind: number,
  waiting: number,
  dead: number,
});

/** Checks a new secret. */
export const rotatedSecretCheck: Check<RotatedSecret> = object({
  ...webhookEndpointFields,
  previous_secret_expires_at: nullish(text),
});

/** Checks a delivery. */
export const webhookDeliveryCheck: Check<WebhookDelivery> = object({
  object: literal("webhook_delivery"),
  webhook_endpoint_id: text,
  event_id: text,
  event: text,
  status: text,
  attempts: number,
  is_redelivery: flag,
  first_attempt_at: nullish(text),
  last_attempt_at: nullish(text),
  next_attempt_at: nullish(text),
  last_error: nullish(object({ code: text, message: text })),
});

/** Checks what a redelivery has set off. */
export const webhookRedeliveryCheck: Check<WebhookRedelivery> = object({
  object: literal("webhook_redelivery"),
  webhook_endpoint_id: text,
  count: number,
});
