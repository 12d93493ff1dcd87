import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import * as z from "zod";
import { describe, expect, test } from "vitest";
import { ApiError, ConnectionError, ContractError } from "../errors.ts";
import { systemRuntime, type Runtime } from "../runtime.ts";
import { createApiCalls, type ApiCalls, type CallSettings } from "./call.ts";
import { deadUrl, json, serve, serveBytes, type Answer } from "./test-server.ts";
import { undiciTransport } from "./transport.ts";

const apiKey = "sk_test_secret_0123456789";
const anything = z.looseObject({});

/** Sleeps take no time and are written down. */
function hastyRuntime(): { runtime: Runtime; sleeps: number[] } {
  const sleeps: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    sleeps.push(ms);
  };
  return { runtime: { ...systemRuntime, random: () => 0, sleep }, sleeps };
}

function callsTo(baseUrl: string, changes: Partial<CallSettings> = {}): ApiCalls {
  return createApiCalls({
    baseUrl,
    apiKey,
    userAgent: "dirsync-sdk/test",
    timeoutMs: 10_000,
    retriesMax: 0,
    transport: undiciTransport(),
    runtime: hastyRuntime().runtime,
    signal: undefined,
    ...changes,
  });
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function failureOf(answer: Answer, changes: Partial<CallSettings> = {}): Promise<ApiError> {
  const server = await serve(answer);
  const error = await failure(callsTo(server.url, changes).read({ method: "GET", path: "/things" }, anything));
  return error as ApiError;
}

/** Answers the first `failures` requests with `status`, and the others with an empty object. */
function flaky(failures: number, status: number, headers: Record<string, string> = {}): Answer {
  let count = 0;
  return (_request, response) => {
    count += 1;
    json(response, {}, count <= failures ? status : 200, headers);
  };
}

describe("a request", () => {
  test("carries the key, the user agent and, with a body, its type", async () => {
    const server = await serve((_request, response) => json(response, {}));
    await callsTo(server.url).read({ method: "POST", path: "/things", body: { name: "Zoë" } }, anything);
    expect(server.requests[0]).toMatchObject({ method: "POST", target: "/things", body: '{"name":"Zoë"}' });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      "user-agent": "dirsync-sdk/test",
      accept: "application/json",
      "content-type": "application/json",
    });
  });

  test("keeps fields the schema does not know", async () => {
    const server = await serve((_request, response) => json(response, { id: "x", later: { added: true } }));
    const thing = z.looseObject({ id: z.string() });
    const body = await callsTo(server.url).read({ method: "GET", path: "/things" }, thing);
    expect(body).toEqual({ id: "x", later: { added: true } });
  });

  test.each([200, 202, 204])("whose answer is not settled succeeds on %i with any body", async (status) => {
    const server = await serve((_request, response) =>
      response.writeHead(status).end(status === 204 ? "" : "Accepted"),
    );
    await callsTo(server.url).run({ method: "DELETE", path: "/things/1" });
    expect(server.requests).toHaveLength(1);
  });
});

const samples = JSON.parse(readFileSync(new URL("fixtures/error-bodies.json", import.meta.url), "utf8")) as Record<
  string,
  unknown
>;

interface ErrorCase {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
  readonly code: string;
  readonly says: string;
  readonly problems?: readonly object[];
}

