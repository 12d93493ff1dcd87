import { DirectorySync, silentLogger, subscribableEventNames, systemRuntime } from "@dirsync/sdk";
import type { CreatedDirectory, List } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { startReceiver } from "../fixtures/webhook-receiver.ts";
import { createTestServer, type Fault, type TestServer, type TestServerOptions } from "./index.ts";

const json = { "Content-Type": "application/json" };

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await createTestServer(options);
  onTestFinished(() => server.close());
  return server;
}

function call({ url, apiKey }: TestServer, line: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const [method = "", path = ""] = line.split(" ");
  const headers = { Authorization: `Bearer ${apiKey}`, ...json };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return fetch(`${url}${path}`, { method, headers, ...sent, ...(signal === undefined ? {} : { signal }) });
}

async function namesOf(server: TestServer): Promise<readonly string[]> {
  const list = (await (await call(server, "GET /organizations?order=asc&limit=100")).json()) as List<{ name: string }>;
  return list.data.map(({ name }) => name);
}

const makeOrganization = (server: TestServer, name: string) => call(server, "POST /organizations", { name });

async function connect(server: TestServer): Promise<(userName: string) => Promise<Response>> {
  const answer = await call(server, "POST /directories", { name: "Acme", type: "generic scim v2.0" });
  const { scim } = (await answer.json()) as CreatedDirectory;
  const headers = { Authorization: `Bearer ${scim.bearer_token}` };
  return (userName) =>
    fetch(`${scim.base_url}/Users`, {
      method: "POST",
      headers,
      body: JSON.stringify({ userName: `${userName}@x.test` }),
    });
}

describe("reset", () => {
  test("leaves nothing of what was, and nothing of what was asked for", async () => {
    const server = await start();
    const receiver = await startReceiver();
    const hire = await connect(server);
    await makeOrganization(server, "Acme");
    await call(server, "POST /webhook_endpoints", { endpoint_url: receiver.url, events: [...subscribableEventNames] });
    expect((await hire("ann")).status).toBe(201);
    await receiver.hasReceived(1);
    server.faults.next("*", { kind: "status", status: 500 });
    server.webhookFaults.next({ kind: "drop" });

    await server.reset();

    const lists = ["directories", "directory_users", "directory_groups", "organizations", "webhook_endpoints"];
    const paths = [...lists, `events?events=${subscribableEventNames.join(",")}`];
    for (const path of paths) {
      const answer = await call(server, `GET /${path}`);
      expect([path, await answer.json()]).toMatchObject([path, { object: "list", data: [] }]);
    }
    expect((await hire("bob")).status).toBe(401);
  });

  test("keeps address and key, over one connection, and a used Idempotency-Key is new again", async () => {
    const server = await start();
    const client = new DirectorySync({ baseUrl: server.url, apiKey: server.apiKey });
    const ids = new Set<string>();
    for (let life = 0; life < 20; life += 1) {
      const { id } = await client.directories.create(
        { name: "Acme", type: "okta scim v2.0" },
        { idempotencyKey: "one" },
      );
      ids.add(id);
      expect(await client.directories.list().toArray({ max: 10 })).toHaveLength(1);
      await server.reset();
    }
    expect(ids.size).toBe(20);
  });

  test("waits for requests under way, which are answered as if nothing had been", async () => {
    const server = await start();
    const hire = await connect(server);
    const hires = Array.from({ length: 40 }, (_, index) => hire(`u${String(index)}`));
    await hires[0];
    await server.reset();
    const statuses = await Promise.all(hires.map(async (answer) => (await answer).status));
    // A request that had not arrived yet meets the empty server, which does not know its token.
    for (const status of statuses) expect([201, 401]).toContain(status);
    expect(await (await call(server, "GET /directory_users")).json()).toMatchObject({ data: [] });
  });

  test("cuts requests that hang, so that it is never waited for", async () => {
    const server = await start();
    server.faults.next("GET /organizations", { kind: "hang" });
    const hanging = call(server, "GET /organizations").then(
      () => "answered",
      () => "cut",
    );
    const armed = server.faults.next("GET /directories", { kind: "delay", delayMs: 3_600_000 });
    const delayed = call(server, "GET /directories").then(
      () => "answered",
      () => "cut",
    );
    await eventually(() => expect(armed.struck).toBe(1));
    await server.reset();
    expect(await Promise.all([hanging, delayed])).toEqual(["cut", "cut"]);
  });
});

