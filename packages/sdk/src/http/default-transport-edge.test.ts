import { afterEach, describe, expect, test, vi } from "vitest";
import { defaultTransport, undiciTransport } from "./default-transport-edge.ts";
import { json, serve } from "./test-server.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("where there is no Node", () => {
  test("requests go out by fetch, the one that is installed when they do", async () => {
    const server = await serve((_request, response) => json(response, {}));
    const transport = defaultTransport();
    const seen: unknown[] = [];
    const own = globalThis.fetch;
    vi.stubGlobal("fetch", async (...request: Parameters<typeof own>) => {
      seen.push(request[0]);
      return own(...request);
    });
    const answer = await transport({ method: "GET", url: server.url, headers: {} }, new AbortController().signal);
    expect(answer.status).toBe(200);
    expect(seen).toEqual([server.url]);
  });

  test("a web page gets no client, because everybody could read its key", () => {
    vi.stubGlobal("document", {});
    expect(() => defaultTransport()).toThrow(expect.objectContaining({ name: "ConfigError", where: "transport" }));
  });

  test("undici says that it needs Node", () => {
    expect(() => undiciTransport()).toThrow(/needs Node/);
  });
});