/** Shapes E1 to E16; the bodies named `samples` are the service's own examples (OpenAPI spec v0.61.0). */
const errorCases: readonly ErrorCase[] = [
  { name: "E1 message", status: 404, body: samples["message_only_403_404_422"], code: "not_found", says: "org_01EHQ" },
  { name: "E1 401", status: 401, body: samples["unauthorized_401"], code: "unauthorized", says: "Check the API key" },
  { name: "E1 403", status: 403, body: { message: "Forbidden" }, code: "forbidden", says: "may not do this" },
  { name: "E2 409", status: 409, body: samples["code_message_409"], code: "duplicate_endpoint", says: "processed" },
  { name: "E2 404", status: 404, body: samples["code_message_404"], code: "entity_not_found", says: "processed" },
  {
    name: "E2 events 400",
    status: 400,
    body: samples["events_400_unknown_event_name"],
    code: "invalid_events_request",
    says: "authentication.passkey_succeeded",
  },
  { name: "E3 error", status: 401, body: { error: "Unauthorized" }, code: "unauthorized", says: "Unauthorized" },
  {
    name: "E5 OAuth",
    status: 400,
    body: { error: "invalid_grant", error_description: "The grant is over." },
    code: "invalid_grant",
    says: "The grant is over.",
  },
  {
    name: "E6 errors with messages",
    status: 422,
    body: samples["webhook_endpoint_422_events"],
    code: "invalid_request_parameters",
    says: "Invalid enum value.",
    problems: [{ code: "unknown_event_type", message: "Invalid enum value." }],
  },
  {
    name: "E7 errors with fields",
    status: 422,
    body: samples["events_422"],
    code: "unprocessable",
    says: "Validation failed. [events: required]",
    problems: [{ code: "required", field: "events" }],
  },
  { name: "E8 statusCode", status: 400, body: { statusCode: 400, code: "x" }, code: "x", says: "answered 400" },
  {
    name: "E9 bare string",
    status: 429,
    body: samples["rate_limited_directory_users_429_is_a_bare_json_string"],
    code: "rate_limited",
    says: "Ratelimited",
  },
  {
    name: "E10 rate limit",
    status: 429,
    body: samples["rate_limited_object_429"],
    code: "rate_limit_exceeded",
    says: "Too many requests.",
  },
  {
    name: "E11 messages",
    status: 400,
    body: { message: ["a must be b", "c is d"], error: "Bad Request" },
    code: "bad_request",
    says: "a must be b; c is d",
  },
  { name: "E12 error, message", status: 400, body: { error: "E", message: "M" }, code: "bad_request", says: ": M." },
  {
    name: "E13 constraints",
    status: 422,
    body: { message: "M", errors: [{ property: "url", constraints: { isUrl: "url must be a URL" } }] },
    code: "unprocessable",
    says: "[url: url must be a URL]",
    problems: [{ code: "isUrl", field: "url", message: "url must be a URL" }],
  },
  {
    name: "E14 instance paths",
    status: 400,
    body: { code: "invalid_metadata", message: "M", errors: [{ instancePath: "/metadata" }], role_slug: "x" },
    code: "invalid_metadata",
    says: "[/metadata: invalid]",
    problems: [{ code: "invalid", field: "/metadata" }],
  },
  {
    name: "E15 errors as strings",
    status: 422,
    body: { message: "M", errors: ["one", "two"] },
    code: "unprocessable",
    says: "[one] [two]",
    problems: [
      { code: "invalid", message: "one" },
      { code: "invalid", message: "two" },
    ],
  },
  { name: "a list", status: 500, body: [1, 2], code: "server_error", says: "answered 500" },
  { name: "wrong types", status: 400, body: { code: 7, message: {}, errors: [3] }, code: "bad_request", says: "400" },
  { name: "null", status: 418, body: null, code: "http_418", says: "answered 418" },
];