describe("a fault", () => {
  const cases: readonly (readonly [name: string, fault: Fault, answer: string, made: readonly string[]])[] = [
    ["a status", { kind: "status", status: 503 }, "503", []],
    ["a status although the change is made", { kind: "status", status: 502, side: "after" }, "502", ["Acme"]],
    ["a connection that is cut", { kind: "cut" }, "cut", []],
    ["one that is cut when the change is durable", { kind: "cut", side: "after" }, "cut", ["Acme"]],
    ["one that is cut in the middle of the answer", { kind: "cut", side: "midway" }, "cut in the body", ["Acme"]],
    ["a delay", { kind: "delay", delayMs: 1 }, "201", ["Acme"]],
  ];
  test.each(cases)("%s", async (_name, fault, expected, made) => {
    const server = await start();
    const armed = server.faults.next("POST /organizations", fault);
    const received = await makeOrganization(server, "Acme").then(
      async (answer) => {
        const text = await answer.text().catch(() => null);
        return text === null ? "cut in the body" : String(answer.status);
      },
      () => "cut",
    );
    expect(received).toBe(expected);
    expect(await namesOf(server)).toEqual(made);
    expect([armed.struck, armed.remaining]).toEqual([1, 0]);
    expect((await makeOrganization(server, "Other")).status).toBe(201);
  });

  test.each(["before", "after"] as const)(
    "that hangs %s the change leaves the caller to its time limit",
    async (side) => {
      const server = await start();
      const armed = server.faults.next("POST /organizations", { kind: "hang", side });
      const asked = call(server, "POST /organizations", { name: "Acme" }, AbortSignal.timeout(200));
      await expect(asked).rejects.toMatchObject({ name: "TimeoutError" });
      expect(armed.struck).toBe(1);
      expect(await namesOf(server)).toEqual(side === "after" ? ["Acme"] : []);
    },
  );

  test("that hangs goes on when it is released", async () => {
    const server = await start();
    const armed = server.faults.next("POST /organizations", { kind: "hang" }, { times: 2 });
    const answers = [makeOrganization(server, "A"), makeOrganization(server, "B")];
    await eventually(() => expect(armed.struck).toBe(2));
    expect(await namesOf(server)).toEqual([]);
    armed.release();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([201, 201]);
  });

  test("strikes its route only, so many times, and only what it is told to", async () => {
    const server = await start();
    const status = async (line: string, body?: unknown) => (await call(server, line, body)).status;
    server.faults.next("GET /directories/:id", { kind: "status", status: 500 }, { times: 2 });
    expect(await status("GET /directories")).toBe(200);
    expect(await status("GET /directories/x")).toBe(500);
    expect(await status("DELETE /directories/x")).toBe(404);
    expect(await status("GET /directories/y/")).toBe(500);
    expect(await status("GET /directories/x")).toBe(404);

    let asked = 0;
    server.faults.next("*", { kind: "status", status: 418 }, { when: () => (asked += 1) === 3 });
    const seen = [await status("GET /events"), await status("GET /healthz"), await status("GET /nowhere")];
    expect(seen).toEqual([422, 200, 418]);
  });

  test("reaches SCIM too, and those that wait are served in turn", async () => {
    const server = await start();
    const hire = await connect(server);
    const route = "POST /scim/v2.0/:external_key/Users";
    server.faults.next(route, { kind: "status", status: 429, retryAfter: 7 });
    server.faults.next(route, { kind: "status", status: 500, body: { detail: "broken" } });
    const [first, second, third] = [await hire("ann"), await hire("ann"), await hire("ann")];
    expect([first.status, first.headers.get("retry-after"), await first.json()]).toEqual([429, "7", "Ratelimited"]);
    expect([second.status, await second.json()]).toEqual([500, { detail: "broken" }]);
    expect(third.status).toBe(201);
  });

  test("is what a client has to live with: ours tries again", async () => {
    const server = await start();
    const runtime = { ...systemRuntime, log: silentLogger, sleep: async () => undefined };
    const client = new DirectorySync({ baseUrl: server.url, apiKey: server.apiKey, runtime });
    await makeOrganization(server, "Acme");
    const faults = [
      server.faults.next("GET /organizations", { kind: "status", status: 429 }),
      server.faults.next("GET /organizations", { kind: "cut", side: "midway" }),
    ];
    expect(await client.organizations.list().toArray({ max: 10 })).toHaveLength(1);
    expect(faults.map(({ struck }) => struck)).toEqual([1, 1]);
  });

  test("without a socket is an error in place of a cut", async () => {
    const server = await start();
    server.faults.next("GET /healthz", { kind: "cut" });
    const ask = () => server.fetch(new Request(`${server.url}/healthz`));
    await expect(ask()).rejects.toMatchObject({ code: "connection_cut" });
    expect((await ask()).status).toBe(200);
  });

  test.each([
    ["a route that there is none of", "GET /directory", { kind: "cut" }, {}, "route"],
    ["no time at all", "*", { kind: "cut" }, { times: 0 }, "times"],
    ["a status that no answer has", "*", { kind: "status", status: 100 }, {}, "status"],
  ] as const)("for %s is refused", async (_name, route, fault, options, where) => {
    const server = await start();
    expect(() => server.faults.next(route as "*", fault, options)).toThrow(
      expect.objectContaining({ code: "config_invalid", where }) as Error,
    );
  });
});

