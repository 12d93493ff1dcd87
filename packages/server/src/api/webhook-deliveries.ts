import { Hono } from "hono";
import * as z from "zod";
import { createOnce } from "../http/create-once.ts";
import { readJson } from "../http/limits.ts";
import { badRequest, HttpProblem, validationFailed } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import { lowestIdAt } from "../ids.ts";
import type { Data } from "../store/model.ts";
import type { WebhookDeliveryRow, WebhookEndpointRow } from "../store/tables.ts";
import type { ListedDelivery } from "../store/webhook-model.ts";
import { newSecret } from "../webhooks/secrets.ts";
import { parseBody } from "./bodies.ts";
import { parseIsoTime } from "./iso-time.ts";
import { listBody, parsePageRequest, readPageAround } from "./paging.ts";
import { unknownEndpoint } from "./webhook-bodies.ts";
import { masked, toEndpoint } from "./webhook-endpoints.ts";

type State = WebhookDeliveryRow["state"];
/** What may have become of a delivery. */
export const deliveryStates = ["sending", "waiting", "delivered", "dead"] as const satisfies readonly State[];

// A day, in which the new secret can be brought to every receiver.
const overlapSecondsDefault = 86_400;
const overlapSecondsMax = 30 * 86_400;

/** Body of `POST /webhook_endpoints/:id/rotate_secret`. */
export const secretRotation = z.looseObject({
  overlap_seconds: z.number().int().min(0).max(overlapSecondsMax).optional(),
});

const eventIdsMax = 1_000;

/** Body of `POST /webhook_endpoints/:id/redeliver`. */
export const redeliverySelection = z.looseObject({
  event_ids: z.array(z.string().min(1).max(256)).min(1).max(eventIdsMax).optional(),
  status: z.enum(["delivered", "dead"]).optional(),
  since: z.string().optional(),
  until: z.string().optional(),
});

/**
 * What the service has no call for: one endpoint with where it stands, its deliveries, delivering again, and another
 * secret.
 */
export function webhookDeliveryRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const { store, webhooks } = services;
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.get("/:id", async (context) => {
    const standing = await store.read(async (data) => {
      const row = await endpointOf(data, context.req.param("id"));
      return { ...masked(services, row), ...(await standingOf(data, row)) };
    });
    return context.json(standing);
  });
  app.get("/:id/deliveries", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const request = parsePageRequest(query);
    const wanted = parseStates(query.get("status"));
    const page = await store.read(async (data) => {
      const { seq } = await endpointOf(data, context.req.param("id"));
      const deliveries = data.webhookDeliveries(seq);
      const placeOf = async (eventId: string): Promise<number | null> =>
        (await data.log.seqOf(eventId)) ?? (await deliveries.placeOfDropped(eventId));
      return await readPageAround(request, placeOf, (window) => deliveries.page(wanted, window));
    });
    const objects = page.rows.map((row) => JSON.stringify(toDelivery(row, context.req.param("id"))));
    return context.body(listBody(objects, page.metadata), 200, { "Content-Type": "application/json" });
  });
  app.post("/:id/redeliver", async (context) => {
    const selection = parseBody(redeliverySelection, await readJson(context.req.raw));
    const { seq, id, count } = await store.write(async (data) => {
      const row = await endpointOf(data, context.req.param("id"));
      return { seq: row.seq, id: row.id, count: await redeliver(data, row, selection) };
    });
    webhooks.asked(seq);
    return context.json({ object: "webhook_redelivery", webhook_endpoint_id: id, count }, 202);
  });
  app.post("/:id/rotate_secret", async (context) => {
    const asked = await readJson(context.req.raw);
    const { overlap_seconds: overlapSeconds } = parseBody(secretRotation, asked);
    let changed: WebhookEndpointRow | null = null;
    // Once: a repetition would make the secret before last of the one that receivers have.
    const answer = await createOnce(services, { context, body: asked }, async (data) => {
      const before = await endpointOf(data, context.req.param("id"));
      const secret = newSecret();
      const row = await replaceSecret(services, data, { before, secret, overlapSeconds });
      changed = row;
      return { ...toEndpoint(row, secret), previous_secret_expires_at: timeText(row.previous_secret_until_ms) };
    });
    if (changed !== null) webhooks.changed(changed);
    return answer;
  });
  return app;
}

interface Replacement {
  readonly before: WebhookEndpointRow;
  readonly secret: string;
  readonly overlapSeconds: number | undefined;
}