describe("an answer that is not a success", () => {
  test.each(errorCases)("$name ($status) becomes an ApiError that says so", async (entry) => {
    const error = await failureOf((_request, response) => {
      json(response, entry.body, entry.status, { "X-Request-ID": "req_42" });
    });
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: entry.status, code: entry.code, requestId: "req_42" });
    expect(error.problems).toEqual(entry.problems ?? []);
    expect(error.message).toContain(`GET /things answered ${entry.status} (request id req_42)`);
    expect(error.message).toContain(entry.says);
    expect(error.bodyExcerpt).toBe(JSON.stringify(entry.body));
  });

  test.each([
    ["E4 empty", 401, "", "unauthorized"],
    ["E16 HTML", 502, "<html><title>Bad Gateway</title></html>", "server_error"],
    ["E16 text", 503, "upstream connect error", "server_error"],
    ["half of a JSON body", 500, '{"message":"hal', "server_error"],
  ])("%s (%i) too, with an excerpt of its body", async (_name, status, body, code) => {
    const error = await failureOf((_request, response) => response.writeHead(status).end(body));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status, code, bodyExcerpt: body, requestId: null });
    expect(error.message).not.toContain("<");
  });

  test("keeps 500 characters of its body at most, and never the key", async () => {
    const body = { message: `You sent Bearer ${apiKey}`, rest: "x".repeat(2_000) };
    const error = await failureOf((_request, response) => json(response, body, 400));
    expect(error.bodyExcerpt).toHaveLength(500);
    expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.toContain(apiKey);
    expect(error.message).toContain("[api key]");
  });

  test("that redirects is not followed, keeps the key at home, and names baseUrl", async () => {
    const other = await serve((_request, response) => json(response, {}));
    const error = await failureOf((_request, response) => {
      response.writeHead(301, { location: `${other.url}/v2?token=t` }).end();
    });
    expect(error).toMatchObject({ status: 301, code: "redirected", retryable: false });
    expect(error.message).toContain("baseUrl");
    expect(error.message).toContain(`${other.url}/v2`);
    expect(error.message).not.toContain("token=t");
    expect(other.requests).toHaveLength(0);
  });

  test("that is a 404 without a word points at baseUrl", async () => {
    const error = await failureOf((_request, response) => response.writeHead(404).end("<h1>Not Found</h1>"));
    expect(error.message).toContain("Check baseUrl");
  });

  test.each([
    ["seconds", { "retry-after": "7" }, 7_000],
    ["a date", { "retry-after": "Thu, 15 Jan 2026 12:00:07 GMT", date: "Thu, 15 Jan 2026 12:00:00 GMT" }, 7_000],
    ["nothing", {}, null],
  ])("carries Retry-After given as %s", async (_name, headers, expected) => {
    const error = await failureOf((_request, response) => json(response, "Ratelimited", 429, headers));
    expect(error.retryAfterMs).toBe(expected);
  });
});

describe("an answer that is no answer", () => {
  test("HTML with status 200 is a ContractError that names baseUrl and does not quote the page", async () => {
    const error: unknown = await failureOf((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in, alice</html>");
    });
    expect(error).toBeInstanceOf(ContractError);
    expect(error).toMatchObject({ code: "not_json", retryable: true });
    expect((error as Error).message).toMatch(/text\/html.*baseUrl/);
    expect(inspect(error, { depth: 9 })).not.toContain("alice");
  });

  test.each([
    ["an empty body", Buffer.alloc(0)],
    ["half of a JSON body whose length is declared", Buffer.from('{"object":"li')],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])("%s with status 200 is a ContractError", async (_name, body) => {
    const headers = { "content-type": "application/json", "content-length": String(body.length) };
    const error: unknown = await failureOf((_request, response) => response.writeHead(200, headers).end(body));
    expect(error).toMatchObject({ name: "ContractError", code: "not_json" });
  });

  test("half of a JSON body that ends with its connection is body_cut", async () => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
    const server = await serveBytes((socket) => socket.end(`${head}{"object":"list","data":[{"id":"u`));
    const error = await failure(callsTo(server.url).read({ method: "GET", path: "/things" }, anything));
    expect(error).toMatchObject({ name: "ConnectionError", code: "body_cut", retryable: true });
  });

  test("a missing field is a ContractError that says where and never what was there", async () => {
    const server = await serve((_request, response) => json(response, { data: [{ id: 1 }, { id: "alice" }, {}] }));
    const schema = z.object({ data: z.array(z.object({ id: z.string() })) });
    const error = await failure(callsTo(server.url).read({ method: "GET", path: "/things" }, schema));
    expect(error).toBeInstanceOf(ContractError);
    expect(error).toMatchObject({ code: "contract_broken", issues: [{ path: "data.0.id" }, { path: "data.2.id" }] });
    expect((error as Error).message).toMatch(/GET \/things .*data\.0\.id.*\(and 1 more\)/);
    expect((error as Error).message).not.toContain("alice");
  });

  test("a server that is down is unreachable, says where, and keeps the cause", async () => {
    const url = await deadUrl();
    const error = await failure(callsTo(url).read({ method: "GET", path: "/things" }, anything));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: "unreachable", cause: { code: "ECONNREFUSED" } });
    expect((error as Error).message).toContain(`${url}/things`);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(apiKey);
  });

  test("a transport that throws something foreign is unreachable", async () => {
    const transport = async () => Promise.reject(new TypeError("odd"));
    const calls = callsTo("http://x.invalid", { transport });
    const error = await failure(calls.read({ method: "GET", path: "/things" }, anything));
    expect(error).toMatchObject({ name: "ConnectionError", code: "unreachable", cause: { message: "odd" } });
  });
});

