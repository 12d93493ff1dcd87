/**
 * Requests for what only our server has, and for the refusals that only our document speaks of. Each step may need what the one
 * before has made, so they are asked one after the other.
 */
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { until } from "../support/until.ts";
import type { Answer, AskOptions, PopulatedService } from "./populated-service.ts";

/** A request and its answer. */
export interface OwnExchange {
  /** As the document names it. */
  readonly operation: string;
  readonly body: unknown;
  readonly answer: Answer;
}

/** A webhook as it came. */
export interface ReceivedWebhook {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Every exchange, and what a webhook endpoint was sent meanwhile. */
export interface OwnExchanges {
  readonly exchanges: readonly OwnExchange[];
  readonly webhooks: readonly ReceivedWebhook[];
}

type Ask = (operation: string, ids?: readonly string[], options?: AskOptions & { query?: string }) => Promise<Answer>;

/** Asks everything. */
export async function exchangeOwn(service: PopulatedService): Promise<OwnExchanges> {
  const exchanges: OwnExchange[] = [];
  const ask: Ask = async (operation, ids = [], { query = "", ...options } = {}) => {
    const [method = "", template = ""] = operation.split(" ");
    const rest = [...ids];
    const path = template.replaceAll(/\{\w+\}/gu, () => rest.shift() ?? "unknown");
    const answer = await service.ask(method, `${path}${query}`, options);
    exchanges.push({ operation, body: options.body, answer });
    return answer;
  };
  const receiver = await startReceiver();
  try {
    await askAboutDirectory(ask, service.ids.directory);
    await askAboutTokens(ask, service.ids.directory);
    await askAboutWebhooks(ask, service, receiver);
    await askAboutRequests(ask, service);
    await askOperating(ask, service);
    await askTwice(ask, service);
  } finally {
    receiver.server.close();
  }
  return { exchanges, webhooks: receiver.webhooks };
}

async function askAboutDirectory(ask: Ask, id: string): Promise<void> {
  const custom = {
    id: "URN:acme:2.0:User",
    name: "Acme",
    attributes: [{ name: "Badge", type: "complex", subAttributes: [{ name: "number" }] }, { name: "shoeSize" }],
  };
  await ask("GET /directories/{id}/scim", [id]);
  await ask("GET /directories/{id}/scim");
  await ask("PUT /directories/{id}/scim", [id], { body: { nulls: "refuse", schemas: [custom] } });
  await ask("PUT /directories/{id}/scim", [id], { body: { mode: "harsh" } });
  await ask("PUT /directories/{id}/scim", [id], { body: "{" });
  await ask("PUT /directories/{id}/scim", [], { body: {} });
  await ask("PATCH /directories/{id}/scim", [id], { body: { mode: "strict", nulls: null } });
  await ask("PATCH /directories/{id}/scim", [id], { body: { missing_email: "allow" } });
  await ask("PATCH /directories/{id}/scim", [id], { body: "{" });
  await ask("PATCH /directories/{id}/scim", [], { body: {} });
  await ask("GET /directories/{id}/mapping", [id]);
  await ask("GET /directories/{id}/mapping");
  const roles = { default_role: "member", groups: [{ group: "Sales", role: "seller" }] };
  const mapping = { custom_attributes: { office: "title" }, role_assignment: roles };
  await ask("PATCH /directories/{id}/mapping", [id], { body: mapping });
  await ask("PATCH /directories/{id}/mapping", [id], { body: { custom_attributes: { office: "no path[" } } });
  await ask("PATCH /directories/{id}/mapping", [id], { body: "" });
  await ask("PATCH /directories/{id}/mapping", [], { body: {} });
  const people = Array.from({ length: 60 }, (_, index) => ({ user: { userName: `p${String(index)}@x.test` } }));
  const file = {
    mode: "apply",
    missing: "keep",
    people: [...people, { user: { userName: "a@x.test" }, groups: ["A"] }],
  };
  await ask("POST /directories/{id}/import", [id], { body: file });
  const groups = [{ id: "A", name: "Alpha" }];
  await ask("POST /directories/{id}/import", [id], { body: { ...file, groups } });
  await ask("POST /directories/{id}/import", [id], { body: { mode: "apply", people: people.slice(0, 1) } });
  await ask("POST /directories/{id}/import", [id], { body: { mode: "apply", people: [{ user: { userName: "" } }] } });
  await ask("POST /directories/{id}/import", [id], { body: "[" });
  await ask("POST /directories/{id}/import", [id], { body: file, headers: { "content-encoding": "br" } });
  await ask("POST /directories/{id}/import", [], { body: file });
  const hard = await ask("POST /directories", [], { body: { name: "Hard", type: "workday", soft_delete: false } });
  const held = { mode: "apply", people: [{ user: { userName: "h@x.test", active: false } }] };
  await ask("POST /directories/{id}/import", [idOf(hard)], { body: held });
  await ask("GET /directories/{id}/held_users", [idOf(hard)]);
  await ask("GET /directories/{id}/held_users");
  await askRefusals(ask, "GET /directories/{id}/held_users", [id]);
  for (const operation of ["GET /directory_users", "GET /directory_groups"]) {
    await ask(operation, [], { query: "?limit=100" });
  }
}

async function askAboutTokens(ask: Ask, id: string): Promise<void> {
  const [list, create] = ["GET /directories/{id}/tokens", "POST /directories/{id}/tokens"];
  const [rotate, revoke] = ["POST /directories/{id}/tokens/{token}/rotate", "DELETE /directories/{id}/tokens/{token}"];
  await ask(list, [id]);
  await ask(list);
  const made = await ask(create, [id], { body: { scope: "read_only", expires_in_seconds: 600 } });
  await ask(create, [], { body: {} });
  await ask(create, [id], { body: { scope: "everything" } });
  await ask(create, [id], { body: "" });
  await ask(rotate, [id, idOf(made)], { body: {} });
  await ask(rotate, [id, idOf(made)], { body: { overlap_seconds: 0 } });
  await ask(rotate, [id], { body: {} });
  await ask(rotate, [id, idOf(made)], { body: { overlap_seconds: -1 } });
  await ask(rotate, [id, idOf(made)], { body: "" });
  let last = made;
  // Ten is the most.
  for (let count = 0; count < 10; count += 1) {
    const next = await ask(create, [id], { body: {} });
    if (next.status === 201) last = next;
  }
  await ask(rotate, [id, idOf(last)], { body: {} });
  await ask(revoke, [id, idOf(last)]);
  await ask(revoke, [id, idOf(last)]);
}

async function askAboutWebhooks(ask: Ask, service: PopulatedService, { url, webhooks }: Receiver): Promise<void> {
  const [get, list] = ["GET /webhook_endpoints/{id}", "GET /webhook_endpoints/{id}/deliveries"];
  const [redeliver, rotate] = ["POST /webhook_endpoints/{id}/redeliver", "POST /webhook_endpoints/{id}/rotate_secret"];
  const body = { endpoint_url: url, events: ["dsync.activated"] };
  const id = idOf(await ask("POST /webhook_endpoints", [], { body }));
  await ask("POST /webhook_endpoints", [], { body: "" });
  await ask("PATCH /webhook_endpoints/{id}", [id], { body: "" });
  await ask("POST /directories", [], { body: { name: "Told", type: "generic scim v2.0" } });
  await until(() => webhooks.length > 0, { what: "the webhook" });
  await ask(get, [id]);
  await ask(get);
  const delivered = `/webhook_endpoints/${id}/deliveries?status=delivered`;
  await until(async () => (await service.ask("GET", delivered)).text.includes("event_id"), { what: "the delivery" });
  await ask(list, [id]);
  await askRefusals(ask, list, [id]);
  await ask(list);
  await ask(list, [id], { query: "?status=lost" });
  await ask(redeliver, [id], { body: { status: "delivered" } });
  await ask(redeliver, [id], { body: {} });
  await ask(redeliver, [id], { body: { event_ids: ["event_unknown"] } });
  await ask(redeliver, [id], { body: { since: "yesterday" } });
  await ask(rotate, [id], { body: { overlap_seconds: 60 } });
  await ask(rotate, [], { body: {} });
  await ask(rotate, [id], { body: { overlap_seconds: "long" } });
  await ask(rotate, [id], { body: "" });
}

async function askAboutRequests(ask: Ask, { scim, ids }: PopulatedService): Promise<void> {
  const [list, replay] = ["GET /scim_requests", "POST /scim_requests/{id}/replay"];
  const send = async (path: string, body: string): Promise<string> => {
    const headers = { authorization: `Bearer ${scim.bearer_token}` };
    const response = await fetch(`${scim.base_url}${path}`, { method: "POST", headers, body });
    return response.headers.get("x-request-id") ?? "";
  };
  const refused = await send("/Users", "{}");
  const bulk = await send("/Bulk", '{"Operations":[]}');
  await ask(list, [], { query: `?directory=${ids.directory}` });
  await ask(list, [], { query: "?status=4xx" });
  await ask(list, [], { query: "?directory=directory_unknown" });
  await askRefusals(ask, list, []);
  await ask("GET /scim_requests/{id}", [refused]);
  await ask("GET /scim_requests/{id}");
  await ask(replay, [refused], { body: { dry_run: true } });
  await ask(replay, [refused], { body: {} });
  await ask(replay, [bulk], { body: { dry_run: true } });
  await ask(replay, [], { body: {} });
  await ask(replay, [refused], { body: { dry_run: "maybe" } });
  await ask(replay, [refused], { body: "" });
}

async function askOperating(ask: Ask, { ids }: PopulatedService): Promise<void> {
  await ask("GET /healthz");
  await ask("GET /openapi.json");
  await ask("GET /audit_log");
  await askRefusals(ask, "GET /audit_log", []);
  // Two at once, of which one is refused unless the other has ended before it came.
  await until(
    async () => {
      const answers = await Promise.all([ask("POST /backups"), ask("POST /backups")]);
      return answers.some(({ status }) => status === 409);
    },
    { what: "two backups at once" },
  );
  const link = "POST /portal/generate_link";
  await ask(link, [], { body: { organization: ids.organization, it_contact_emails: ["it@acme.example"] } });
  await ask(link, [], { body: { organization: "org_unknown" } });
  await ask(link, [], { body: { organization: ids.organization, intent: "sso" } });
  await ask(link, [], { body: "" });
  await ask("GET /organizations", [], { query: "?after=unknown" });
  await ask("POST /directories", [], { body: "" });
}

/** Under one Idempotency-Key, and under one that is none. */
async function askTwice(ask: Ask, { ids }: PopulatedService): Promise<void> {
  const headers = { "idempotency-key": "once" };
  const body = { name: "Once", type: "generic scim v2.0", organization_id: ids.organization };
  await ask("POST /directories", [], { headers, body });
  await ask("POST /directories", [], { headers, body });
  await ask("POST /directories", [], { headers, body: { ...body, name: "Twice" } });
  await ask("POST /directories", [], { headers: { "idempotency-key": "not one" }, body });
}

/** What every list refuses. */
async function askRefusals(ask: Ask, list: string, ids: readonly string[]): Promise<void> {
  await ask(list, ids, { query: "?limit=0" });
  await ask(list, ids, { query: "?after=unknown" });
}

function idOf({ body }: Answer): string {
  return String((body as { id?: unknown }).id);
}

interface Receiver {
  readonly server: Server;
  readonly url: string;
  readonly webhooks: ReceivedWebhook[];
}

async function startReceiver(): Promise<Receiver> {
  const webhooks: ReceivedWebhook[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      webhooks.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${String(port)}/webhooks`, webhooks };
}
