import { gzipSync, brotliCompressSync, deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ConnectionError } from "../errors.ts";
import { testCertificate } from "./test-certificate.ts";
import { deadUrl, json, serve, serveBytes, serveTls } from "./test-server.ts";
import type { TransportLimits } from "./limits.ts";
import { failure, transports } from "./test-calls.ts";
import type { HttpResponse } from "./transport.ts";
import { undiciTransport } from "./undici-transport.ts";

const never = new AbortController().signal;

describe.each(transports)("over $name", ({ create }) => {
  async function get(url: string, limits?: TransportLimits, signal = never): Promise<HttpResponse> {
    return create(limits)({ method: "GET", url, headers: {} }, signal);
  }

  describe("the transport", () => {
    test.each([200, 204, 301, 404, 429, 500])("resolves a %i as an answer", async (status) => {
      const server = await serve((_request, response) => response.writeHead(status, { location: "/else" }).end());
      expect(await get(server.url)).toMatchObject({ status });
      expect(server.requests).toHaveLength(1);
    });

    test("sends method, headers and body, and reads headers in lower case", async () => {
      const server = await serve((_request, response) => json(response, {}, 200, { "X-Request-ID": "req_1" }));
      const response = await create()(
        { method: "POST", url: `${server.url}/a?b=c`, headers: { "x-own": "yes" }, body: '{"ë":1}' },
        never,
      );
      expect(response.headers["x-request-id"]).toBe("req_1");
      expect(server.requests[0]).toMatchObject({ method: "POST", target: "/a?b=c", body: '{"ë":1}' });
      expect(server.requests[0]?.headers["x-own"]).toBe("yes");
    });

    test("keeps its connections for the next requests", async () => {
      const server = await serve((_request, response) => json(response, {}));
      const transport = create();
      for (let count = 0; count < 20; count += 1)
        await transport({ method: "GET", url: server.url, headers: {} }, never);
      // undici may open a second one when a request comes in the same turn in which the last body ended.
      expect(new Set(server.requests.map((request) => request.socketPort)).size).toBeLessThanOrEqual(2);
    });

    test.each([
      ["gzip", gzipSync],
      ["deflate", deflateSync],
      ["br", brotliCompressSync],
    ])("decodes %s", async (encoding, encode) => {
      const server = await serve((_request, response) =>
        response.writeHead(200, { "content-encoding": encoding }).end(encode("héllo")),
      );
      expect(new TextDecoder().decode((await get(server.url)).body)).toBe("héllo");
    });

    test("says that nothing listens", async () => {
      const url = await deadUrl();
      const error = await failure(get(`${url}/events?after=secret`));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ code: "unreachable", retryable: true });
      expect((error as Error).message).toContain("ECONNREFUSED");
      expect((error as Error).message).not.toContain("secret");
    });

    test("a certificate that cannot be verified is shown, is not accepted, and is not a matter of trying again", async () => {
      const url = await serveTls(testCertificate("localhost"));
      const error = await failure(get(`${url}/events?after=secret`));
      expect(error).toMatchObject({ name: "ConnectionError", code: "tls", retryable: false });
      expect((error as Error).message).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT.*certificate/);
      expect((error as Error).message).not.toContain("secret");
    });

    test("an https address where nobody speaks TLS is not a matter of trying again", async () => {
      const server = await serve((_request, response) => json(response, {}));
      const error = await failure(get(server.url.replace("http:", "https:")));
      expect(error).toMatchObject({ name: "ConnectionError", code: "tls", retryable: false });
      expect(server.requests).toEqual([]);
    });

    test("a connection closed without an answer is unreachable, not an empty answer", async () => {
      const server = await serveBytes((socket) => socket.destroy());
      expect(await failure(get(server.url))).toMatchObject({ name: "ConnectionError", code: "unreachable" });
    });

    test("something that is not HTTP is unreachable", async () => {
      const server = await serveBytes((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
      expect(await failure(get(server.url))).toMatchObject({ name: "ConnectionError", code: "unreachable" });
    });
  });

  describe("a body that ends too early", () => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

    test.each([
      ["short of its content-length", `${head}content-length: 100\r\n\r\n{"object":"list"`],
      ["in the middle of a chunk", `${head}transfer-encoding: chunked\r\n\r\n10\r\n{"obj`],
      ["between two chunks", `${head}transfer-encoding: chunked\r\n\r\n5\r\n{"obj\r\n`],
    ])("%s is body_cut", async (_name, bytes) => {
      const server = await serveBytes((socket) => socket.end(bytes));
      expect(await failure(get(server.url))).toMatchObject({ code: "body_cut", retryable: true });
    });

    test("by a reset is body_cut", async () => {
      const server = await serveBytes((socket) => {
        socket.write(`${head}content-length: 100\r\n\r\n{"a"`, () => setImmediate(() => socket.resetAndDestroy()));
      });
      expect(await failure(get(server.url))).toMatchObject({ name: "ConnectionError", code: "body_cut" });
    });
  });

  describe("limits", () => {
    test.each([
      ["as it is", {}, Buffer.alloc(2_000, 120)],
      ["unpacked", { "content-encoding": "gzip" }, gzipSync(Buffer.alloc(2_000, 120))],
    ])("a body larger than the limit %s is refused and not read to its end", async (_name, headers, body) => {
      const server = await serve((_request, response) => response.writeHead(200, headers).end(body));
      const error = await failure(get(server.url, { bodyBytesMax: 1_999 }));
      expect(error).toMatchObject({ name: "ConnectionError", code: "body_too_large", retryable: false });
      expect((await get(server.url, { bodyBytesMax: 2_000 })).body).toHaveLength(2_000);
    });

    test("headers that do not come are a timeout", async () => {
      const server = await serve(() => undefined);
      const error = await failure(get(server.url, { headersTimeoutMs: 100 }));
      expect(error).toMatchObject({ name: "ConnectionError", code: "timeout", retryable: true });
    });

    test("headers are waited for as long as the call itself may take, where that is longer", async () => {
      const held: (() => void)[] = [];
      const server = await serve((_request, response) => void held.push(() => response.end()));
      const send = create({ headersTimeoutMs: 100 });
      const request = { method: "GET", url: server.url, headers: {} } as const;
      const patient = send({ ...request, timeoutMs: 60_000 }, never);
      expect(await failure(send({ ...request, timeoutMs: 50 }, never))).toMatchObject({ code: "timeout" });
      for (const answer of held) answer();
      await expect(patient).resolves.toMatchObject({ status: 200 });
    });

    test("a body that stops is a timeout", async () => {
      const server = await serve((_request, response) => response.writeHead(200).write("{"));
      const error = await failure(get(server.url, { bodyTimeoutMs: 100 }));
      expect(error).toMatchObject({ name: "ConnectionError", code: "timeout", retryable: true });
    });

    test("a signal ends the wait for headers with its own reason", async () => {
      const server = await serve(() => undefined);
      const controller = new AbortController();
      const reason = new Error("stop");
      const result = failure(get(server.url, {}, controller.signal));
      await server.arrival(1);
      controller.abort(reason);
      expect(await result).toBe(reason);
    });

    test("a signal ends the reading of a body, and the connection with it", async () => {
      let onClosed: () => void = () => undefined;
      const closed = new Promise<void>((resolve) => {
        onClosed = resolve;
      });
      const server = await serve((_request, response) => {
        response.writeHead(200, { "content-length": "10" }).write("{");
        response.on("close", onClosed);
      });
      const controller = new AbortController();
      const reason = new Error("stop");
      const result = failure(get(server.url, {}, controller.signal));
      await server.arrival(1);
      setImmediate(() => controller.abort(reason));
      expect(await result).toBe(reason);
      await closed;
    });

    test("a signal that has fired before sends nothing", async () => {
      const server = await serve((_request, response) => json(response, {}));
      expect(await failure(get(server.url, {}, AbortSignal.abort(new Error("stop"))))).toMatchObject({
        message: "stop",
      });
      expect(server.requests).toHaveLength(0);
    });
  });
});

