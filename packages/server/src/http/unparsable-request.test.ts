import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { listen } from "./listener.ts";

/** A connection to a server that answers whatever it can read. */
async function connected(requestMs: number): Promise<Socket> {
  const answer = async (request: Request): Promise<Response> => {
    await request.text();
    // Megabytes, so that no buffer between us takes all of it.
    return new Response("x".repeat(8_000_000));
  };
  const limits = { requestMs, stallMs: 60_000, checkEveryMs: 20, connectionsMax: 10 };
  const listener = await listen({ port: 0, host: "127.0.0.1" }, answer, limits);
  onTestFinished(() => listener.stop());
  return connect(Number(new URL(listener.url).port), "127.0.0.1");
}

/** All that comes back for these bytes until the server ends the connection. */
async function said(bytes: string, requestMs = 60_000): Promise<string> {
  const socket = await connected(requestMs);
  socket.write(bytes);
  return text(socket);
}

test.each([
  [400, "malformed_request", "a path beyond ASCII", "GET /Users?filter=userName eq é HTTP/1.1\r\nHost: x\r\n\r\n"],
  [400, "malformed_request", "two lengths", "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
  [
    413,
    "body_too_large",
    "a chunk with too many extensions",
    `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(20_000)}\r\n`,
  ],
  [431, "head_too_large", "a head without an end", `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`],
])(
  "%i %s: %s is refused with what is wrong, for SCIM clients and for those of the API",
  async (status, code, _, bytes) => {
    const answer = await said(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
    const body = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))) as Record<string, unknown>;
    expect(body).toMatchObject({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      status: String(status),
      code,
      message: expect.stringMatching(/\w/) as unknown,
    });
    expect(body.detail).toBe(body.message);
  },
);

test("408 request_timeout: a request that does not arrive is told so", async () => {
  expect(await said("GET / HTTP/1.1\r\nHost: x\r\n", 50)).toMatch(/^HTTP\/1\.1 408 .*request_timeout/s);
});

test("what comes while an answer is under way is not answered into the middle of it", async () => {
  const socket = await connected(60_000);
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(socket, "readable");
  socket.write("rubbish\r\n\r\n");
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).not.toContain("malformed_request");
});
