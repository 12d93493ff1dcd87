import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { systemRuntime } from "@dirsync/sdk";
import { createScimClient, equalsFilter, resourcePath } from "./client.ts";
import type { ConnectionOptions, ScimCall, ScimClient, ScimDialect } from "./client.ts";
import { startRecorder } from "./fixtures/recorder.ts";
import type { PreparedAnswer, Recorder } from "./fixtures/recorder.ts";

const token = "scim_0123456789abcdef";
const dialect: ScimDialect = {
  provider: "Acme IdP",
  headers: { Accept: "application/scim+json" },
  contentType: "application/scim+json",
  timeoutMs: 5_000,
};
const call: ScimCall = {
  purpose: "read the user",
  subject: "mara.lind@example.com",
  method: "GET",
  path: "/Users/one",
  accept: [200],
};

let recorder: Recorder | undefined;
const closers: (() => void)[] = [];

afterEach(async () => {
  await recorder?.close();
  recorder = undefined;
  closers.splice(0).forEach((close) => {
    close();
  });
});

describe("an answer that is not a success", () => {
  test.each<[string, PreparedAnswer, object]>([
    ["401", { status: 401 }, { code: "http_401", retryable: false }],
    ["403 with a page", { status: 403, body: "<html>no</html>" }, { code: "http_403", bodyExcerpt: "<html>no</html>" }],
    ["a redirect", { status: 302, headers: { Location: "http://elsewhere.test/" } }, { status: 302, retryable: false }],
    ["400", { status: 400, body: { scimType: "invalidValue" } }, { code: "invalidValue", retryable: false }],
    ["429", { status: 429, headers: { "Retry-After": "7" } }, { retryable: true, retryAfterMs: 7_000 }],
    ["429 with a date", { status: 429, headers: { "Retry-After": "soon" } }, { retryAfterMs: null }],
    ["500 without a body", { status: 500, body: "" }, { retryable: true, requestId: null }],
    ["503", { status: 503, headers: { "X-Request-Id": "r1" }, body: "{" }, { retryable: true, requestId: "r1" }],
  ])("%s is one ApiError, and the call is not repeated", async (_name, answer, facts) => {
    const client = await clientFor([answer]);
    await expect(client.call(call)).rejects.toMatchObject({ name: "ApiError", ...facts });
    expect(recorder?.received).toHaveLength(1);
  });

  test("the message names the call, the person, the status and the server's detail", async () => {
    const detail = "Another user already exists with this username";
    const client = await clientFor([{ status: 409, body: { scimType: "uniqueness", detail, status: "409" } }]);
    await expect(client.call(call)).rejects.toThrow(
      `Acme IdP could not read the user mara.lind@example.com: GET /Users/one answered 409, uniqueness, ${detail}.`,
    );
  });

  test("a token that the server echoes appears nowhere in the error", async () => {
    const client = await clientFor([{ status: 401, body: { detail: `Bearer ${token} is unknown` } }]);
    const error = await failure(client);
    expect(`${error.message} ${JSON.stringify(error)} ${error.stack ?? ""}`).not.toContain(token);
    expect(error.message).toContain("[token]");
  });

  test("control characters of the server never reach a terminal through the message", async () => {
    const client = await clientFor([{ status: 400, body: { detail: "\u001b[2Jgone\nline", scimType: "a\u0007" } }]);
    const error = await failure(client);
    expect(error.message).toContain("400, a ,  [2Jgone line.");
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });

  test("a page of a megabyte is cut to an excerpt", async () => {
    const client = await clientFor([{ status: 500, body: "x".repeat(1_000_000) }]);
    const error = await failure(client);
    expect(error).toMatchObject({ bodyExcerpt: "x".repeat(500) });
    expect(error.message.length).toBeLessThan(1_000);
  });
});