describe.each(transports)("a bomb over $name", ({ create }) => {
  test("is refused long before it is unpacked, although it is smaller than the limit", async () => {
    const packed = gzipSync(Buffer.alloc(32 * 1024 * 1024, 32));
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-length": String(packed.length) }).end(packed);
    });
    const error = await failure(create()({ method: "GET", url: server.url, headers: {} }, never));
    expect(error).toMatchObject({ name: "ConnectionError", code: "body_too_large", retryable: false });
    expect((error as Error).message).toMatch(/unpacks to more than 200 times/);
  });

  test("(control) a body that packs well, as like-looking users do, is read", async () => {
    const users = JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, name: "Ada", state: "active" })));
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(users));
    });
    const response = await create()({ method: "GET", url: server.url, headers: {} }, never);
    expect(response.body).toHaveLength(users.length);
  });
});

describe.each(transports)("limits over $name", ({ create }) => {
  test.each([
    ["headersTimeoutMs", { headersTimeoutMs: 0 }],
    ["headersTimeoutMs", { headersTimeoutMs: Number.NaN }],
    ["bodyTimeoutMs", { bodyTimeoutMs: 0 }],
    ["bodyTimeoutMs", { bodyTimeoutMs: 2 ** 31 }],
    ["bodyBytesMax", { bodyBytesMax: -1 }],
    ["bodyBytesMax", { bodyBytesMax: Number.POSITIVE_INFINITY }],
  ])("that cannot be kept are refused, and 0 is never no limit: %s %j", (where, limits) => {
    expect(() => create(limits)).toThrow(expect.objectContaining({ name: "ConfigError", where }));
  });

  test("a largest body of 0 bytes lets only empty ones in", async () => {
    const server = await serve(({ target }, response) => response.writeHead(200).end(target === "/empty" ? "" : "x"));
    const transport = create({ bodyBytesMax: 0 });
    const get = async (path: string) => transport({ method: "GET", url: server.url + path, headers: {} }, never);
    expect((await get("/empty")).body).toHaveLength(0);
    expect(await failure(get("/full"))).toMatchObject({ code: "body_too_large" });
  });
});