async function replaceSecret(
  { ids, webhooks }: Services,
  data: Data,
  { before, secret, overlapSeconds = overlapSecondsDefault }: Replacement,
): Promise<WebhookEndpointRow> {
  const isKept = overlapSeconds > 0;
  return await data.webhookEndpoints.update(before.seq, {
    secret: webhooks.box.seal(secret, before.id),
    // Only the last one: with three in use nobody knows who has which.
    previous_secret: isKept ? before.secret : null,
    previous_secret_until_ms: isKept ? ids.clockMs() + overlapSeconds * 1_000 : null,
    updated_at: new Date(ids.nowMs()).toISOString(),
  });
}

async function endpointOf(data: Data, id: string): Promise<WebhookEndpointRow> {
  const row = await data.webhookEndpoints.find(id);
  if (row === undefined) throw unknownEndpoint(id);
  return row;
}

async function standingOf(data: Data, row: WebhookEndpointRow) {
  const deliveries = data.webhookDeliveries(row.seq);
  return {
    disabled_reason: row.disabled_reason,
    failing_since: timeText(row.failing_since_ms),
    previous_secret_expires_at: row.previous_secret === null ? null : timeText(row.previous_secret_until_ms),
    // Events that were not looked at yet; some of them may be of a kind that it does not want.
    events_behind: await data.log.countAbove(row.low_seq),
    waiting: await deliveries.count(["sending", "waiting"]),
    dead: await deliveries.count(["dead"]),
  };
}

function parseStates(text: string | null): readonly State[] {
  if (text === null) return [];
  const state = deliveryStates.find((name) => name === text);
  if (state !== undefined) return [state];
  const message = `status must be one of ${deliveryStates.join(", ")}.`;
  throw validationFailed([{ code: "invalid", field: "status", message }]);
}

function toDelivery(row: ListedDelivery, endpointId: string) {
  return {
    object: "webhook_delivery",
    webhook_endpoint_id: endpointId,
    event_id: row.id,
    event: row.name,
    status: row.state,
    attempts: row.attempts,
    is_redelivery: row.is_redelivery === 1,
    first_attempt_at: timeText(row.first_at_ms),
    last_attempt_at: timeText(row.last_at_ms),
    next_attempt_at: row.state === "waiting" ? timeText(row.next_at_ms) : null,
    last_error: row.failure === null ? null : (JSON.parse(row.failure) as { code: string; message: string }),
  };
}

function timeText(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}

type Selection = z.infer<typeof redeliverySelection>;

/** Resolves to how many deliveries are made once more, or are not waited with any longer. */
async function redeliver(data: Data, endpoint: WebhookEndpointRow, selection: Selection): Promise<number> {
  const { event_ids: ids, status, since, until } = selection;
  if (ids === undefined && status === undefined && since === undefined) {
    throw badRequest("nothing_selected", "Say which deliveries: by event_ids, status, or since with or without until.");
  }
  const range = {
    above: since === undefined ? 0 : await seqBefore(data, "since", since),
    below: until === undefined ? Number.MAX_SAFE_INTEGER : (await seqBefore(data, "until", until)) + 1,
  };
  const deliveries = data.webhookDeliveries(endpoint.seq);
  if (ids === undefined) return await deliveries.redeliver({ states: [status ?? "dead"], ...range });
  const seqs = await seqsOf(data, ids);
  // Asked for by name, one that waits is tried at once.
  const chosen: readonly State[] = status === undefined ? ["delivered", "dead", "waiting"] : [status];
  let count = await deliveries.redeliver({ states: chosen, eventSeqs: seqs, ...range });
  for (const seq of status === undefined ? seqs : []) {
    // Above the cursor it is to be delivered anyway.
    if (seq > endpoint.low_seq || (await deliveries.find(seq)) !== undefined) continue;
    await deliveries.deliverOnce(seq);
    count += 1;
  }
  return count;
}

async function seqsOf(data: Data, ids: readonly string[]): Promise<readonly number[]> {
  const seqs = new Set<number>();
  for (const id of ids) {
    const seq = await data.log.seqOf(id);
    if (seq === null) {
      const message = `The log has no event '${id.slice(0, 128)}'. Nothing was delivered again.`;
      throw new HttpProblem(404, { code: "entity_not_found", message });
    }
    seqs.add(seq);
  }
  return [...seqs];
}

/** The last seq before a time. */
async function seqBefore(data: Data, field: "since" | "until", time: string): Promise<number> {
  const timeMs = parseIsoTime(time);
  if (timeMs === null) {
    throw validationFailed([{ code: "invalid", field, message: `${field} must be an ISO 8601 time.` }]);
  }
  return await data.log.seqBefore(lowestIdAt("event_", timeMs));
}
