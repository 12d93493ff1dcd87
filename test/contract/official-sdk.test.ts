/**
 * The vendor's own client against our server: whoever moves changes an address and a key. Version 11 is the newest, and runs on
 * Node 20 although it asks for 22; 8 is the last that promises to.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import type { CreatedDirectory } from "@dirsync/sdk";
import { createTestServer, type TestServer } from "@dirsync/server/testing";
import { WorkOS as WorkOs8 } from "@workos-inc/node";
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { WorkOS as WorkOs11 } from "workos-node-11";

const server = await createTestServer();
afterAll(() => server.close());
beforeEach(() => server.reset());

const { hostname, port } = new URL(server.url);
const options = { apiHostname: hostname, port: Number(port), https: false };
const newest = new WorkOs11(server.apiKey, options);
const clients = [
  ["8", new WorkOs8(server.apiKey, options)],
  ["11", newest],
] as const;

/** A directory, and what its identity provider sends. */
async function connect({ url, apiKey }: TestServer) {
  const made = await post(`${url}/directories`, apiKey, { name: "Acme", type: "okta scim v2.0" });
  const created = (await made.json()) as CreatedDirectory;
  const { base_url: base, bearer_token: token } = created.scim;
  const send = async (path: string, body: object) =>
    (await (await post(`${base}${path}`, token, body)).json()) as { id: string };
  return {
    created,
    hire: async (name: string) =>
      await send("/Users", { userName: `${name}@acme.test`, name: { givenName: name, familyName: "Example" } }),
    group: async (displayName: string, members: readonly string[]) =>
      await send("/Groups", { displayName, members: members.map((value) => ({ value })) }),
  };
}

function post(url: string, token: string, body: object): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  return fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
}

describe.each(clients)("@workos-inc/node %s", (_version, workos) => {
  test("reads directories, users and groups, by itself and by what they belong to", async () => {
    const { created, hire, group } = await connect(server);
    const [ann, bob] = [await hire("ann"), await hire("bob")];
    const team = await group("Engineering", [ann.id]);

    const directory = await workos.directorySync.getDirectory(created.id);
    expect(directory).toMatchObject({ id: created.id, name: "Acme", type: "okta scim v2.0", state: "active" });
    const directories = await workos.directorySync.listDirectories({ organizationId: String(created.organization_id) });
    expect(directories.data).toEqual([directory]);

    const user = await workos.directorySync.getUser(ann.id);
    expect(user).toMatchObject({ email: "ann@acme.test", firstName: "ann", state: "active", directoryId: created.id });
    expect(user.groups).toMatchObject([{ id: team.id, name: "Engineering" }]);
    expect(await workos.directorySync.getGroup(team.id)).toMatchObject({
      name: "Engineering",
      directoryId: created.id,
    });

    const ids = async (list: Promise<{ data: { id: string }[] }>) => (await list).data.map(({ id }) => id);
    expect(await ids(workos.directorySync.listUsers({ directory: created.id }))).toEqual([bob.id, ann.id]);
    expect(await ids(workos.directorySync.listUsers({ group: team.id }))).toEqual([ann.id]);
    expect(await ids(workos.directorySync.listGroups({ directory: created.id }))).toEqual([team.id]);
    expect(await ids(workos.directorySync.listGroups({ user: ann.id }))).toEqual([team.id]);
    expect(await ids(workos.directorySync.listGroups({ user: bob.id }))).toEqual([]);
  });

  test("walks pages with its cursors, forwards and back, and by its own auto-pagination", async () => {
    const { created, hire } = await connect(server);
    const ids: string[] = [];
    for (let index = 0; index < 12; index += 1) ids.push((await hire(`u${String(index)}`)).id);
    const list = (more: object) => workos.directorySync.listUsers({ directory: created.id, order: "asc", ...more });

    const first = await list({ limit: 5 });
    const second = await list({ limit: 5, after: first.listMetadata.after });
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(ids.slice(0, 10));
    const back = await list({ limit: 5, before: second.listMetadata.before });
    expect(back.data.map(({ id }) => id)).toEqual(ids.slice(0, 5));

    const newestFirst = await workos.directorySync.listUsers({ directory: created.id });
    const all = await newestFirst.autoPagination();
    expect(all.map(({ id }) => id)).toEqual([...ids].reverse());
  });

  test("follows the log with a cursor, whatever order it asks for", async () => {
    const { created, hire } = await connect(server);
    for (const name of ["ann", "bob", "cid"]) await hire(name);
    const events = ["dsync.activated", "dsync.user.created"] as const;
    for (const order of [undefined, "asc", "desc"] as const) {
      const seen: string[] = [];
      for (let after: string | undefined; ;) {
        const asked = { events: [...events], limit: 2, ...(after === undefined ? {} : { after }) };
        const page = await workos.events.listEvents({ ...asked, ...(order === undefined ? {} : { order }) });
        seen.push(...page.data.map(({ event }) => event));
        after = page.data.at(-1)?.id;
        if (page.listMetadata.after === undefined || page.listMetadata.after === null) break;
      }
      expect(seen).toEqual(["dsync.activated", "dsync.user.created", "dsync.user.created", "dsync.user.created"]);
    }
    const organizationId = String(created.organization_id);
    const ours = await workos.events.listEvents({ events: [...events], organizationId });
    expect(ours.data).toHaveLength(4);
    expect(ours.data[1]?.data).toMatchObject({ email: "ann@acme.test", directoryId: created.id });
    const past = { rangeStart: "2020-01-01T00:00:00.000Z", rangeEnd: "2020-02-01T00:00:00.000Z" };
    expect((await workos.events.listEvents({ events: [...events], ...past })).data).toEqual([]);
  });

  test("throws its own errors for what is not there, not wanted, or not allowed", async () => {
    const strangers = { apiHostname: hostname, port: Number(port), https: false };
    const stranger =
      workos instanceof WorkOs8 ? new WorkOs8("sk_wrong", strangers) : new WorkOs11("sk_wrong", strangers);
    const nameOf = async (asking: Promise<unknown>) =>
      await asking.then(
        () => "nothing",
        (error: unknown) => (error as Error).constructor.name,
      );
    expect(await nameOf(workos.directorySync.getUser("directory_user_nobody"))).toBe("NotFoundException");
    expect(await nameOf(stranger.directorySync.getDirectory("directory_1"))).toBe("UnauthorizedException");
    expect(await nameOf(workos.directorySync.listUsers({ directory: "x", limit: 1_000 }))).toBe(
      "UnprocessableEntityException",
    );
    // The vendor has no class for what has a code; what is to be known is on it.
    const lost = workos.events.listEvents({ events: ["dsync.activated"], after: "event_lost" });
    await expect(lost).rejects.toMatchObject({ status: 400, rawData: { code: "event_cursor_not_found" } });
    server.faults.next("GET /directories/:id", { kind: "status", status: 429, retryAfter: 0 }, { times: 10 });
    expect(await nameOf(workos.directorySync.getDirectory("directory_1"))).toBe("RateLimitExceededException");
  });

  test("makes organizations and finds them again; a directory that it deletes is gone", async () => {
    const made = await workos.organizations.createOrganization({ name: "Acme", externalId: "crm-1" });
    expect(await workos.organizations.getOrganization(made.id)).toMatchObject({ id: made.id, name: "Acme" });
    expect((await workos.organizations.getOrganizationByExternalId("crm-1")).id).toBe(made.id);
    const organization = made.id;
    const domainData = [{ domain: "acme.test", state: "verified" as never }];
    const changed = await workos.organizations.updateOrganization({ organization, name: "Acme Inc.", domainData });
    expect(changed).toMatchObject({ name: "Acme Inc.", externalId: "crm-1", domains: [{ domain: "acme.test" }] });
    const owners = async (domains: string[]) =>
      (await workos.organizations.listOrganizations({ domains })).data.map(({ id }) => id);
    expect([await owners(["acme.test", "x.test"]), await owners(["x.test"])]).toEqual([[organization], []]);
    await workos.organizations.deleteOrganization(organization);
    expect(await owners(["acme.test"])).toEqual([]);
    const { created } = await connect(server);
    await workos.directorySync.deleteDirectory(created.id);
    expect((await workos.directorySync.listDirectories()).data).toEqual([]);
  });
});

