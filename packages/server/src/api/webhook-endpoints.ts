import { Hono } from "hono";
import { createOnce } from "../http/create-once.ts";
import { readJson } from "../http/limits.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { Data } from "../store/model.ts";
import type { NewWebhookEndpoint, WebhookEndpointRow } from "../store/tables.ts";
import { maskedSecret, newSecret } from "../webhooks/secrets.ts";
import { listBody, parsePageRequest, readPage } from "./paging.ts";
import {
  checkUrl,
  duplicateEndpoint,
  type EndpointChanges,
  type EndpointDraft,
  parseChanges,
  parseDraft,
  unknownEndpoint,
  urlKeyOf,
} from "./webhook-bodies.ts";

/**
 * `/webhook_endpoints`: create, list, change and delete as the service has them. The secret is in the answer to the
 * creation; after that it is masked.
 */
export function webhookEndpointRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const { store, webhooks } = services;
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.post("/", async (context) => {
    const asked = await readJson(context.req.raw);
    const draft = parseDraft(asked);
    await checkUrl(draft.endpoint_url, (url) => webhooks.check(url));
    let made: WebhookEndpointRow | null = null;
    const answer = await createOnce(services, { context, body: asked }, async (data) => {
      const { row, secret } = await insert(services, data, draft);
      made = row;
      return toEndpoint(row, secret);
    });
    // Only now is it durable, and only then is it told of anything.
    if (made !== null) webhooks.changed(made);
    return answer;
  });
  app.get("/", async (context) => {
    const request = parsePageRequest(new URL(context.req.url).searchParams);
    const page = await store.read((data) =>
      readPage(data, { kind: "webhook_endpoint", request }, (window) => data.webhookEndpoints.list(window)),
    );
    const objects = page.rows.map((row) => JSON.stringify(masked(services, row)));
    return context.body(listBody(objects, page.metadata), 200, { "Content-Type": "application/json" });
  });
  app.patch("/:id", async (context) => {
    const id = context.req.param("id");
    const changes = parseChanges(await readJson(context.req.raw));
    if (changes.endpoint_url !== undefined) await checkUrl(changes.endpoint_url, (url) => webhooks.check(url));
    const row = await store.write((data) => update(services, data, { id, changes }));
    webhooks.changed(row);
    return context.json(masked(services, row));
  });
  app.delete("/:id", async (context) => {
    const id = context.req.param("id");
    const seq = await store.write(async (data) => {
      const row = await data.webhookEndpoints.find(id);
      if (row === undefined) throw unknownEndpoint(id);
      await data.webhookEndpoints.remove(row.seq);
      return row.seq;
    });
    webhooks.removed(seq);
    return context.body(null, 204);
  });
  return app;
}

/** An endpoint as the service shows it. */
export function toEndpoint(row: WebhookEndpointRow, secret: string) {
  return {
    object: "webhook_endpoint",
    id: row.id,
    endpoint_url: row.url,
    secret,
    status: row.status,
    events: JSON.parse(row.events) as readonly string[],
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

/** The same with a secret that is told from others and signs nothing. */
export function masked({ webhooks }: Services, row: WebhookEndpointRow) {
  return toEndpoint(row, maskedSecret(webhooks.box.open(row.secret, row.id)));
}

async function insert(
  { ids, webhooks }: Services,
  data: Data,
  { endpoint_url: url, events }: EndpointDraft,
): Promise<{ row: WebhookEndpointRow; secret: string }> {
  await refuseDuplicate(data, url, null);
  const id = ids.next("we_");
  const secret = newSecret();
  const now = new Date(ids.nowMs()).toISOString();
  const row = await data.webhookEndpoints.insert({
    id,
    url,
    url_key: urlKeyOf(url),
    events: JSON.stringify(events),
    status: "enabled",
    disabled_reason: null,
    secret: webhooks.box.seal(secret, id),
    previous_secret: null,
    previous_secret_until_ms: null,
    // It is told of what comes after it: what came before is in the log for whoever wants it.
    low_seq: await data.log.headSeq(),
    epoch: 0,
    failing_since_ms: null,
    created_at: now,
    updated_at: now,
  });
  return { row, secret };
}

async function update(
  { ids }: Services,
  data: Data,
  { id, changes }: { readonly id: string; readonly changes: EndpointChanges },
): Promise<WebhookEndpointRow> {
  const row = await data.webhookEndpoints.find(id);
  if (row === undefined) throw unknownEndpoint(id);
  const { endpoint_url: url, events, status } = changes;
  if (url !== undefined) await refuseDuplicate(data, url, row.seq);
  const parts: Partial<NewWebhookEndpoint> = {
    ...(url === undefined ? {} : { url, url_key: urlKeyOf(url) }),
    ...(events === undefined ? {} : { events: JSON.stringify(events) }),
    ...(status === undefined || status === row.status ? {} : statusChange(status)),
  };
  if (Object.keys(parts).length === 0) return row;
  // Whoever enables an endpoint believes that it works: what waits is tried at once.
  if (parts.status === "enabled") await data.webhookDeliveries(row.seq).waitNoLongerThan(0);
  return await data.webhookEndpoints.update(row.seq, { ...parts, updated_at: new Date(ids.nowMs()).toISOString() });
}

/** An endpoint that is enabled is judged by what comes from now on. */
function statusChange(status: "enabled" | "disabled"): Partial<NewWebhookEndpoint> {
  return status === "enabled"
    ? { status, disabled_reason: null, failing_since_ms: null }
    : { status, disabled_reason: "asked" };
}

async function refuseDuplicate(data: Data, url: string, ownSeq: number | null): Promise<void> {
  const other = await data.webhookEndpoints.findByUrlKey(urlKeyOf(url));
  if (other !== undefined && other.seq !== ownSeq) throw duplicateEndpoint();
}