describe("repeating", () => {
  test.each([408, 429, 500, 502, 503, 504, 520])("a GET is repeated after %i", async (status) => {
    const server = await serve(flaky(2, status));
    await callsTo(server.url, { retriesMax: 2 }).read({ method: "GET", path: "/things" }, anything);
    expect(server.requests).toHaveLength(3);
  });

  test.each([400, 401, 403, 404, 409, 422, 501])("nothing is repeated after %i", async (status) => {
    const server = await serve(flaky(9, status));
    await failure(callsTo(server.url, { retriesMax: 2 }).read({ method: "GET", path: "/things" }, anything));
    expect(server.requests).toHaveLength(1);
  });

  test("0 retries means one request", async () => {
    const server = await serve(flaky(9, 503));
    await failure(callsTo(server.url, { retriesMax: 0 }).read({ method: "GET", path: "/things" }, anything));
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["POST", 503, 1],
    ["POST", 500, 1],
    ["POST", 429, 3],
    ["DELETE", 503, 3],
    ["PUT", 503, 3],
    ["PATCH", 503, 1],
  ] as const)("a %s that meets %i is sent %i times: never twice where the first may have worked", async (...entry) => {
    const [method, status, times] = entry;
    const server = await serve(flaky(9, status));
    await failure(callsTo(server.url, { retriesMax: 2 }).run({ method, path: "/things" }));
    expect(server.requests).toHaveLength(times);
  });

  test("a POST whose connection was refused is sent again, and one that was cut is not", async () => {
    const { runtime, sleeps } = hastyRuntime();
    const changes = { retriesMax: 2, runtime };
    await failure(callsTo(await deadUrl(), changes).run({ method: "POST", path: "/things" }));
    expect(sleeps).toHaveLength(2);
    let connections = 0;
    const server = await serveBytes((socket) => {
      connections += 1;
      socket.destroy();
    });
    await failure(callsTo(server.url, changes).run({ method: "POST", path: "/things" }));
    expect(connections).toBe(1);
  });

  test("a GET whose answer was cut is asked for again", async () => {
    let count = 0;
    const server = await serve((_request, response) => {
      count += 1;
      if (count > 1) return json(response, { whole: true });
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" }).write("{");
      return setImmediate(() => response.destroy());
    });
    const calls = callsTo(server.url, { retriesMax: 1 });
    expect(await calls.read({ method: "GET", path: "/things" }, anything)).toEqual({ whole: true });
  });

  test.each([
    ["seconds", { "retry-after": "5" }],
    ["a date", { "retry-after": "Thu, 15 Jan 2026 12:00:05 GMT", date: "Thu, 15 Jan 2026 12:00:00 GMT" }],
  ])("waits as long as the service asks, given as %s", async (_name, headers) => {
    const { runtime, sleeps } = hastyRuntime();
    const server = await serve(flaky(1, 429, headers));
    await callsTo(server.url, { retriesMax: 3, runtime }).read({ method: "GET", path: "/things" }, anything);
    expect(sleeps).toEqual([5_000]);
  });
});

describe("time limits", () => {
  test.each([
    ["headers that do not come", (() => undefined) as Answer],
    ["a body that does not end", ((_request, response) => response.writeHead(200).write("{")) as Answer],
    [
      "a body that drips",
      ((_request, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(" "), 10);
        response.on("close", () => clearInterval(timer));
      }) as Answer,
    ],
  ])("%s are a timeout", async (_name, answer) => {
    const error: unknown = await failureOf(answer, { timeoutMs: 150 });
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: "timeout", retryable: true });
    expect((error as Error).message).toContain("within 150 ms");
  });

  test("each try has the whole time: a slow one does not use up that of the next", async () => {
    let count = 0;
    const server = await serve((_request, response) => {
      count += 1;
      if (count === 3) json(response, { slow: false });
    });
    const calls = callsTo(server.url, { timeoutMs: 700, retriesMax: 2 });
    expect(await calls.read({ method: "GET", path: "/things" }, anything)).toEqual({ slow: false });
  });

  test("a call's own limit wins over the client's", async () => {
    const server = await serve(() => undefined);
    const call = callsTo(server.url).read({ method: "GET", path: "/things" }, anything, { timeoutMs: 50 });
    expect(await failure(call)).toMatchObject({ code: "timeout" });
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])("%d ms is refused before a request", async (ms) => {
    const server = await serve((_request, response) => json(response, {}));
    const call = callsTo(server.url).read({ method: "GET", path: "/things" }, anything, { timeoutMs: ms });
    expect(await failure(call)).toMatchObject({ code: "config_invalid", where: "timeoutMs" });
    expect(server.requests).toHaveLength(0);
  });

  test("hold even over a transport that ignores its signal", async () => {
    const transport = async () => new Promise<never>(() => undefined);
    const calls = callsTo("http://x.invalid", { transport, timeoutMs: 50 });
    expect(await failure(calls.read({ method: "GET", path: "/x" }, anything))).toMatchObject({ code: "timeout" });
  });
});

