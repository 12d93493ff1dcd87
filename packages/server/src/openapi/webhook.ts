import { schemaRef } from "./schemas.ts";

const text = { type: "string" } as const;

/** What a webhook endpoint is sent, and what its answers mean. */
export const eventWebhook = {
  operationId: "receiveEvent",
  tags: ["Webhooks"],
  summary: "An event, sent to a webhook endpoint",
  description: "Signed over the bytes of the body. The same event may come more than once, under the same id.",
  security: [],
  parameters: [
    { name: "WorkOS-Signature", in: "header", required: true, description: "`t=<ms>, v1=<hex>`.", schema: text },
    { name: "webhook-id", in: "header", required: true, description: "Of the event.", schema: text },
    { name: "webhook-timestamp", in: "header", required: true, description: "Epoch seconds.", schema: text },
    { name: "webhook-signature", in: "header", required: true, description: "Of Standard Webhooks.", schema: text },
  ],
  requestBody: { required: true, content: { "application/json": { schema: schemaRef("Event") } } },
  responses: {
    "2XX": { description: "It was taken." },
    410: { description: "Nobody is here any more: the endpoint is disabled." },
    default: { description: "It is sent again later." },
  },
} as const;
