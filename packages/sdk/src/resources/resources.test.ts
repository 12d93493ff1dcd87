import { describe, expect, test } from "vitest";
import type { DirectorySync } from "../client.ts";
import { failure } from "../http/test-calls.ts";
import { json, listBody, serve, type Answer, type TestServer } from "../http/test-server.ts";
import { SelfHosted } from "../self-hosted/client.ts";

const stamps = { created_at: "2026-01-15T12:00:00.000Z", updated_at: "2026-01-15T12:00:00.000Z" };
const directory = {
  object: "directory",
  id: "directory_1",
  organization_id: "org_1",
  external_key: "key",
  type: "okta scim v2.0",
  state: "linked",
  name: "Acme",
  metadata: { users: { active: 2, inactive: 1 }, groups: 3 },
  ...stamps,
};
const user = {
  object: "directory_user",
  id: "directory_user_1",
  directory_id: "directory_1",
  state: "active",
  ...stamps,
};
const group = { object: "directory_group", id: "g_1", directory_id: "directory_1", name: "Staff", ...stamps };
const endpoint = {
  object: "webhook_endpoint",
  id: "we_1",
  endpoint_url: "https://example.com/webhooks",
  secret: "whsec_very_secret",
  status: "enabled",
  events: ["dsync.user.created"],
  ...stamps,
};
const organization = { object: "organization", id: "org_1", name: "Acme", ...stamps };

async function clientOf(answer: Answer): Promise<{ server: TestServer; client: SelfHosted }> {
  const server = await serve(answer);
  return { server, client: new SelfHosted({ apiKey: "sk_test", baseUrl: server.url, retriesMax: 0 }) };
}

describe("lists", () => {
  test.each([
    [
      "directories",
      directory,
      (client: DirectorySync) => client.directories.list({ organization_id: "org_1", search: "ac" }),
      "/directories?organization_id=org_1&search=ac&limit=100&order=desc",
    ],
    [
      "users",
      user,
      (client: DirectorySync) => client.users.list({ directory: "d", idp_id: "8", email: "a+b@c.de", order: "asc" }),
      "/directory_users?directory=d&idp_id=8&email=a%2Bb%40c.de&limit=100&order=asc",
    ],
    [
      "users of a group",
      user,
      (client: DirectorySync) => client.users.list({ group: "g_1", limit: 7, after: "u" }),
      "/directory_users?group=g_1&limit=7&order=desc&after=u",
    ],
    [
      "groups of a user",
      group,
      (client: DirectorySync) => client.groups.list({ user: "u", directory: "d" }),
      "/directory_groups?user=u&directory=d&limit=100&order=desc",
    ],
    [
      "organizations",
      organization,
      (client: DirectorySync) => client.organizations.list({ domains: ["a.example", "b.example"], search: "ac" }),
      "/organizations?domains=a.example%2Cb.example&search=ac&limit=100&order=desc",
    ],
    [
      "webhook endpoints",
      endpoint,
      (client: DirectorySync) => client.webhookEndpoints.list({ limit: 5, order: "asc" }),
      "/webhook_endpoints?limit=5&order=asc",
    ],
  ])("of %s send their filters, a limit and an order", async (_name, item, list, target) => {
    const { server, client } = await clientOf((_request, response) => json(response, listBody([item])));
    const items: unknown[] = [];
    for await (const one of list(client)) items.push(one);
    expect(items).toEqual([item]);
    expect(server.requests.map((request) => request.target)).toEqual([target]);
  });

  test("are walked forwards by after", async () => {
    const { server, client } = await clientOf((request, response) => {
      json(response, request.query.has("after") ? listBody([user]) : listBody([user], "cursor_1"));
    });
    for await (const page of client.users.list({ directory: "d" }).pages()) expect(page.data).toHaveLength(1);
    expect(server.requests.map(({ query }) => query.get("after"))).toEqual([null, "cursor_1"]);
  });

  test("are walked backwards when before is given, never with both cursors", async () => {
    const { server, client } = await clientOf((request, response) => {
      json(response, request.query.get("before") === "x" ? listBody([user], "z", "w") : listBody([user], "x", null));
    });
    for await (const page of client.users.list({ directory: "d", before: "x" }).pages())
      expect(page.after).toBeTruthy();
    expect(server.requests.map(({ query }) => [query.get("before"), query.get("after")])).toEqual([
      ["x", null],
      ["w", null],
    ]);
  });

  test.each([
    ["both cursors", { after: "a", before: "b" }, "before"],
    ["an empty after", { after: "" }, "after"],
    ["an empty before", { before: "" }, "before"],
    ["an empty filter", { directory: "d", email: "" }, "email"],
    ["an email without the directory to look in", { email: "a@b.c" }, "email"],
    ["an email in a group without the directory", { group: "g", email: "a@b.c" }, "email"],
    ["a provider's id without the directory to look in", { idp_id: "8" }, "idp_id"],
    ["a limit of zero", { limit: 0 }, "limit"],
  ])("refuse %s before a request", async (_name, filters, where) => {
    const { server, client } = await clientOf((_request, response) => json(response, listBody([])));
    const read = async () => client.users.list(filters).page();
    expect(await failure(read())).toMatchObject({ name: "ConfigError", where });
    expect(server.requests).toHaveLength(0);
  });
});