describe("undici", () => {
  test("keeps no connection when keepAliveMs is 0", async () => {
    const server = await serve((_request, response) => json(response, {}));
    const transport = undiciTransport({ keepAliveMs: 0 });
    for (let count = 0; count < 3; count += 1) await transport({ method: "GET", url: server.url, headers: {} }, never);
    expect(new Set(server.requests.map(({ socketPort }) => socketPort)).size).toBe(3);
  });

  test.each([
    ["connectTimeoutMs", { connectTimeoutMs: 0 }],
    ["keepAliveMs", { keepAliveMs: -1 }],
  ])("refuses %s out of range: %j", (where, options) => {
    expect(() => undiciTransport(options)).toThrow(expect.objectContaining({ name: "ConfigError", where }));
  });
});

/** fetch unpacks by itself: it passes on what it cannot unpack, and as much as has come of what was cut. */
describe("undici, which leaves the unpacking to us,", () => {
  test("refuses an encoding it did not ask for", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": "zstd" }).end("x"),
    );
    expect(await failure(undiciTransport()({ method: "GET", url: server.url, headers: {} }, never))).toMatchObject({
      name: "ContractError",
      code: "encoding_unknown",
    });
  });

  test("in the middle of gzip is body_cut, even where its length is right", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("x".repeat(5_000)).subarray(0, 25)),
    );
    expect(await failure(undiciTransport()({ method: "GET", url: server.url, headers: {} }, never))).toMatchObject({
      code: "body_cut",
    });
  });
});
