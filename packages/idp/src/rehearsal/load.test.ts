import { afterEach, describe, expect, test } from "vitest";
import { systemRuntime } from "@dirsync/sdk";
import type { Runtime } from "@dirsync/sdk";
import type { ScimRequest, ScimResponse, ScimTransport } from "../transport.ts";
import { load } from "./load.ts";

const target = { baseUrl: "http://127.0.0.1:1/scim/v2.0/dir", token: "scim_0123456789abcdef" };

let accounts = new Map<string, string>();
let clockMs = 0;

afterEach(() => {
  accounts = new Map();
  clockMs = 0;
});

/** A directory in memory behind a transport that says how long each answer takes, on a clock of its own. */
function directory({
  answerMs = () => 1,
  refuses = () => false,
}: { answerMs?: (index: number) => number; refuses?: (request: ScimRequest) => boolean } = {}): ScimTransport {
  let index = 0;
  return async (request) => {
    clockMs += answerMs(index);
    index += 1;
    await Promise.resolve();
    if (refuses(request)) return answer(500, { status: "500" });
    const userName =
      request.method === "POST" ? String((JSON.parse(request.body ?? "{}") as { userName: string }).userName) : "";
    switch (request.method) {
      case "POST":
        accounts.set(userName, `u${String(accounts.size)}`);
        return answer(201, { id: accounts.get(userName) });
      case "DELETE":
        for (const [name, id] of accounts) if (request.url.endsWith(`/${id}`)) accounts.delete(name);
        return answer(204, "");
      default: {
        const name = /"(.+?)"/u.exec(decodeURIComponent(request.url))?.[1] ?? "";
        const id = accounts.get(name);
        return answer(200, { totalResults: id === undefined ? 0 : 1, Resources: id === undefined ? [] : [{ id }] });
      }
    }
  };
}

function answer(status: number, body: unknown): ScimResponse {
  return { status, headers: {}, text: JSON.stringify(body) };
}

const runtime: Runtime = {
  ...systemRuntime,
  now: () => clockMs,
  sleep: (ms) => {
    clockMs += ms;
    return Promise.resolve();
  },
};

describe("a load", () => {
  test("assigns everybody once, measures each request, and takes the accounts away again", async () => {
    const slow = (index: number): number => (index === 10 ? 500 : 10);
    const report = await load({
      ...target,
      runtime,
      transport: directory({ answerMs: slow }),
      provider: "okta",
      users: 20,
      concurrencyMax: 1,
    });
    expect(report).toMatchObject({ users: 20, failed: 0, requests: 40, leftovers: 0 });
    expect(report.latencyMs).toEqual({ p50: 10, p95: 10, p99: 500, max: 500 });
    expect(report.checks.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["requests-are-accepted", "passed"],
      ["everybody-is-there", "passed"],
    ]);
    expect(accounts.size).toBe(0);
  });

  test("keeps to the rate it was given", async () => {
    const transport = directory({ answerMs: () => 0 });
    const report = await load({
      ...target,
      runtime,
      transport,
      provider: "generic",
      users: 11,
      ratePerSecond: 5,
      isKept: true,
    });
    expect(report.durationMs).toBe(2000);
    expect(accounts.size).toBe(11);
  });

  test("goes on past refusals, and tells how many there were and why", async () => {
    let posts = 0;
    const refuses = (request: ScimRequest): boolean => request.method === "POST" && (posts += 1) % 4 === 0;
    const report = await load({
      ...target,
      runtime,
      transport: directory({ refuses }),
      provider: "okta",
      users: 8,
      concurrencyMax: 1,
      isKept: true,
    });
    expect(report.failed).toBe(2);
    expect(report.checks[0]).toMatchObject({ outcome: "failed", expected: "8 people are assigned" });
    expect(report.checks[0]?.got).toMatch(/^6 people are assigned; .*500/u);
    expect(report.checks[1]).toMatchObject({ outcome: "failed", got: "6 of 8 sampled people have one account" });
  });

  test("ends at once when it is stopped", async () => {
    const stopped = new AbortController();
    stopped.abort();
    const outcome = load({
      ...target,
      runtime,
      transport: directory(),
      provider: "okta",
      users: 8,
      signal: stopped.signal,
    });
    await expect(outcome).rejects.toThrow("aborted");
    expect(accounts.size).toBe(0);
  });
});
