import { createServer, request as httpRequest } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { failure } from "./test-calls.ts";
import { deadUrl, json, serve } from "./test-server.ts";
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
