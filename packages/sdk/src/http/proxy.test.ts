import { createServer, request as httpRequest } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { failure } from "./test-calls.ts";
import { testCertificate } from "./test-certificate.ts";
import { deadUrl, json, serve, serveTls } from "./test-server.ts";
import { undiciTransport, type UndiciTransportOptions } from "./undici-transport.ts";

const never = new AbortController().signal;
const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"];

beforeEach(() => {
  for (const name of names) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A proxy that counts what goes through it. */
async function startProxy(): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    seen.push(incoming.url ?? "");
    const onward = httpRequest(incoming.url ?? "", { headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  proxy.on("connect", (incoming, socket, head) => {
    seen.push(incoming.url ?? "");
    const [host = "", port = ""] = (incoming.url ?? "").split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, seen };
}

async function get(options: UndiciTransportOptions, url: string): Promise<number> {
  return (await undiciTransport(options)({ method: "GET", url, headers: {} }, never)).status;
}

describe("a proxy", () => {
  test("that variables name is not used unless that is asked for, so that the key goes where the caller sent it", async () => {
    const server = await serve((_request, response) => json(response, {}));
    const proxy = await startProxy();
    for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY"]) vi.stubEnv(name, proxy.url);
    expect(await get({}, server.url)).toBe(200);
    expect(proxy.seen).toEqual([]);
  });

  test("is taken from the environment on demand", async () => {
    const server = await serve((_request, response) => json(response, {}));
    const proxy = await startProxy();
    vi.stubEnv("http_proxy", proxy.url);
    expect(await get({ proxy: "environment" }, server.url)).toBe(200);
    expect(proxy.seen).toHaveLength(1);
  });

  test("is passed by where NO_PROXY says so", async () => {
    const server = await serve((_request, response) => json(response, {}));
    const proxy = await startProxy();
    vi.stubEnv("http_proxy", proxy.url);
    vi.stubEnv("no_proxy", "127.0.0.1");
    expect(await get({ proxy: "environment" }, server.url)).toBe(200);
    expect(proxy.seen).toEqual([]);
  });

  test("may be given by address", async () => {
    const server = await serve((_request, response) => json(response, {}));
    const proxy = await startProxy();
    expect(await get({ proxy: proxy.url }, server.url)).toBe(200);
    expect(proxy.seen).toHaveLength(1);
  });

  test("is taken from the environment for https too, and the certificate behind it is verified", async () => {
    const url = await serveTls(testCertificate("localhost"));
    const proxy = await startProxy();
    vi.stubEnv("https_proxy", proxy.url);
    const error = await failure(get({ proxy: "environment" }, url));
    expect(error).toMatchObject({ name: "ConnectionError", code: "tls", retryable: false });
    expect(proxy.seen).toEqual([new URL(url).host]);
  });

  test.each(["proxy.example:3128", "http://user:hunter2@[bad", "ftp://user:hunter2@proxy"])(
    "that a variable gives as %j is an error of configuration, which does not repeat it",
    async (address) => {
      vi.stubEnv("http_proxy", address);
      const error = await failure(get({ proxy: "environment" }, "http://127.0.0.1:9/x"));
      expect(error).toMatchObject({ name: "ConfigError", where: "proxy", retryable: false });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("hunter2");
    },
  );

  test("that refuses says so, with its status", async () => {
    const refusing = createServer().on("connect", (_incoming, socket) => {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    });
    await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void refusing.close());
    const { port } = refusing.address() as AddressInfo;
    const error = await failure(get({ proxy: `http://127.0.0.1:${port}` }, "http://127.0.0.1:9/x"));
    expect(error).toMatchObject({ name: "ConnectionError", code: "unreachable" });
    expect((error as Error).message).toMatch(/the proxy refused the way there with 407/);
  });

  test("that is down is unreachable", async () => {
    const error = await failure(get({ proxy: await deadUrl() }, "http://127.0.0.1:9/x"));
    expect(error).toMatchObject({ name: "ConnectionError", code: "unreachable", cause: { code: "ECONNREFUSED" } });
  });

  test.each(["", "proxy:3128", "socks5://127.0.0.1:1080"])("given as %j is refused", (proxy) => {
    expect(() => undiciTransport({ proxy })).toThrow(expect.objectContaining({ where: "proxy" }));
  });

  test("whose address is refused is not repeated, for it may hold a password", () => {
    expect(() => undiciTransport({ proxy: "ftp://user:hunter2@proxy" })).toThrow(/^(?!.*hunter2)/);
  });
});
