import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { ApiError } from "../errors.ts";
import { anything, apiKey, callsTo, failure } from "./test-calls.ts";
import { json, serve, type Answer } from "./test-server.ts";

async function failureOf(answer: Answer): Promise<ApiError> {
  const server = await serve(answer);
  const error = await failure(callsTo(server.url).read({ method: "GET", path: "/things" }, anything));
  return error as ApiError;
}

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

  test.each([
    ["may pass, and is asked for again", [408, 425, 429, 500, 502, 503, 504, 599], true],
    ["will be the same again", [301, 400, 401, 403, 404, 409, 418, 422, 501, 505], false],
  ])("%s: %j", async (_name, statuses, retryable) => {
    for (const status of statuses) {
      expect(await failureOf((_request, response) => json(response, {}, status))).toMatchObject({ status, retryable });
    }
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

  test.each([404, 405, 407, 421, 426, 451, 502, 511])(
    "that is a %i in words of somebody else points at baseUrl and what may be in between",
    async (status) => {
      const page = "<html><title>Proxy Authentication Required</title></html>";
      const error = await failureOf((_request, response) => response.writeHead(status).end(page));
      expect(error.message).toBe(
        `GET /things answered ${String(status)}. Check baseUrl, and that no proxy answers in its place.`,
      );
    },
  );

  test.each([401, 403])("that is a %i on a page of somebody else does not blame the key", async (status) => {
    const error = await failureOf((_request, response) =>
      response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end("<h1>Blocked</h1>"),
    );
    expect(error.message).toBe(
      `GET /things answered ${String(status)}. Check baseUrl, and that no proxy answers in its place.`,
    );
  });

  test("that redirects with a page says where to", async () => {
    const headers = { location: "https://sso.example.com/", "content-type": "text/html" };
    const error = await failureOf((_request, response) => response.writeHead(302, headers).end("<h1>Found</h1>"));
    expect(error.message).toContain("It redirects to https://sso.example.com/");
  });

  test.each([{ message: "Gone fishing." }, { code: "x" }, { errors: ["one"] }])(
    "that says %o in the words of the service does not",
    async (body) => {
      const error = await failureOf((_request, response) => json(response, body, 503));
      expect(error.message).not.toContain("baseUrl");
    },
  );

  test.each([
    ["Not found.", true],
    ["Route not found", true],
    ["Directory not found: 'directory_01'.", false],
  ])("that is a 404 with the message %o points at baseUrl: %s", async (message, points) => {
    const error = await failureOf((_request, response) => json(response, { message }, 404));
    expect(error.message.includes("Check baseUrl")).toBe(points);
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