describe("an abort", () => {
  test.each([
    ["before the headers", (() => undefined) as Answer],
    ["in the middle of the body", ((_request, response) => response.writeHead(200).write('{"a":')) as Answer],
  ])("%s ends the call, is not repeated and carries the reason", async (_name, answer) => {
    const server = await serve(answer);
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const calls = callsTo(server.url, { retriesMax: 3 });
    const result = failure(calls.read({ method: "GET", path: "/things" }, anything, options));
    await server.arrival(1);
    setImmediate(() => controller.abort("shutting down"));
    const error = await result;
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: "aborted", retryable: false, cause: "shutting down" });
    expect(server.requests).toHaveLength(1);
  });

  test("during the wait before a retry ends the call at once", async () => {
    const server = await serve(flaky(9, 503, { "retry-after": "60" }));
    const controller = new AbortController();
    const log = { ...systemRuntime.log, debug: () => setImmediate(() => controller.abort()) };
    const calls = callsTo(server.url, { retriesMax: 3, runtime: { ...systemRuntime, log } });
    const call = calls.read({ method: "GET", path: "/things" }, anything, { signal: controller.signal });
    expect(await failure(call)).toMatchObject({ name: "ConnectionError", code: "aborted" });
    expect(server.requests).toHaveLength(1);
  });

  test("of the client's signal ends every call, and one before the call sends nothing", async () => {
    const server = await serve(() => undefined);
    const controller = new AbortController();
    const calls = callsTo(server.url, { signal: controller.signal });
    const results = [1, 2].map(async () => failure(calls.read({ method: "GET", path: "/things" }, anything)));
    await server.arrival(2);
    controller.abort();
    for (const error of await Promise.all(results)) expect(error).toMatchObject({ code: "aborted" });
    expect(await failure(calls.run({ method: "GET", path: "/things" }))).toMatchObject({ code: "aborted" });
    expect(server.requests).toHaveLength(2);
  });

  test("signal that outlives many calls is not left with their listeners", async () => {
    const server = await serve((_request, response) => json(response, {}));
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const calls = callsTo(server.url, { signal });
    for (let count = 0; count < 5; count += 1) await calls.run({ method: "GET", path: "/things" });
    expect(listeners).toBe(0);
  });
});
