import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DirectorySync, type DirectorySyncOptions } from "./client.ts";
import { ConfigError } from "./errors.ts";
import { failure } from "./http/test-calls.ts";
import { json, listBody, serve } from "./http/test-server.ts";
import { version } from "./version.ts";

const apiKey = "sk_test_secret_0123456789";

beforeEach(() => {
  vi.stubEnv("WORKOS_API_KEY", undefined);
  vi.stubEnv("DIRSYNC_API_KEY", undefined);
  vi.stubEnv("DIRSYNC_BASE_URL", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function refusal(options: DirectorySyncOptions): ConfigError {
  try {
    new DirectorySync(options);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the options were accepted");
}

async function keyOnTheWire(options: DirectorySyncOptions): Promise<string | undefined> {
  const server = await serve((_request, response) => json(response, listBody([])));
  await new DirectorySync({ ...options, baseUrl: server.url }).directories.list().page();
  return server.requests[0]?.headers.authorization;
}

describe("the API key", () => {
  test.each([
    ["the option", { apiKey: "sk_option" }, { WORKOS_API_KEY: "sk_workos" }, "sk_option"],
    ["DIRSYNC_API_KEY", {}, { WORKOS_API_KEY: "sk_workos", DIRSYNC_API_KEY: "sk_dirsync" }, "sk_dirsync"],
    ["WORKOS_API_KEY", {}, { WORKOS_API_KEY: "sk_workos", DIRSYNC_API_KEY: "" }, "sk_workos"],
  ])("is taken from %s", async (_name, options, env, expected) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect(await keyOnTheWire(options)).toBe(`Bearer ${expected}`);
  });

  test("is asked for by name when there is none", () => {
    expect(refusal({}).message).toMatch(/apiKey.*WORKOS_API_KEY/);
  });

  test.each([
    ["empty", ""],
    ["with a line break", `${apiKey}\n`],
    ["with a space", `Bearer ${apiKey}`],
    ["with a letter no header takes", `${apiKey}ë`],
  ])("is refused when it is %s, without being repeated", (_name, key) => {
    const error = refusal({ apiKey: key });
    expect(error.where).toBe("apiKey");
    expect(inspect(error)).not.toContain(apiKey);
  });

  test("shows neither in a printed or serialised client nor in an error", async () => {
    const server = await serve((_request, response) => json(response, { message: "Unauthorized" }, 401));
    const client = new DirectorySync({ apiKey, baseUrl: server.url });
    const error = await failure(client.directories.list().page());
    const listing = client.users.list();
    for (const shown of [client, client.users, listing, error, (error as Error).stack]) {
      expect(inspect(shown, { depth: 20, showHidden: true })).not.toContain(apiKey);
      expect(JSON.stringify(shown) ?? "").not.toContain(apiKey);
    }
  });
});

describe("baseUrl", () => {
  test.each([
    ["the option", { baseUrl: "http://127.0.0.1:1" }, "http://127.0.0.1:2", "http://127.0.0.1:1"],
    ["DIRSYNC_BASE_URL", {}, "http://127.0.0.1:2", "http://127.0.0.1:2"],
    ["what is known of WorkOS, where that is empty", {}, "", "https://api.workos.com"],
  ])("is taken from %s", (_name, options, variable, expected) => {
    vi.stubEnv("DIRSYNC_BASE_URL", variable);
    expect(new DirectorySync({ apiKey, ...options }).baseUrl).toBe(expected);
  });

  test.each([
    ["no URL", "api.workos.com"],
    ["a file", "file:///etc/passwd"],
    ["empty", ""],
    ["with a password", "https://user:hunter2@api.example.com"],
    ["with a query", "https://api.example.com/?token=hunter2"],
    ["with a fragment", "https://api.example.com/#hunter2"],
  ])("is refused when it is %s, without its secrets", (_name, baseUrl) => {
    const error = refusal({ apiKey, baseUrl });
    expect(error).toMatchObject({ where: "baseUrl", code: "config_invalid", retryable: false });
    expect(error.message).not.toContain("hunter2");
  });

  test.each([
    ["", "/directories"],
    ["/", "/directories"],
    ["/workos/v1", "/workos/v1/directories"],
    ["/workos/v1//", "/workos/v1/directories"],
  ])("may end in %j", async (suffix, expected) => {
    const server = await serve((_request, response) => json(response, listBody([])));
    await new DirectorySync({ apiKey, baseUrl: server.url + suffix }).directories.list().page();
    expect(server.requests[0]?.target).toMatch(new RegExp(`^${expected}\\?`));
  });

  test("is WorkOS when it is not given", async () => {
    const urls: string[] = [];
    const body = new TextEncoder().encode(JSON.stringify(listBody([])));
    const client = new DirectorySync({
      apiKey,
      transport: async (request) => {
        urls.push(request.url);
        return { status: 200, headers: {}, body };
      },
    });
    await client.directories.list().page();
    expect(urls[0]).toMatch(/^https:\/\/api\.workos\.com\/directories\?/);
  });
});

describe("numbers", () => {
  test.each([
    ["timeoutMs", { timeoutMs: 0 }],
    ["timeoutMs", { timeoutMs: Number.NaN }],
    ["retriesMax", { retriesMax: -1 }],
    ["retriesMax", { retriesMax: 1.5 }],
    ["retriesMax", { retriesMax: Number.POSITIVE_INFINITY }],
  ])("out of range are refused: %s %j", (where, options) => {
    expect(refusal({ apiKey, ...options }).where).toBe(where);
  });

  test("retriesMax 0 makes one request", async () => {
    const server = await serve((_request, response) => json(response, {}, 503));
    const client = new DirectorySync({ apiKey, baseUrl: server.url, retriesMax: 0 });
    expect(await failure(client.directories.list().page())).toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(1);
  });
});

describe("a client", () => {
  test("names itself and its version, which is the package's", async () => {
    const server = await serve((_request, response) => json(response, listBody([])));
    await new DirectorySync({ apiKey, baseUrl: server.url }).directories.list().page();
    expect(server.requests[0]?.headers["user-agent"]).toBe(`dirsync-sdk/${version}`);
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as object;
    expect(manifest).toMatchObject({ version });
  });

  test("is ended by its fetchSignal", async () => {
    const server = await serve(() => undefined);
    const controller = new AbortController();
    const client = new DirectorySync({ apiKey, baseUrl: server.url, fetchSignal: controller.signal });
    const result = failure(client.users.get("u"));
    await server.arrival(1);
    controller.abort();
    expect(await result).toMatchObject({ name: "ConnectionError", code: "aborted" });
  });

  test("is ended call by call by the last argument's signal", async () => {
    const server = await serve(() => undefined);
    const controller = new AbortController();
    const client = new DirectorySync({ apiKey, baseUrl: server.url });
    const result = failure(client.users.list({}, { signal: controller.signal }).page());
    await server.arrival(1);
    controller.abort();
    expect(await result).toMatchObject({ name: "ConnectionError", code: "aborted" });
  });
});
