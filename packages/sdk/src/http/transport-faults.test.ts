import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DirectorySync, type DirectorySyncOptions } from "../client.ts";
import { failure, hastyRuntime, transports } from "./test-calls.ts";
import {
  closeOnSecondRequest,
  cutAfter,
  drip,
  resetAfter,
  silentAfter,
  startFaultProxy,
  type Fault,
  type FaultProxy,
} from "./test-fault-proxy.ts";
import { serve, type Answer } from "./test-server.ts";
import { undiciTransport } from "./undici-transport.ts";

const user = {
  object: "directory_user",
  id: "directory_user_1",
  directory_id: "directory_1",
  state: "active",
  email: "zoë@example.com",
  created_at: "2026-01-15T12:00:00.000Z",
  updated_at: "2026-01-15T12:00:00.000Z",
};
const text = JSON.stringify(user);
const type = { "content-type": "application/json" };

/** Every way in which a server says where its answer ends, but for the one that says nothing. */
const framings: readonly (readonly [name: string, answer: Answer])[] = [
  [
    "with its length",
    (_request, response) => response.writeHead(200, { ...type, "content-length": Buffer.byteLength(text) }).end(text),
  ],
  [
    "in chunks",
    (_request, response) => (response.writeHead(200, type).write(text.slice(0, 40)), response.end(text.slice(40))),
  ],
  [
    "packed",
    (_request, response) => {
      const packed = gzipSync(text);
      const headers = { ...type, "content-encoding": "gzip", "content-length": packed.length };
      response.writeHead(200, headers).end(packed);
    },
  ],
];

/** A dead connection has to be waited for; nothing else may be given up because the machine is busy. */
const hasty = { headersTimeoutMs: 300, bodyTimeoutMs: 300 };
const patient = { headersTimeoutMs: 15_000, bodyTimeoutMs: 15_000 };

const faults: readonly (readonly [name: string, fault: Fault, code: string])[] = [
  ["reset before the answer", resetAfter(0), "unreachable"],
  ["reset in the headers", resetAfter(30), "unreachable"],
  ["closed before the answer", cutAfter(0), "unreachable"],
  ["closed in the headers", cutAfter(30), "unreachable"],
  ["dead before the answer", silentAfter(0), "timeout"],
  ["dead in the headers", silentAfter(30), "timeout"],
];

describe.each(transports)("over $name", ({ create }) => {
  const shared = create();

  function clientOf({ url }: FaultProxy, options: DirectorySyncOptions): DirectorySync {
    return new DirectorySync({
      apiKey: "sk_test",
      baseUrl: url,
      transport: create(patient),
      runtime: hastyRuntime().runtime,
      ...options,
    });
  }

  describe.each(framings)("an answer %s", (_framing, answer) => {
    test.each(faults)(
      "on a connection that is %s is told apart, and asked for again on another one",
      async (...row) => {
        const [, fault, code] = row;
        const limits = code === "timeout" ? hasty : patient;
        const { url, requests } = await serve(answer);
        const once = await startFaultProxy(url, [fault]);
        const client = clientOf(once, { retriesMax: 0, transport: create(limits) });
        expect(await failure(client.users.get("u"))).toMatchObject({
          name: "ConnectionError",
          code,
          retryable: true,
        });
        const twice = await startFaultProxy(url, [fault]);
        const again = clientOf(twice, { retriesMax: 1, transport: create(limits) });
        expect(await again.users.get("u")).toEqual(user);
        expect(requests).toHaveLength(3);
      },
    );

    test.each([
      ["cut", cutAfter, "body_cut"],
      ["reset", resetAfter, "body_cut"],
      ["left standing dead", silentAfter, "timeout"],
    ] as const)("that is %s in its body is told apart, and asked for again on another one", async (...row) => {
      const [, fault, code] = row;
      const limits = code === "timeout" ? hasty : patient;
      const { url, requests } = await serve(answer);
      const bytes = (await lengthOnTheWire(url)) - 20;
      const once = await startFaultProxy(url, [fault(bytes)]);
      const client = clientOf(once, { retriesMax: 0, transport: create(limits) });
      expect(await failure(client.users.get("u"))).toMatchObject({ code, retryable: true });
      // A connection that broke is given up, and a dead one is not waited for.
      await once.closed(1);
      const twice = await startFaultProxy(url, [fault(bytes)]);
      const again = clientOf(twice, { retriesMax: 1, transport: create(limits) });
      expect(await again.users.get("u")).toEqual(user);
      expect(requests).toHaveLength(4);
    });

    test("that arrives byte by byte is whole", async () => {
      const { url } = await serve(answer);
      expect(await clientOf(await startFaultProxy(url, [drip]), { retriesMax: 0 }).users.get("u")).toEqual(user);
    });

    test("cut anywhere is never taken for a whole one", async () => {
      const { url } = await serve(answer);
      const length = await lengthOnTheWire(url);
      const places = Array.from({ length }, (_, bytes) => bytes).filter(
        (bytes) => bytes % 9 === 0 || bytes > length - 24,
      );
      const results = await Promise.all(
        places.map(async (bytes) => {
          const client = clientOf(await startFaultProxy(url, [cutAfter(bytes)]), { retriesMax: 0, transport: shared });
          return client.users.get("u").catch((error: unknown) => error);
        }),
      );
      for (const [index, result] of results.entries()) {
        const left = length - (places[index] ?? 0);
        // The last bytes of chunks and of gzip say nothing new, so that an answer may be whole without them.
        if (left > 8 || result instanceof Error)
          expect(result, `${left} bytes short`).toMatchObject({ name: "ConnectionError" });
        else expect(result).toEqual(user);
      }
    });
  });

  test("an answer that ends with its connection is whole, or body_cut where its JSON shows it", async () => {
    const { url } = await serve((_request, response) => {
      response.socket?.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n${text}`);
    });
    const whole = await startFaultProxy(url, []);
    expect(await clientOf(whole, { retriesMax: 0 }).users.get("u")).toEqual(user);
    const cut = await startFaultProxy(url, [cutAfter((await lengthOnTheWire(url)) - 20)]);
    expect(await clientOf(cut, { retriesMax: 1 }).users.get("u")).toEqual(user);
  });

  test("a server that closes its idle connections as they are used again costs a retry, and no call", async () => {
    const { url, requests } = await serve(framings[0]?.[1] ?? (() => undefined));
    const proxy = await startFaultProxy(url, [], closeOnSecondRequest);
    const retried: string[] = [];
    const client = clientOf(proxy, { hooks: [{ onRetry: (_attempt, { errorCode }) => void retried.push(errorCode) }] });
    for (let count = 0; count < 20; count += 1) expect(await client.users.get("u")).toEqual(user);
    expect(requests).toHaveLength(20);
    // (control) connections were in fact used again, and closed under their requests.
    expect(retried).toContain("unreachable");
  });
});

/** Bytes of the whole answer, headers included. */
async function lengthOnTheWire(url: string): Promise<number> {
  let bytes = 0;
  const counting = await startFaultProxy(url, [], (client, server) => {
    client.pipe(server);
    server.on("data", (data: Buffer) => {
      bytes += data.length;
      client.write(data);
    });
    server.on("end", () => client.end());
  });
  await undiciTransport()({ method: "GET", url: counting.url, headers: {} }, new AbortController().signal);
  return bytes;
}