describe("an answer that never arrives whole", () => {
  test("nobody listens", async () => {
    const client = createScimClient(dialect, { baseUrl: "http://127.0.0.1:1/scim", token });
    const error = await failure(client);
    expect(error).toMatchObject({ name: "ConnectionError", code: "unreachable", retryable: true });
    expect(error.message).toContain("read the user mara.lind@example.com");
    expect(error.message).toContain("runs at http://127.0.0.1:1/scim,");
  });

  test("a server that accepts and says nothing ends in a timeout", async () => {
    const baseUrl = await rawServer(() => undefined);
    const client = createScimClient(dialect, { baseUrl, token, timeoutMs: 100 });
    await expect(client.call(call)).rejects.toMatchObject({ code: "timeout", retryable: true });
  });

  test("the timeout covers the body", async () => {
    const baseUrl = await rawServer((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"));
    const client = createScimClient(dialect, { baseUrl, token, timeoutMs: 100 });
    await expect(client.call(call)).rejects.toMatchObject({ code: "timeout" });
  });

  test("half a body is an error rather than half a user", async () => {
    const baseUrl = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":'));
    const client = createScimClient(dialect, { baseUrl, token });
    await expect(client.call(call)).rejects.toMatchObject({ code: "body_cut", retryable: true });
  });

  test("a caller who stops waiting gets an error that must not be retried", async () => {
    const controller = new AbortController();
    const baseUrl = await rawServer(() => {
      controller.abort();
    });
    const client = createScimClient(dialect, { baseUrl, token, signal: controller.signal });
    await expect(client.call(call)).rejects.toMatchObject({ code: "aborted", retryable: false });
  });
});

describe("an answer that is not SCIM", () => {
  test.each([
    ["a page", "<html>welcome</html>"],
    ["nothing", ""],
    ["no id", {}],
    ["an id that is a number", { id: 7 }],
    ["a list", [{ id: "one" }]],
  ])("%s is not taken for a user", async (_name, body) => {
    const client = await clientFor([{ status: 200, body }]);
    const answer = await client.call(call);
    expect(() => answer.resource()).toThrow(/mara\.lind@example\.com.*not a SCIM resource/);
  });

  test.each([
    ["a page", "<html>welcome</html>"],
    ["no counts", { Resources: [] }],
    ["counts as text", { totalResults: "0", Resources: [] }],
    ["resources that are no list", { totalResults: 1, Resources: { id: "one" } }],
    ["a resource without an id", { totalResults: 1, Resources: [{}] }],
    ["null", "null"],
  ])("%s is not taken for an empty list", async (_name, body) => {
    const client = await clientFor([{ status: 200, body }]);
    const answer = await client.call(call);
    expect(() => answer.list()).toThrow(expect.objectContaining({ name: "ContractError" }));
  });

  test("a list that leaves Resources out is empty (RFC 7644 §3.4.2)", async () => {
    const client = await clientFor([{ status: 200, body: { totalResults: 0 } }]);
    expect((await client.call(call)).list()).toEqual([]);
  });
});

describe("what an admin may enter", () => {
  test.each(["", "not a url", "ftp://a.test/scim", "http://user:secret@a.test/scim"])(
    "the address %j is refused before anything is sent",
    (baseUrl) => {
      expect(() => createScimClient(dialect, { baseUrl, token })).toThrow(
        expect.objectContaining({ name: "ConfigError", where: "baseUrl" }),
      );
    },
  );

  test.each(["", "hush two", "hush\ntwo", "hüsh two"])("the token %j is refused and not repeated", (bad) => {
    const connect = () => createScimClient(dialect, { baseUrl: "http://a.test/scim", token: bad });
    expect(connect).toThrow(expect.objectContaining({ name: "ConfigError", where: "token" }));
    expect(connect).not.toThrow(/h[uü]sh/);
  });

  test("a trailing slash and a flag behind the address change nothing about the path", async () => {
    recorder = await startRecorder([{ status: 200, body: { id: "one" } }]);
    await createScimClient(dialect, { baseUrl: `${recorder.url}//?flag`, token }).call(call);
    expect(recorder.received[0]?.path).toBe("/scim/v2.0/dir/Users/one");
  });
});

describe("what reaches an address", () => {
  test.each([
    ["plain", "one", "/Users/one"],
    ["a slash", "../Groups/x", "/Users/..%2FGroups%2Fx"],
    ["a query", "a?b#c", "/Users/a%3Fb%23c"],
  ])("an id with %s stays one path segment", (_name, id, path) => {
    expect(resourcePath("Users", id)).toBe(path);
  });

  test.each(["", ".", ".."])("the id %j is refused", (id) => {
    expect(() => resourcePath("Users", id)).toThrow(expect.objectContaining({ name: "ContractError" }));
  });

  test("quotes and backslashes in a name cannot end the filter", () => {
    expect(decodeURIComponent(equalsFilter("userName", 'a" or "\\'))).toBe('userName eq "a\\" or \\"\\\\"');
  });
});

test("the log has the status and no token, name or body", async () => {
  const lines: object[] = [];
  const log = { ...systemRuntime.log, debug: (fields: object) => lines.push(fields) };
  const client = await clientFor([{ status: 200, body: { id: "one" } }], { runtime: { ...systemRuntime, log } });
  await client.call(call);
  expect(lines).toEqual([
    { provider: "Acme IdP", method: "GET", status: 200, durationMs: expect.any(Number) as number },
  ]);
});

async function clientFor(
  answers: readonly PreparedAnswer[],
  options: Partial<ConnectionOptions> = {},
): Promise<ScimClient> {
  recorder = await startRecorder(answers);
  return createScimClient(dialect, { baseUrl: recorder.url, token, ...options });
}

async function failure(client: ScimClient): Promise<Error> {
  const outcome = await client.call(call).catch((error: unknown) => error);
  if (!(outcome instanceof Error)) {
    throw new Error("the call was expected to fail");
  }
  return outcome;
}

/** A TCP server that answers the first bytes of each connection as told. */
async function rawServer(answer: (socket: Socket) => unknown): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closers.push(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/scim`;
}
