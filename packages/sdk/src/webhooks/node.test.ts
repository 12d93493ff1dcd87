import { createServer, request as send, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer, json } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { sign, type NodeRequest } from "./index.ts";
import { failureOf, reasonOf, subjects } from "./test-subjects.ts";

const secret = "whsec_test_0123456789";
const payload = '{"id":"event_1","event":"x","data":{"name":"Zoë 😀"},"created_at":"2026-01-15T12:00:00.000Z"}';
const bytes = Buffer.from(payload);
const url = "/webhooks";

function headers(): Record<string, string> {
  return { "workos-signature": sign({ payload, secret, timestampMs: Date.now() }) };
}

type Message = IncomingMessage & { body?: unknown; rawBody?: unknown };

/** Pieces of a body, and how it ends: whole, cut by a sender that hangs up, or not at all. */
interface Body {
  readonly pieces?: readonly Buffer[];
  readonly end?: "whole" | "cut" | "never";
}

/** Sends the body to a real server and gives what `handle` made of the request there. */
async function served(handle: (message: Message) => Promise<unknown>, body: Body = {}): Promise<unknown> {
  const { pieces = [bytes], end = "whole" } = body;
  let settle: (outcome: Promise<unknown>) => void = () => undefined;
  const outcome = new Promise((resolve) => (settle = resolve));
  const server = createServer((message, response) => {
    settle(handle(message).finally(() => response.end()));
  });
  try {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const outgoing = send({ port, host: "127.0.0.1", path: url, method: "POST", headers: headers() });
    // A server that refuses a body closes the connection under it.
    outgoing.on("error", () => undefined);
    outgoing.on("response", (response) => response.resume());
    for (const piece of pieces) await new Promise((resolve) => outgoing.write(piece, resolve));
    if (end === "whole") outgoing.end();
    if (end === "cut") outgoing.destroy();
    return await outcome;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe.each(subjects)("receiveNode over %s", (_engine, { receiveNode }) => {
  const receive = async (message: NodeRequest): Promise<unknown> => receiveNode(message, { secret });

  test("gives the event of a request of node:http", async () => {
    await expect(served(receive)).resolves.toEqual(JSON.parse(payload));
  });

  test("takes a body in pieces, cut inside a character", async () => {
    const pieces = Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1));
    await expect(served(receive, { pieces })).resolves.toEqual(JSON.parse(payload));
  });

  test("takes a body that is read as text", async () => {
    const handle = async (message: Message): Promise<unknown> => receive(message.setEncoding("utf8"));
    const pieces = Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1));
    await expect(served(handle, { pieces })).resolves.toEqual(JSON.parse(payload));
  });

  test.each([
    ["body, as express.raw() leaves it", "body", (raw: Buffer) => raw],
    ["body, as text", "body", String],
    ["rawBody, as Google Cloud Functions leave it", "rawBody", (raw: Buffer) => raw],
    ["rawBody, as text", "rawBody", String],
  ] as const)("takes the raw bytes from %s", async (_name, property, form) => {
    const handle = async (message: Message): Promise<unknown> => {
      message.body = { parsed: true };
      message[property] = form(await buffer(message));
      return receive(message);
    };
    await expect(served(handle)).resolves.toEqual(JSON.parse(payload));
  });

  test("takes the stream when a parser left an object without reading, as Express 4 does", async () => {
    const handle = async (message: Message): Promise<unknown> => receive(Object.assign(message, { body: {} }));
    await expect(served(handle)).resolves.toEqual(JSON.parse(payload));
  });

  test("takes the stream behind a request of Fastify that nobody has read", async () => {
    const handle = async (raw: Message): Promise<unknown> => receive({ raw, headers: raw.headers, body: undefined });
    await expect(served(handle)).resolves.toEqual(JSON.parse(payload));
  });

  test.each([
    ["an object in body", async (message: Message) => ({ headers: message.headers, body: await json(message) })],
    [
      "an object behind Fastify's request",
      async (raw: Message) => ({ raw, headers: raw.headers, body: await json(raw) }),
    ],
    ["nothing", async (message: Message) => (await buffer(message), message)],
    [
      "an object beside a read stream",
      async (message: Message) => Object.assign(message, { body: await json(message) }),
    ],
  ])("a body parser that left %s is told apart from a forgery, with what to do", async (_name, parse) => {
    const failure = await failureOf(async () => served(async (message) => receive(await parse(message))));
    expect(failure).toMatchObject({ name: "SignatureError", reason: "body_not_raw" });
    expect((failure as Error).message).toMatch(/express\.raw.*addContentTypeParser.*bodyParser: false/);
    expect((failure as Error).message).not.toContain("event_1");
  });

  test("refuses a body above the limit, announced or not, kept or not", async () => {
    const limited = async (message: NodeRequest): Promise<unknown> =>
      receiveNode(message, { secret, bodyBytesMax: bytes.length - 1 });
    expect(await reasonOf(async () => served(limited))).toBe("body_too_large");
    const announced = { headers: { ...headers(), "content-length": "9999" }, async *[Symbol.asyncIterator]() {} };
    expect(await reasonOf(async () => limited(announced))).toBe("body_too_large");
    expect(await reasonOf(async () => limited({ headers: headers(), body: bytes }))).toBe("body_too_large");
    // As many characters as the limit allows bytes, but more bytes.
    expect(payload.length).toBeLessThan(bytes.length);
    expect(await reasonOf(async () => limited({ headers: headers(), body: payload }))).toBe("body_too_large");
  });

  test("a sender that hangs up in the middle is `body_cut`", async () => {
    const handle = async (message: Message): Promise<unknown> => receive(message);
    expect(await reasonOf(async () => served(handle, { pieces: [bytes.subarray(0, 40)], end: "cut" }))).toBe(
      "body_cut",
    );
  });

  test("stops waiting when the signal fires", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(served(async (message) => receiveNode(message, { secret, signal }))).rejects.toThrow("enough");
    const controller = new AbortController();
    const silent = async (message: Message): Promise<unknown> => {
      message.once("readable", () => controller.abort(new Error("enough")));
      return receiveNode(message, { secret, signal: controller.signal });
    };
    await expect(served(silent, { end: "never" })).rejects.toThrow("enough");
  });

  test("takes the headers of both names of the two schemes as the options say", async () => {
    const both = { ...headers(), "webhook-id": "1" };
    expect(await reasonOf(async () => receive({ headers: both, body: bytes }))).toBe("header_ambiguous");
    await expect(receiveNode({ headers: both, body: bytes }, { secret, scheme: "workos" })).resolves.toBeDefined();
  });
});