describe("webhooks", () => {
  /** A server whose endpoint is told of users, and how many of them have come, by the order they came in. */
  async function subscribed() {
    const server = await start();
    const receiver = await startReceiver();
    const hire = await connect(server);
    const events = ["dsync.user.created"];
    await call(server, "POST /webhook_endpoints", { endpoint_url: receiver.url, events });
    const names = () =>
      receiver.received.map(({ event }) => String((event.data as { email?: string }).email).split("@")[0]);
    return { server, hire, receiver, names };
  }

  test("that are dropped are never sent, and are on record as delivered", async () => {
    const { server, hire, receiver, names } = await subscribed();
    const armed = server.webhookFaults.next({ kind: "drop" }, { when: ({ event }) => event === "dsync.user.created" });
    await hire("ann");
    await eventually(() => expect(armed.struck).toBe(1));
    await hire("bob");
    await receiver.hasReceived(1);
    expect(names()).toEqual(["bob"]);
  });

  test("that are duplicated come twice, with one id", async () => {
    const { server, hire, receiver } = await subscribed();
    server.webhookFaults.next({ kind: "duplicate" });
    await hire("ann");
    await receiver.hasReceived(2);
    expect(new Set(receiver.received.map(({ event }) => event.id)).size).toBe(1);
  });

  test("that are reordered come from the last to the first", async () => {
    const { server, hire, receiver, names } = await subscribed();
    const armed = server.webhookFaults.next({ kind: "reorder", count: 3 });
    for (const [index, name] of ["ann", "bob"].entries()) {
      await hire(name);
      await eventually(() => expect(armed.struck).toBe(index + 1));
    }
    expect(receiver.received).toEqual([]);
    await hire("cid");
    await receiver.hasReceived(3);
    expect(names()).toEqual(["cid", "bob", "ann"]);
    await hire("dan");
    await receiver.hasReceived(4);
    expect(names().at(-1)).toBe("dan");
  });

  test("that are held for others which do not come are sent when they are released", async () => {
    const { server, hire, receiver, names } = await subscribed();
    const armed = server.webhookFaults.next({ kind: "reorder", count: 2 });
    await hire("ann");
    await eventually(() => expect(armed.struck).toBe(1));
    armed.release();
    await receiver.hasReceived(1);
    expect(names()).toEqual(["ann"]);
  });

  test("that are delayed come after those behind them", async () => {
    const { server, hire, receiver, names } = await subscribed();
    const armed = server.webhookFaults.next({ kind: "delay", delayMs: 300 });
    await hire("ann");
    await eventually(() => expect(armed.struck).toBe(1));
    await hire("bob");
    await receiver.hasReceived(2);
    expect(names()).toEqual(["bob", "ann"]);
  });

  test.each([1, 9])("cannot be put in another order %i at a time", async (count) => {
    const server = await start();
    expect(() => server.webhookFaults.next({ kind: "reorder", count })).toThrow(
      expect.objectContaining({ code: "config_invalid", where: "count" }) as Error,
    );
  });
});
