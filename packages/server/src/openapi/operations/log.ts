import type { Operations } from "../operation.ts";

const unknownEndpoint = { because: "`entity_not_found`: there is no such endpoint." };
const duplicateEndpoint = { because: "`duplicate_endpoint`: another endpoint has this address." };
const invalidEndpoint = {
  because: "`invalid_request_parameters`, or `invalid_url`: an address that webhooks may not go to.",
};

/** The log of events, and webhook endpoints that are told of it. */
export const logOperations: Operations = {
  "GET /events": {
    operationId: "listEvents",
    tag: "Events",
    summary: "Read a page of the log, oldest first",
    description:
      "`after` is the id of the last event that is known. A cursor that the log does not hold is refused and never answered with the first page.",
    query: ["events", "limit", "order", "after", "before", "organizationId", "rangeStart", "rangeEnd"],
    success: { status: 200, schema: "EventList" },
    refusals: {
      400: {
        because:
          "`invalid_events_request`: a name that is no event's, or `after` beside `range_start`. `event_cursor_not_found`: the log does not hold that event; `oldest_event_id` is the oldest that it holds. `event_cursor_rolled_back`: the log was restored from a backup made before it; go on after `last_event_id`.",
        schema: "EventsProblem",
      },
      422: { because: "A parameter is missing or out of its bounds." },
    },
  },
  "GET /webhook_endpoints": {
    operationId: "listWebhookEndpoints",
    tag: "Webhooks",
    summary: "List webhook endpoints",
    description: "Their secrets are masked.",
    isPaged: true,
    success: { status: 200, schema: "WebhookEndpointList" },
  },
  "POST /webhook_endpoints": {
    operationId: "createWebhookEndpoint",
    tag: "Webhooks",
    summary: "Create a webhook endpoint",
    description: "Its secret is in this answer and masked everywhere else. It is told of events that come after it.",
    isRepeatable: true,
    body: "WebhookEndpointDraft",
    success: { status: 201, schema: "WebhookEndpoint" },
    refusals: { 409: duplicateEndpoint, 422: invalidEndpoint },
  },
  "GET /webhook_endpoints/:id": {
    operationId: "getWebhookEndpoint",
    tag: "Webhooks",
    summary: "Get a webhook endpoint and where it stands",
    isOurs: true,
    success: { status: 200, schema: "WebhookEndpointStanding" },
    refusals: { 404: unknownEndpoint },
  },
  "PATCH /webhook_endpoints/:id": {
    operationId: "updateWebhookEndpoint",
    tag: "Webhooks",
    summary: "Change a webhook endpoint",
    body: "WebhookEndpointChanges",
    success: { status: 200, schema: "WebhookEndpoint" },
    refusals: { 404: unknownEndpoint, 409: duplicateEndpoint, 422: invalidEndpoint },
  },
  "DELETE /webhook_endpoints/:id": {
    operationId: "deleteWebhookEndpoint",
    tag: "Webhooks",
    summary: "Delete a webhook endpoint",
    success: { status: 204 },
    refusals: { 404: unknownEndpoint },
  },
  "GET /webhook_endpoints/:id/deliveries": {
    operationId: "listWebhookDeliveries",
    tag: "Webhooks",
    summary: "List what became of the events that an endpoint was told of",
    description: "In the order of the log; cursors are ids of events.",
    isOurs: true,
    isPaged: true,
    query: ["deliveryStatus"],
    success: { status: 200, schema: "WebhookDeliveryList" },
    refusals: { 404: unknownEndpoint },
  },
  "POST /webhook_endpoints/:id/redeliver": {
    operationId: "redeliverWebhooks",
    tag: "Webhooks",
    summary: "Have deliveries made once more",
    isOurs: true,
    body: "WebhookRedeliverySelection",
    success: { status: 202, schema: "WebhookRedelivery" },
    refusals: {
      400: { because: "`nothing_selected`: say which, by `event_ids`, `status` or `since`." },
      404: { because: "`entity_not_found`: there is no such endpoint, or the log holds no such event." },
    },
  },
  "POST /webhook_endpoints/:id/rotate_secret": {
    operationId: "rotateWebhookSecret",
    tag: "Webhooks",
    summary: "Give a webhook endpoint another secret",
    description: "It is in this answer and masked everywhere else. The one before signs as well for `overlap_seconds`.",
    isOurs: true,
    isRepeatable: true,
    body: "WebhookSecretRotation",
    success: { status: 201, schema: "WebhookEndpointSecret" },
    refusals: { 404: unknownEndpoint },
  },
};
