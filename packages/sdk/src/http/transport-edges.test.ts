import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { failure, transports } from "./test-calls.ts";
import { serve, serveBytes } from "./test-server.ts";
import type { HttpResponse } from "./transport.ts";
import { undiciTransport, type UndiciTransportOptions } from "./undici-transport.ts";

const never = new AbortController().signal;

/** Takes connections and says nothing on them: a TLS handshake with it never ends. */
async function silentPort(): Promise<number> {
  const server = createServer((socket) => socket.on("error", () => undefined));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe.each(transports)("over $name", ({ create }) => {
  async function get(url: string, signal = never): Promise<HttpResponse> {
    return create()({ method: "GET", url, headers: {} }, signal);
  }

  test("headers without end are refused, and not a matter of trying again", async () => {
    const server = await serve((_request, response) => response.writeHead(200, { "x-a": "x".repeat(70_000) }).end());
    const error = await failure(get(server.url));
    expect(error).toMatchObject({ name: "ConnectionError", code: "headers_too_large", retryable: false });
    expect((error as Error).message).not.toContain("baseUrl");
  });

  test.each(["103 Early Hints\r\nlink: </a>", "102 Processing"])(
    "a %s before the answer is passed by",
    async (early) => {
      const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
      const server = await serveBytes((socket) => socket.end(`HTTP/1.1 ${early}\r\n\r\n${answer}`));
      expect(await get(server.url)).toMatchObject({ status: 200 });
    },
  );

  test.each([
    [204, { "content-encoding": "gzip" }],
    [401, { "content-encoding": "gzip", "content-length": "0" }],
    [503, { "content-encoding": "br", "content-length": "0" }],
  ])("an empty %i that says it is packed is an answer", async (status, headers) => {
    const server = await serve((_request, response) => response.writeHead(status, headers).end());
    expect(await get(server.url)).toMatchObject({ status, body: new Uint8Array() });
  });

  test("an answer that says it is packed and is not is called that, not a cut one", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end("{}"),
    );
    const error = await failure(get(server.url));
    expect(error).toMatchObject({ name: "ConnectionError", code: "body_cut" });
    expect((error as Error).message).toMatch(/cannot be unpacked \(Z_DATA_ERROR\)/);
  });

  test.each([
    ["in place of an answer", "<html>alice@example.com</html>"],
    [
      "in the middle of one",
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\nZZ\r\n"alice"}\r\n0\r\n\r\n',
    ],
  ])("what is not HTTP %s is called that, and shows in no error", async (_name, bytes) => {
    const server = await serveBytes((socket) => socket.end(bytes));
    const error = await failure(get(server.url));
    expect(error).toMatchObject({ name: "ConnectionError", retryable: true, cause: { name: "HTTPParserError" } });
    expect((error as Error).message).toContain("it is not HTTP");
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("alice");
  });

  test("a signal ends it while it connects, at once", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    const result = failure(get(`https://127.0.0.1:${await silentPort()}`, controller.signal));
    const before = performance.now();
    setTimeout(() => controller.abort(reason), 50);
    expect(await result).toBe(reason);
    // A connection may take 10 s to fail.
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe("undici", () => {
  async function get(url: string, options: UndiciTransportOptions): Promise<HttpResponse> {
    return undiciTransport(options)({ method: "GET", url, headers: {} }, never);
  }

  test("lets go of a connection whose answer it refuses to read", async () => {
    let onClosed: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const server = await serveBytes((socket) => {
      socket.on("close", onClosed);
      socket.write("HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\ncontent-length: 1000000\r\n\r\nx");
    });
    expect(await failure(get(server.url, {}))).toMatchObject({ code: "encoding_unknown" });
    await closed;
  });

  test("has a limit of its own for connecting, beside those for headers and body", async () => {
    const options = { connectTimeoutMs: 50, headersTimeoutMs: 60_000, bodyTimeoutMs: 60_000 };
    const error = await failure(get(`https://127.0.0.1:${await silentPort()}`, options));
    expect(error).toMatchObject({ name: "ConnectionError", code: "timeout", retryable: true });
    expect((error as Error).message).toContain("no connection stood in time");
  });

  test.each([
    ["http", "http://127.0.0.1:9/x"],
    ["https", "https://127.0.0.1:9/x"],
  ])("keeps the limit for connecting through an %s proxy that says nothing", async (protocol, url) => {
    const proxy = `${protocol}://127.0.0.1:${await silentPort()}`;
    const error = await failure(get(url, { proxy, connectTimeoutMs: 50 }));
    expect(error).toMatchObject({ name: "ConnectionError", code: "timeout", retryable: true });
  });

  test("keeps an idle connection no longer than keepAliveMs, although the server would", async () => {
    let onClosed: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const server = await serveBytes((socket) => {
      socket.on("close", onClosed);
      socket.write("HTTP/1.1 200 OK\r\nkeep-alive: timeout=600\r\ncontent-length: 2\r\n\r\n{}");
    });
    expect(await get(server.url, { keepAliveMs: 50 })).toMatchObject({ status: 200 });
    // Never, if it followed the server: the test would run out of time.
    await closed;
  });
});
