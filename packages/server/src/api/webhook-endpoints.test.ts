import { SelfHosted } from "@dirsync/sdk/self-hosted";
import type { List, WebhookEndpoint } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { apiKey, fields, type RunningServer, startServer } from "../fixtures/running-server.ts";
import { isSubscribable, serviceEventNames } from "./service-events.ts";

const endpointUrl = "https://app.example.com/webhooks";

function create(running: RunningServer, body: unknown, headers = {}) {
  return running.api("/webhook_endpoints", { method: "POST", body, headers });
}

async function first(list: AsyncIterable<WebhookEndpoint>): Promise<readonly WebhookEndpoint[]> {
  const all: WebhookEndpoint[] = [];
  for await (const one of list) all.push(one);
  return all;
}

describe("/webhook_endpoints", () => {
  test("makes, lists, changes and deletes as the service does, for our own client", async () => {
    const { url } = await startServer();
    const { webhookEndpoints: endpoints } = new SelfHosted({ apiKey, baseUrl: url });
    const made = await endpoints.create({ endpoint_url: endpointUrl, events: ["dsync.user.deleted"] });
    expect(made).toMatchObject({ object: "webhook_endpoint", status: "enabled", events: ["dsync.user.deleted"] });
    expect(made.id).toMatch(/^we_[0-9A-HJKMNP-TV-Z]{26}$/u);
    const changed = await endpoints.update(made.id, { status: "disabled", events: ["dsync.user.created"] });
    expect(changed).toMatchObject({ id: made.id, endpoint_url: endpointUrl, status: "disabled" });
    const moved = await endpoints.update(made.id, { endpoint_url: "https://other.example.com/" });
    expect(moved).toMatchObject({ endpoint_url: "https://other.example.com/", events: ["dsync.user.created"] });
    expect(await first(endpoints.list())).toEqual([moved]);
    expect(await endpoints.get(made.id)).toMatchObject({ ...moved, disabled_reason: "asked", dead: 0, waiting: 0 });
    await endpoints.delete(made.id);
    expect(await first(endpoints.list())).toEqual([]);
  });

  test.each([
    ["nothing", {}],
    ["no events", { endpoint_url: endpointUrl }],
    ["an empty list of events", { endpoint_url: endpointUrl, events: [] }],
    ["no address", { events: ["dsync.deleted"] }],
    ["events that are no list", { endpoint_url: endpointUrl, events: "dsync.deleted" }],
    ["an address that is no text", { endpoint_url: 7, events: ["dsync.deleted"] }],
  ])("refuses %s with 422 in the shape of the service", async (_name, body) => {
    const answer = await create(await startServer(), body);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: "invalid_request_parameters", message: "Validation failed." });
    const { errors } = fields(answer) as { errors: { code: string; message: string }[] };
    expect(errors.length).toBeGreaterThan(0);
    for (const { code, message } of errors) expect([typeof code, typeof message]).toEqual(["string", "string"]);
  });

  test.each(["dsync.user.exploded", "user.exploded", "dsync.token.created", "vault.data.read"])(
    "refuses the event %s, of which nobody would ever be told",
    async (name) => {
      const answer = await create(await startServer(), { endpoint_url: endpointUrl, events: ["dsync.deleted", name] });
      expect(answer.status).toBe(422);
      expect(answer.body).toMatchObject({ errors: [{ code: "unknown_event_type" }] });
      expect(answer.text).toContain(name);
    },
  );

  test("takes every event that the service tells endpoints of, in creation and in change", async () => {
    const running = await startServer();
    const events = serviceEventNames.filter(isSubscribable);
    const made = await create(running, { endpoint_url: endpointUrl, events });
    expect([made.status, made.body]).toMatchObject([201, { events }]);
    const { id } = made.body as WebhookEndpoint;
    const body = { events: ["user.created", "dsync.deleted"] };
    const changed = await running.api(`/webhook_endpoints/${id}`, { method: "PATCH", body });
    expect([changed.status, changed.body]).toMatchObject([200, body]);
  });

  test("one address is one endpoint, however it is spelled, in creation and in change", async () => {
    const running = await startServer();
    const events = ["dsync.deleted"];
    await create(running, { endpoint_url: endpointUrl, events });
    const again = await create(running, { endpoint_url: "HTTPS://App.Example.com:443/webhooks", events });
    expect([again.status, fields(again)["code"]]).toEqual([409, "duplicate_endpoint"]);
    const other = await create(running, { endpoint_url: `${endpointUrl}/2`, events });
    const { id } = other.body as WebhookEndpoint;
    const body = { endpoint_url: endpointUrl };
    const moved = await running.api(`/webhook_endpoints/${id}`, { method: "PATCH", body });
    expect([moved.status, fields(moved)["code"]]).toEqual([409, "duplicate_endpoint"]);
    const kept = await running.api(`/webhook_endpoints/${id}`, {
      method: "PATCH",
      body: { endpoint_url: `${endpointUrl}/2` },
    });
    expect(kept.status).toBe(200);
  });

  test.each([
    ["PATCH", "", { status: "disabled" }],
    ["DELETE", "", undefined],
    ["GET", "", undefined],
    ["GET", "/deliveries", undefined],
    ["POST", "/redeliver", { status: "dead" }],
    ["POST", "/rotate_secret", {}],
  ])("%s of one that is not there%s is 404 entity_not_found", async (method, path, body) => {
    const { api } = await startServer();
    const answer = await api(`/webhook_endpoints/we_none${path}`, { method, body });
    expect([answer.status, fields(answer)["code"]]).toEqual([404, "entity_not_found"]);
  });

  test("a creation and a rotation that are repeated under their key give the same secret and make nothing", async () => {
    const running = await startServer();
    const body = { endpoint_url: endpointUrl, events: ["dsync.deleted"] };
    const made = await create(running, body, { "Idempotency-Key": "one" });
    const again = await create(running, body, { "Idempotency-Key": "one" });
    expect(again.body).toEqual(made.body);
    const { id, secret } = made.body as WebhookEndpoint;
    const rotate = () =>
      running.api(`/webhook_endpoints/${id}/rotate_secret`, {
        method: "POST",
        body: {},
        headers: { "Idempotency-Key": "two" },
      });
    const rotated = await rotate();
    expect((await rotate()).body).toEqual(rotated.body);
    expect(fields(rotated)["secret"]).not.toBe(secret);
    expect(((await running.api("/webhook_endpoints")).body as List<unknown>).data).toHaveLength(1);
  });

  test.each([
    [{}, 400, "nothing_selected"],
    [{ until: "2026-01-01T00:00:00Z" }, 400, "nothing_selected"],
    [{ since: "yesterday" }, 422, undefined],
    [{ status: "waiting" }, 422, undefined],
    [{ event_ids: ["event_none"] }, 404, "entity_not_found"],
  ])("delivering %j again is refused", async (body, status, code) => {
    const running = await startServer();
    const made = await create(running, { endpoint_url: endpointUrl, events: ["dsync.deleted"] });
    const { id } = made.body as WebhookEndpoint;
    const answer = await running.api(`/webhook_endpoints/${id}/redeliver`, { method: "POST", body });
    expect([answer.status, fields(answer)["code"]]).toEqual([status, code]);
  });

  test("wants the key", async () => {
    const { url } = await startServer();
    for (const path of ["", "/we_1", "/we_1/deliveries"]) {
      expect((await fetch(`${url}/webhook_endpoints${path}`)).status).toBe(401);
    }
  });
});