describe("single objects", () => {
  test.each([
    ["directories", directory, async (client: DirectorySync) => client.directories.get("a/b"), "/directories/a%2Fb"],
    ["users", user, async (client: DirectorySync) => client.users.get("u 1"), "/directory_users/u%201"],
    ["groups", group, async (client: DirectorySync) => client.groups.get("g"), "/directory_groups/g"],
    ["organizations", organization, async (client: DirectorySync) => client.organizations.get("o"), "/organizations/o"],
    [
      "organizations by the app's own id",
      organization,
      async (client: DirectorySync) => client.organizations.getByExternalId("cust/7"),
      "/organizations/external_id/cust%2F7",
    ],
  ])("of %s come with every field they have", async (_name, item, get, target) => {
    const { server, client } = await clientOf((_request, response) => json(response, { ...item, later: [1] }));
    expect(await get(client)).toEqual({ ...item, later: [1] });
    expect(server.requests.map((request) => request.target)).toEqual([target]);
  });

  test.each([[""], ["."], [".."]])("with the id %j are refused before a request", async (id) => {
    const { server, client } = await clientOf((_request, response) => json(response, directory));
    for (const call of [
      client.directories.get(id),
      client.directories.delete(id),
      client.directories.mapping(id),
      client.directories.changeMapping(id, { role_assignment: null }),
      client.directories.import(id, { mode: "plan", people: [] }),
      client.users.get(id),
      client.groups.get(id),
      client.organizations.get(id),
      client.organizations.getByExternalId(id),
      client.organizations.update(id, { name: "x" }),
      client.organizations.delete(id),
      client.webhookEndpoints.update(id, { status: "disabled" }),
      client.webhookEndpoints.delete(id),
    ]) {
      expect(await failure(call)).toMatchObject({ name: "ConfigError" });
    }
    expect(server.requests).toHaveLength(0);
  });

  test("an id can never reach another endpoint", async () => {
    const { server, client } = await clientOf((_request, response) => json(response, directory));
    await client.directories.get("../organizations/x");
    expect(server.requests[0]?.target).toBe("/directories/..%2Forganizations%2Fx");
  });

  test("a user with only what old payloads have is read", async () => {
    const { client } = await clientOf((_request, response) => json(response, user));
    expect((await client.users.get("u")).groups).toBeUndefined();
  });
});

