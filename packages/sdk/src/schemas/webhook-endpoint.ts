import * as z from "zod";

/** An address that is told of events. */
export const webhookEndpointSchema = z.looseObject({
  object: z.literal("webhook_endpoint").optional(),
  id: z.string(),
  endpoint_url: z.string(),
  secret: z.string(),
  status: z.string(),
  events: z.array(z.string()),
  created_at: z.string(),
  updated_at: z.string(),
});
