import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { DirectorySync, type DirectorySyncOptions } from "../client.ts";
import { systemRuntime, type Logger } from "../runtime.ts";
import type { AttemptFacts, OutcomeFacts, RequestHooks, RetryFacts } from "./hooks.ts";
import { apiKey, failure, hastyRuntime } from "./test-calls.ts";
import { deadUrl, json, listBody, serve } from "./test-server.ts";

type Seen = readonly [hook: string, attempt: AttemptFacts, facts?: OutcomeFacts | RetryFacts];

function recorder(): { seen: Seen[]; hooks: RequestHooks } {
  const seen: Seen[] = [];
  const hooks: RequestHooks = {
    onRequest: (attempt) => void seen.push(["request", attempt]),
    onResponse: (attempt, outcome) => void seen.push(["response", attempt, outcome]),
    onRetry: (attempt, retry) => void seen.push(["retry", attempt, retry]),
  };
  return { seen, hooks };
}

function clientOf(baseUrl: string, changes: DirectorySyncOptions): DirectorySync {
  return new DirectorySync({ apiKey, baseUrl, runtime: hastyRuntime().runtime, ...changes });
}

describe("hooks", () => {
  test("see each try begin and end, and each wait between two", async () => {
    let count = 0;
    const server = await serve((_request, response) => {
      count += 1;
      if (count === 1) return json(response, {}, 503, { "x-request-id": "req_1", "retry-after": "2" });
      return json(response, listBody([]), 200, { "x-request-id": "req_2" });
    });
    const { seen, hooks } = recorder();
    await clientOf(server.url, { hooks: [hooks] })
      .directories.list({ search: "Acme" })
      .page();
    expect(seen.map(([hook]) => hook)).toEqual(["request", "response", "retry", "request", "response"]);
    const [, first, retry, , second] = seen;
    const call = { method: "GET", path: "/directories", baseUrl: server.url };
    expect(first?.[1]).toEqual({ ...call, attempt: 1 });
    expect(first?.[2]).toMatchObject({ status: 503, requestId: "req_1", errorCode: "server_error" });
    expect(retry?.[2]).toEqual({ errorCode: "server_error", waitMs: 2_000 });
    expect(second?.[1]).toEqual({ ...call, attempt: 2 });
    expect(second?.[2]).toMatchObject({ status: 200, requestId: "req_2", errorCode: null });
    expect(second?.[2]).toHaveProperty("bodyBytes", JSON.stringify(listBody([])).length);
    expect(second?.[2]).toHaveProperty("durationMs", expect.any(Number));
  });

  test("see no id, query, body or key", async () => {
    const server = await serve((_request, response) => json(response, { message: `alice ${apiKey}` }, 422));
    const { seen, hooks } = recorder();
    const client = clientOf(server.url, { hooks: [hooks] });
    await failure(client.users.get("directory_user_secret"));
    await failure(client.users.list({ directory: "d", email: "alice@example.com" }).page());
    await failure(client.organizations.create({ name: "alice" }));
    expect(seen.filter(([hook]) => hook === "request").map(([, { path }]) => path)).toEqual([
      "/directory_users/{id}",
      "/directory_users",
      "/organizations",
    ]);
    const shown = inspect(seen, { depth: 9, showHidden: true });
    for (const hidden of [apiKey, "alice", "directory_user_secret"]) expect(shown).not.toContain(hidden);
  });

  test("see a try that got no answer end without a status", async () => {
    const { seen, hooks } = recorder();
    await failure(clientOf(await deadUrl(), { hooks: [hooks], retriesMax: 0 }).users.get("u"));
    expect(seen.at(-1)?.[2]).toMatchObject({ status: null, requestId: null, errorCode: "unreachable", bodyBytes: 0 });
  });

  test("may add headers to a request and never replace ours", async () => {
    const server = await serve((_request, response) => json(response, listBody([])));
    const hooks: RequestHooks = {
      onRequest: () => ({ traceparent: "00-1-2-01", Authorization: "Bearer stolen", "User-Agent": "other" }),
    };
    await clientOf(server.url, { hooks: [hooks] })
      .directories.list()
      .page();
    expect(server.requests[0]?.headers).toMatchObject({ traceparent: "00-1-2-01", authorization: `Bearer ${apiKey}` });
    expect(server.requests[0]?.headers["user-agent"]).toMatch(/^dirsync-sdk/);
  });

  test("are called in their order, and one that throws hinders neither the call nor the others", async () => {
    const server = await serve((_request, response) => json(response, listBody([])));
    const broken: RequestHooks = {
      onRequest: () => {
        throw new Error("metrics are down");
      },
      onResponse: () => {
        throw new Error("metrics are down");
      },
    };
    const logged: object[] = [];
    const log: Logger = { ...systemRuntime.log, error: (fields) => void logged.push(fields) };
    const { seen, hooks } = recorder();
    const runtime = { ...hastyRuntime().runtime, log };
    const client = clientOf(server.url, { hooks: [broken, hooks], runtime });
    expect((await client.directories.list().page()).data).toEqual([]);
    expect(seen.map(([hook]) => hook)).toEqual(["request", "response"]);
    expect(logged).toMatchObject([{ hook: "onRequest" }, { hook: "onResponse" }]);
    expect(server.requests).toHaveLength(1);
  });
});
