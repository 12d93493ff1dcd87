import { subscribableEventNames } from "@dirsync/sdk";
import type { PopulatedService } from "./populated-service.ts";

/** One request: its operation as the OpenAPI document names it, the path to ask, and the status it must get. */
export interface ContractRequest {
  readonly operation: string;
  readonly path: string;
  readonly status: number;
  readonly key?: string;
  readonly body?: unknown;
}

/** Every API route we serve, with a good answer and each error answer it can give, in an order that may change things. */
export function contractRequests({ ids }: PopulatedService): readonly ContractRequest[] {
  const events = `/events?events=${subscribableEventNames.join(",")}`;
  return [
    ...organizationRequests(ids),
    ...listRequests("directories", ids.directory),
    ...listRequests("directory_users", ids.user),
    ...listRequests("directory_groups", ids.group),
    get("directories", `?organization_id=${ids.organization}&search=acme`, 200),
    get("directory_users", `?directory=${ids.directory}`, 200),
    get("directory_users", `?group=${ids.group}`, 200),
    get("directory_users", "?idp_id=somebody", 422),
    get("directory_users", "?directory=directory_unknown", 404),
    get("directory_users", "?group=directory_group_unknown", 404),
    get("directory_groups", `?directory=${ids.directory}`, 200),
    get("directory_groups", `?user=${ids.user}`, 200),
    get("directory_groups", "?directory=directory_unknown", 404),
    { operation: "GET /events", path: `${events}&limit=100`, status: 200 },
    { operation: "GET /events", path: `${events}&after=${ids.event}&limit=2`, status: 200 },
    { operation: "GET /events", path: `${events}&range_start=2030-01-01T00:00:00Z`, status: 200 },
    { operation: "GET /events", path: "/events?events=dsync.user.exploded", status: 400 },
    { operation: "GET /events", path: `${events}&after=event_unknown`, status: 400 },
    { operation: "GET /events", path: `${events}&after=${ids.event}&range_start=2026-01-01`, status: 400 },
    { operation: "GET /events", path: "/events", status: 422 },
    { operation: "GET /events", path: `${events}&limit=101`, status: 422 },
    { operation: "GET /events", path: events, status: 401, key: "sk_wrong" },
    ...webhookRequests(ids.webhookEndpoint),
    ...directoryChanges(ids.directory),
    {
      operation: "DELETE /organizations/{id}",
      path: `/organizations/${ids.organization}`,
      status: 401,
      key: "sk_wrong",
    },
    { operation: "DELETE /organizations/{id}", path: "/organizations/unknown", status: 404 },
    { operation: "DELETE /organizations/{id}", path: `/organizations/${ids.organization}`, status: 202 },
  ];
}

function get(list: string, query: string, status: number): ContractRequest {
  return { operation: `GET /${list}`, path: `/${list}${query}`, status };
}

function listRequests(list: string, id: string): readonly ContractRequest[] {
  const one = `GET /${list}/{id}`;
  return [
    get(list, "", 200),
    get(list, "?limit=1&order=asc", 200),
    get(list, `?after=${id}&order=normal`, 200),
    get(list, "?limit=0", 422),
    get(list, "?order=sideways", 422),
    get(list, "?after=unknown", 400),
    { ...get(list, "", 401), key: "sk_wrong" },
    { operation: one, path: `/${list}/${id}`, status: 200 },
    { operation: one, path: `/${list}/unknown`, status: 404 },
    { operation: one, path: `/${list}/${id}`, status: 401, key: "" },
  ];
}