describe("webhooks that our server sends", () => {
  /** A receiver of webhooks, and those that came: the raw bytes and the signature. */
  async function receive() {
    const received: { readonly bytes: Buffer; readonly signature: string }[] = [];
    const take = async (request: IncomingMessage) => {
      received.push({ bytes: await buffer(request), signature: String(request.headers["workos-signature"]) });
    };
    const receiver = createServer((request, response) => void take(request).then(() => response.end()));
    receiver.listen(0, "127.0.0.1");
    await once(receiver, "listening");
    onTestFinished(() => {
      receiver.closeAllConnections();
      receiver.close();
    });
    return { url: `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/`, received };
  }

  test("are taken by both versions, and refused when one byte or the secret is another", async () => {
    const { url, received } = await receive();
    const { hire } = await connect(server);
    const body = { endpoint_url: url, events: ["dsync.user.created"] };
    const { secret } = (await (await post(`${server.url}/webhook_endpoints`, server.apiKey, body)).json()) as {
      secret: string;
    };
    await hire("zoë");
    await vi.waitUntil(() => received.length === 1, { timeout: 5_000 });
    const { bytes = Buffer.alloc(0), signature: sigHeader = "" } = received[0] ?? {};
    // Version 8 signs what it was parsed to, and is given that.
    const parsed = JSON.parse(bytes.toString()) as Record<string, unknown>;
    const taken = [
      await newest.webhooks.constructEvent({ payload: bytes.toString(), sigHeader, secret }),
      await new WorkOs8(server.apiKey).webhooks.constructEvent({ payload: parsed, sigHeader, secret }),
    ];
    for (const event of taken) {
      expect(event).toMatchObject({ event: "dsync.user.created", data: { firstName: "zoë", state: "active" } });
    }
    const changed = bytes.toString().replace("zoë", "zoe");
    for (const wrong of [
      { payload: changed, secret },
      { payload: bytes.toString(), secret: `${secret}x` },
    ]) {
      await expect(newest.webhooks.constructEvent({ ...wrong, sigHeader })).rejects.toMatchObject({
        name: "SignatureVerificationException",
      });
    }
  });

  test("go to endpoints that version 11 makes, changes, lists and deletes", async () => {
    const { url, received } = await receive();
    const { hire } = await connect(server);
    const endpoint = await newest.webhooks.createWebhookEndpoint({ endpointUrl: url, events: ["dsync.group.created"] });
    expect((await newest.webhooks.listWebhookEndpoints()).data).toMatchObject([{ id: endpoint.id, endpointUrl: url }]);
    await newest.webhooks.updateWebhookEndpoint({ id: endpoint.id, events: ["dsync.user.created"] });
    await hire("ann");
    await vi.waitUntil(() => received.length === 1, { timeout: 5_000 });
    await newest.webhooks.deleteWebhookEndpoint({ id: endpoint.id });
    expect((await newest.webhooks.listWebhookEndpoints()).data).toEqual([]);
  });
});
