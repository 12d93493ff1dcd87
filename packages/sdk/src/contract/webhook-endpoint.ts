import { type Check, type FieldChecks, list, literal, object, optional, text } from "./check.ts";

/**
 * One address that is told of events (GET /webhook_endpoints). Fields this type does not name are kept. Printing the
 * object shows its secret masked; writing it as JSON does not, because that is how it is stored.
 */
export interface WebhookEndpoint {
  readonly object?: "webhook_endpoint" | undefined;
  readonly id: string;
  readonly endpoint_url: string;
  /** Signs every delivery. A service may show it in full only when the endpoint is created. */
  readonly secret: string;
  /** `enabled`, `disabled`, or a word of later days. */
  readonly status: string;
  readonly events: readonly string[];
  readonly created_at: string;
  readonly updated_at: string;
  readonly [field: string]: unknown;
}

/** The checks of every answer that is an endpoint, whatever else it says. */
export const webhookEndpointFields: FieldChecks<WebhookEndpoint> = {
  object: optional(literal("webhook_endpoint")),
  id: text,
  endpoint_url: text,
  secret: text,
  status: text,
  events: list(text),
  created_at: text,
  updated_at: text,
};

/** Checks a webhook endpoint. */
export const webhookEndpointCheck: Check<WebhookEndpoint> = object(webhookEndpointFields);
