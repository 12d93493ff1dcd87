/**
 * What `@workos-inc/node` gets wrong (versions 10.9.0 and 11.0.0, read and run in November 2026), and that we do not: one
 * test for each defect, over real HTTP. Most have suites of their own beside the code; this is the list.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import {
  ApiError,
  ConnectionError,
  DirectorySync,
  type DirectorySyncOptions,
  type Order,
  systemRuntime,
} from "@dirsync/sdk";
import { sign, verify } from "@dirsync/sdk/webhooks";
import { afterEach, describe, expect, test } from "vitest";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A client of a service that answers like this, and the paths that were asked for. */
async function clientOf(answer: Answer, options: DirectorySyncOptions = {}) {
  const paths: string[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    request.setEncoding("utf8").on("data", (text: string) => bodies.push(text));
    request.on("end", () => answer(request, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DirectorySync({ apiKey: "sk_test", baseUrl, retriesMax: 0, ...options });
  return { client, paths, bodies };
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** What a call fails with. */
async function failureOf(answer: Answer, options?: DirectorySyncOptions): Promise<unknown> {
  const { client } = await clientOf(answer, options);
  return await client.directories.get("directory_1").catch((error: unknown) => error);
}

const user = {
  object: "directory_user",
  id: "directory_user_1",
  directory_id: "directory_1",
  idp_id: "8931",
  email: "mara@example.com",
  state: "active",
  custom_attributes: {},
  created_at: "2026-01-15T12:00:00.000Z",
  updated_at: "2026-01-15T12:00:00.000Z",
};

const directory = {
  object: "directory",
  id: "directory_1",
  organization_id: "org_1",
  external_key: "key",
  type: "okta scim v2.0",
  state: "linked",
  name: "Acme",
  created_at: "2026-01-15T12:00:00.000Z",
  updated_at: "2026-01-15T12:00:00.000Z",
};

const list = (data: readonly unknown[], after: string | null = null) => ({
  object: "list",
  data,
  list_metadata: { before: null, after },
});

const event = (id: string, name = "dsync.user.created") => ({
  object: "event",
  id,
  event: name,
  data: user,
  created_at: "2026-01-15T12:00:00.000Z",
});

describe("errors", () => {
  test("1: an error has the id of its request", async () => {
    const error = await failureOf(json(404, { message: "Not Found" }, { "X-Request-ID": "req_1" }));
    expect(error).toMatchObject({ requestId: "req_1" });
  });

  test("2: a 401 says what the service said, and a 429 of a bare string has a message", async () => {
    expect(await failureOf(json(401, { message: "Key expired" }))).toMatchObject({
      status: 401,
      message: expect.stringContaining("Key expired") as unknown,
    });
    expect(await failureOf(json(429, "Ratelimited"))).toMatchObject({
      status: 429,
      message: expect.stringContaining("Ratelimited") as unknown,
    });
  });

  test("3: a 422 keeps its message, and every field it refuses", async () => {
    const errors = [
      { code: "required", field: "events" },
      { code: "too_long", field: "name", message: "At most 100." },
    ];
    expect(await failureOf(json(422, { message: "Validation failed.", errors }))).toMatchObject({
      message: expect.stringContaining("Validation failed.") as unknown,
      problems: errors,
    });
  });

  test("4: 403, 500 and a time-out are errors of their own kinds", async () => {
    for (const status of [403, 500]) {
      const error = await failureOf(json(status, { message: "No" }));
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ status });
    }
    const timeout = await failureOf(() => undefined, { timeoutMs: 50 });
    expect(timeout).toBeInstanceOf(ConnectionError);
    expect(timeout).toMatchObject({ code: "timeout" });
  });

  test("5: a page of a proxy and a broken connection are told apart, each with its cause", async () => {
    const html: Answer = (_request, response) =>
      void response.writeHead(502, { "content-type": "text/html" }).end("<h1>");
    expect(await failureOf(html)).toMatchObject({ name: "ApiError", status: 502, bodyExcerpt: "<h1>" });
    expect(await failureOf((request) => void request.socket.destroy())).toMatchObject({
      name: "ConnectionError",
      code: "unreachable",
      cause: expect.any(Error) as unknown,
    });
  });

  test("6: Retry-After as a date is a number of milliseconds", async () => {
    const headers = { date: "Thu, 15 Jan 2026 12:00:00 GMT", "retry-after": "Thu, 15 Jan 2026 12:00:07 GMT" };
    expect(await failureOf(json(429, "Ratelimited", headers))).toMatchObject({ retryAfterMs: 7_000 });
  });
});

describe("requests", () => {
  test("7: an id cannot lead to another path", async () => {
    const { client, paths } = await clientOf(json(404, { message: "no" }));
    await client.directories.get("../organizations/x").catch(() => undefined);
    await client.users.get("a/b?c#d").catch(() => undefined);
    expect(paths.filter((path) => !/^\/director(?:ies|y_users)\/[^/?#]+$/.test(path))).toEqual([]);
  });

  test("11: users are found by e-mail address and by the provider's id", async () => {
    const { client, paths } = await clientOf(json(200, list([])));
    await client.users.list({ directory: "directory_1", email: "mara@example.com", idp_id: "8931" }).page();
    expect(paths[0]).toContain("email=mara%40example.com");
    expect(paths[0]).toContain("idp_id=8931");
  });

  test("15: a time-out covers the body", async () => {
    const drip: Answer = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" }).write("{");
    };
    expect(await failureOf(drip, { timeoutMs: 80 })).toMatchObject({ code: "timeout" });
  });

  test("16: a portal link is asked for with the fields that the contract has", async () => {
    const { client, bodies } = await clientOf(json(201, { link: "https://setup.example.com?token=x" }));
    const it_contact_emails = ["it@example.com"];
    await client.portal.generateLink({ organization: "org_1", intent: "dsync", it_contact_emails });
    expect(JSON.parse(bodies.join(""))).toEqual({ organization: "org_1", intent: "dsync", it_contact_emails });
  });

  test("17: an empty cursor is an error, not a beginning", async () => {
    const { client, paths } = await clientOf(json(200, list([])));
    await expect(client.events.page({ events: ["dsync.deleted"], after: "" })).rejects.toMatchObject({
      name: "ConfigError",
    });
    expect(paths).toEqual([]);
  });
});

describe("answers", () => {
  test("8: every field of the wire arrives, known or not", async () => {
    const whole = { ...directory, metadata: { users: { active: 1, inactive: 0 }, groups: 2 }, new_field: [1] };
    const { client } = await clientOf(json(200, whole));
    expect(await client.directories.get("directory_1")).toEqual(whole);
    const person = { ...user, name: "Mara", emails: [], username: null, job_title: null, role: { slug: "member" } };
    const { client: other } = await clientOf(json(200, { ...person, groups: [] }));
    expect(await other.users.get("directory_user_1")).toEqual({ ...person, groups: [] });
  });

  test("9: a user without groups is a user; an event without a whole envelope is a ContractError", async () => {
    const { client } = await clientOf(json(200, user));
    expect(await client.users.get("directory_user_1")).toEqual(user);
    const { client: other } = await clientOf(json(200, list([{ id: "event_1" }])));
    await expect(other.events.page({ events: ["dsync.deleted"] })).rejects.toMatchObject({ name: "ContractError" });
  });

  test("10: unknown types and states, and token events, pass through", async () => {
    const odd = { ...directory, type: "quantum hr", state: "dreaming" };
    const { client } = await clientOf(json(200, odd));
    expect(await client.directories.get("directory_1")).toEqual(odd);
    const { client: other } = await clientOf(json(200, list([event("event_1", "dsync.token.created")])));
    const { events } = await other.events.page({ events: ["dsync.token.created"] });
    expect(events.map((each) => each.event)).toEqual(["dsync.token.created"]);
  });
});

describe("lists", () => {
  /** Three pages of two, by cursor. */
  const pages: Answer = (request, response) => {
    const after = new URL(request.url ?? "", "http://x").searchParams.get("after");
    const first = after === null ? 1 : Number(after.slice(6)) + 1;
    const data = [event(`event_${first}`), event(`event_${first + 1}`)];
    json(200, list(data, first < 5 ? `event_${first + 1}` : null))(request, response);
  };

  test("12: the log is walked to its end, in the names of the wire", async () => {
    const { client, paths } = await clientOf(pages);
    const ids: string[] = [];
    for await (const each of client.events.iterate({ events: ["dsync.user.created", "dsync.deleted"], limit: 2 })) {
      ids.push(each.id);
      expect(each.data).toEqual(user);
    }
    expect(ids).toEqual(["event_1", "event_2", "event_3", "event_4", "event_5", "event_6"]);
    expect(paths.every((path) => path.includes("order=asc" satisfies `order=${Order}`))).toBe(true);
  });

  test("13: no page is asked for twice, a limit does not end the list, and nothing waits on a service without limits", async () => {
    const sleep = () => Promise.reject(new Error("It waited."));
    const { client, paths } = await clientOf(pages, { runtime: { ...systemRuntime, sleep } });
    const all = await client.events.list({ events: ["dsync.deleted"], limit: 2 }).toArray({ max: 10 });
    expect(all).toHaveLength(6);
    expect(new Set(paths).size).toBe(3);
    expect(paths).toHaveLength(3);
  });
});

test("14: a webhook from the future, without a number for a time, or with its signature in second place", () => {
  const payload = JSON.stringify(event("event_1"));
  const secret = "whsec_test";
  const verified = (header: string) => verify({ payload, header, secret }).id;
  const now = Date.now();
  const own = sign({ payload, secret, timestampMs: now });
  const signature = own.slice(own.indexOf("v1="));
  expect(() => verified(sign({ payload, secret, timestampMs: now + 600_000 }))).toThrow(/in the future/);
  expect(() => verified(`t=NaN, ${signature}`)).toThrow(/cannot be read/);
  expect(verified(`t=${now}, v1=${"0".repeat(64)}, ${signature}`)).toBe("event_1");
  // The bytes count, not what a parser makes of them.
  const spaced = payload.replace(":", ": ");
  expect(verify({ payload: spaced, header: sign({ payload: spaced, secret, timestampMs: now }), secret }).id).toBe(
    "event_1",
  );
});