describe("changes", () => {
  test("a directory is created with its SCIM address and token", async () => {
    const scim = { base_url: "http://x/scim/v2.0/key", bearer_token: "token" };
    const { server, client } = await clientOf((_request, response) => json(response, { ...directory, scim }, 201));
    const draft = { name: "Acme", type: "okta scim v2.0", organization_id: "org_1", soft_delete: true } as const;
    expect((await client.directories.create(draft)).scim).toEqual(scim);
    expect(server.requests[0]).toMatchObject({ method: "POST", target: "/directories", body: JSON.stringify(draft) });
  });

  test("a directory's mapping is read, and changed where changes are given", async () => {
    const mapping = { custom_attributes: { office: "title" }, role_assignment: null, later: 1 };
    const { server, client } = await clientOf((_request, response) => json(response, mapping));
    expect(await client.directories.mapping("d/1")).toEqual(mapping);
    expect(await client.directories.changeMapping("d/1", { role_assignment: null })).toEqual(mapping);
    expect(server.requests.map(({ method, target, body }) => [method, target, body])).toEqual([
      ["GET", "/directories/d%2F1/mapping", ""],
      ["PATCH", "/directories/d%2F1/mapping", '{"role_assignment":null}'],
    ]);
  });

  test("people are imported as they are given, and the plan is read", async () => {
    const counts = { created: 1, updated: 0, unchanged: 0, removals: 0, active_before: 0, braked: false };
    const event = { event: "dsync.user.created", user: "a@b.c", group: null, previous_attributes: null };
    const plan = { mode: "plan", ...counts, events_total: 1, events: [event] };
    const { server, client } = await clientOf((_request, response) => json(response, plan));
    const people = { mode: "plan", people: [{ user: { userName: "a@b.c" }, groups: ["Team"] }] } as const;
    expect(await client.directories.import("d", people)).toEqual(plan);
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      target: "/directories/d/import",
      body: JSON.stringify(people),
    });
  });

  const draft = {
    name: "Acme",
    domain_data: [{ domain: "acme.example", state: "verified" }],
    metadata: { tier: "diamond" },
    external_id: null,
  } as const;

  test.each([
    [
      "an organization is created with all that is given",
      organization,
      async (client: DirectorySync) => client.organizations.create(draft),
      { method: "POST", target: "/organizations", body: JSON.stringify(draft) },
    ],
    [
      "an organization is changed where changes are given, and null removes",
      organization,
      async (client: DirectorySync) =>
        client.organizations.update("org_1", { metadata: { tier: null }, external_id: null }),
      { method: "PUT", target: "/organizations/org_1", body: '{"metadata":{"tier":null},"external_id":null}' },
    ],
    [
      "a webhook endpoint is created",
      endpoint,
      async (client: DirectorySync) =>
        client.webhookEndpoints.create({ endpoint_url: "https://example.com/webhooks", events: ["dsync.deleted"] }),
      {
        method: "POST",
        target: "/webhook_endpoints",
        body: '{"endpoint_url":"https://example.com/webhooks","events":["dsync.deleted"]}',
      },
    ],
    [
      "a webhook endpoint is changed where changes are given",
      { ...endpoint, status: "disabled" },
      async (client: DirectorySync) => client.webhookEndpoints.update("we_1", { status: "disabled" }),
      { method: "PATCH", target: "/webhook_endpoints/we_1", body: '{"status":"disabled"}' },
    ],
    [
      "a portal link is made with its intent and the contract's name for contacts",
      { link: "https://setup.example.com?token=t", later: true },
      async (client: DirectorySync) =>
        client.portal.generateLink({ organization: "org_1", intent: "dsync", it_contact_emails: ["it@acme.example"] }),
      {
        method: "POST",
        target: "/portal/generate_link",
        body: '{"organization":"org_1","intent":"dsync","it_contact_emails":["it@acme.example"]}',
      },
    ],
  ])("%s", async (_name, answer, change, request) => {
    const { server, client } = await clientOf((_request, response) => json(response, answer, 201));
    expect(await change(client)).toEqual(answer);
    expect(server.requests).toMatchObject([request]);
  });

  test("a portal link without an intent, which only JavaScript lets through, is refused before a request", async () => {
    const { server, client } = await clientOf((_request, response) => json(response, { link: "x" }));
    const error = await failure(client.portal.generateLink({ organization: "org_1" } as never));
    expect(error).toMatchObject({ name: "ConfigError", where: "intent" });
    expect(server.requests).toHaveLength(0);
  });

  test.each([
    [
      "a directory",
      async (client: DirectorySync) => client.directories.delete("directory_1"),
      "/directories/directory_1",
    ],
    ["an organization", async (client: DirectorySync) => client.organizations.delete("org_1"), "/organizations/org_1"],
    [
      "a webhook endpoint",
      async (client: DirectorySync) => client.webhookEndpoints.delete("we_1"),
      "/webhook_endpoints/we_1",
    ],
  ])("%s is deleted, whichever success the service answers", async (_name, remove, target) => {
    const statuses = [200, 202, 204];
    const { server, client } = await clientOf((_request, response) =>
      response.writeHead(statuses[server.requests.length - 1] ?? 500).end(),
    );
    for (let count = 0; count < statuses.length; count += 1) await remove(client);
    expect(server.requests.map((request) => request.target)).toEqual([target, target, target]);
    expect(server.requests[0]?.method).toBe("DELETE");
  });
});