function webhookRequests(id: string): readonly ContractRequest[] {
  const list = { operation: "GET /webhook_endpoints", path: "/webhook_endpoints" };
  const create = { operation: "POST /webhook_endpoints", path: "/webhook_endpoints" };
  const change = { operation: "PATCH /webhook_endpoints/{id}", path: `/webhook_endpoints/${id}` };
  const remove = { operation: "DELETE /webhook_endpoints/{id}", path: `/webhook_endpoints/${id}` };
  const body = { endpoint_url: "https://globex.example.com/webhooks", events: subscribableEventNames };
  return [
    { ...create, status: 201, body },
    { ...create, status: 409, body },
    { ...create, status: 422, body: { ...body, endpoint_url: "https://10.0.0.1/" } },
    { ...create, status: 422, body: { ...body, events: ["dsync.user.exploded"] } },
    { ...create, status: 422, body: {} },
    { ...create, status: 401, body, key: "sk_wrong" },
    { ...list, status: 200 },
    { ...list, path: `${list.path}?after=${id}&order=normal`, status: 200 },
    { ...list, path: `${list.path}?after=unknown`, status: 400 },
    { ...list, path: `${list.path}?limit=0`, status: 422 },
    { ...list, status: 401, key: "sk_wrong" },
    { ...change, status: 200, body: { status: "disabled" } },
    { ...change, status: 200, body: { endpoint_url: "https://acme.example.com/moved", events: ["dsync.deleted"] } },
    { ...change, status: 409, body: { endpoint_url: body.endpoint_url } },
    { ...change, status: 422, body: { endpoint_url: "no address" } },
    { ...change, status: 422, body: { status: "paused" } },
    { ...change, path: "/webhook_endpoints/unknown", status: 404, body: { status: "enabled" } },
    { ...remove, status: 204 },
    { ...remove, status: 404 },
  ];
}

function organizationRequests(ids: PopulatedService["ids"]): readonly ContractRequest[] {
  const create = { operation: "POST /organizations", path: "/organizations" };
  const byExternalId = "GET /organizations/external_id/{external_id}";
  return [
    { ...create, status: 201, body: { name: "Globex", external_id: "globex", metadata: { tier: "gold" } } },
    { ...create, status: 400, body: { name: "Globex again", external_id: "globex" } },
    { ...create, status: 400, body: "{" },
    { ...create, status: 422, body: { name: "" } },
    { ...create, status: 401, body: { name: "Initech" }, key: "sk_wrong" },
    get("organizations", "", 200),
    get("organizations", "?limit=1000", 422),
    { ...get("organizations", "", 401), key: "sk_wrong" },
    { operation: "GET /organizations/{id}", path: `/organizations/${ids.organization}`, status: 200 },
    { operation: "GET /organizations/{id}", path: "/organizations/unknown", status: 404 },
    ...organizationChanges(ids.organization),
    get("organizations", "?domains=acme.example,globex.example", 200),
    { operation: byExternalId, path: "/organizations/external_id/globex", status: 200 },
    { operation: byExternalId, path: "/organizations/external_id/unknown", status: 404 },
  ];
}

function organizationChanges(id: string): readonly ContractRequest[] {
  const change = { operation: "PUT /organizations/{id}", path: `/organizations/${id}` };
  const domains = [{ domain: "acme.example", state: "verified" }];
  return [
    { ...change, status: 200, body: { stripe_customer_id: "cus_1", metadata: { tier: "gold" }, domain_data: domains } },
    { ...change, status: 400, body: { external_id: "globex" } },
    { ...change, status: 422, body: { name: "" } },
    { ...change, status: 401, body: {}, key: "sk_wrong" },
    { ...change, path: "/organizations/unknown", status: 404, body: {} },
  ];
}

function directoryChanges(id: string): readonly ContractRequest[] {
  const create = { operation: "POST /directories", path: "/directories" };
  return [
    { ...create, status: 201, body: { name: "Globex", type: "okta scim v2.0" } },
    { ...create, status: 422, body: { name: "Globex", type: "carrier pigeon" } },
    { ...create, status: 404, body: { name: "Globex", type: "s3", organization_id: "org_unknown" } },
    { operation: "DELETE /directories/{id}", path: `/directories/${id}`, status: 401, key: "sk_wrong" },
    { operation: "DELETE /directories/{id}", path: "/directories/unknown", status: 404 },
    { operation: "DELETE /directories/{id}", path: `/directories/${id}`, status: 202 },
  ];
}
