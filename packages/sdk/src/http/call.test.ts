import { inspect } from "node:util";
import * as z from "zod";
import { describe, expect, test } from "vitest";
import { ConnectionError, ContractError } from "../errors.ts";
import { anything, apiKey, callsTo as callsOver, failure, transports } from "./test-calls.ts";
import { deadUrl, json, serve, serveBytes, type Answer } from "./test-server.ts";

describe.each(transports)("over $name", ({ create }) => {
  const callsTo: typeof callsOver = (url, changes) => callsOver(url, { transport: create(), ...changes });

  async function failureOf(answer: Answer): Promise<unknown> {
    const server = await serve(answer);
    return failure(callsTo(server.url).read({ method: "GET", path: "/things" }, anything));
  }

  describe("a request", () => {
    test("carries the key, the user agent and, with a body, its type", async () => {
      const server = await serve((_request, response) => json(response, {}));
      await callsTo(server.url).read({ method: "POST", path: "/things", body: { name: "Zoë" } }, anything);
      expect(server.requests[0]).toMatchObject({ method: "POST", target: "/things", body: '{"name":"Zoë"}' });
      expect(server.requests[0]?.headers).toMatchObject({
        authorization: `Bearer ${apiKey}`,
        "user-agent": "dirsync-sdk/test",
        accept: "application/json",
        "content-type": "application/json",
      });
    });

    test("keeps fields the schema does not know", async () => {
      const server = await serve((_request, response) => json(response, { id: "x", later: { added: true } }));
      const thing = z.looseObject({ id: z.string() });
      const body = await callsTo(server.url).read({ method: "GET", path: "/things" }, thing);
      expect(body).toEqual({ id: "x", later: { added: true } });
    });

    test.each([200, 202, 204])("whose answer is not settled succeeds on %i with any body", async (status) => {
      const server = await serve((_request, response) =>
        response.writeHead(status).end(status === 204 ? "" : "Accepted"),
      );
      await callsTo(server.url).run({ method: "DELETE", path: "/things/1" });
      expect(server.requests).toHaveLength(1);
    });
  });

  describe("an answer that is no answer", () => {
    test("HTML with status 200 is a ContractError that names baseUrl and does not quote the page", async () => {
      const error: unknown = await failureOf((_request, response) => {
        response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in, alice</html>");
      });
      expect(error).toBeInstanceOf(ContractError);
      expect(error).toMatchObject({ code: "not_json", retryable: true });
      expect((error as Error).message).toMatch(/text\/html.*baseUrl/);
      expect(inspect(error, { depth: 9 })).not.toContain("alice");
    });

    test.each([
      ["an empty body", Buffer.alloc(0)],
      ["half of a JSON body whose length is declared", Buffer.from('{"object":"li')],
      ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ])("%s with status 200 is a ContractError", async (_name, body) => {
      const headers = { "content-type": "application/json", "content-length": String(body.length) };
      const error: unknown = await failureOf((_request, response) => response.writeHead(200, headers).end(body));
      expect(error).toMatchObject({ name: "ContractError", code: "not_json" });
    });

    test("half of a JSON body that ends with its connection is body_cut", async () => {
      const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
      const server = await serveBytes((socket) => socket.end(`${head}{"object":"list","data":[{"id":"u`));
      const error = await failure(callsTo(server.url).read({ method: "GET", path: "/things" }, anything));
      expect(error).toMatchObject({ name: "ConnectionError", code: "body_cut", retryable: true });
    });

    test("a missing field is a ContractError that says where and never what was there", async () => {
      const server = await serve((_request, response) => json(response, { data: [{ id: 1 }, { id: "alice" }, {}] }));
      const schema = z.object({ data: z.array(z.object({ id: z.string() })) });
      const error = await failure(callsTo(server.url).read({ method: "GET", path: "/things" }, schema));
      expect(error).toBeInstanceOf(ContractError);
      expect(error).toMatchObject({ code: "contract_broken", issues: [{ path: "data.0.id" }, { path: "data.2.id" }] });
      expect((error as Error).message).toMatch(/GET \/things .*data\.0\.id.*\(and 1 more\)/);
      expect((error as Error).message).not.toContain("alice");
    });

    test("a server that is down is unreachable, says where, and keeps the cause", async () => {
      const url = await deadUrl();
      const error = await failure(callsTo(url).read({ method: "GET", path: "/things" }, anything));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ code: "unreachable", cause: { code: "ECONNREFUSED" } });
      expect((error as Error).message).toContain(`${url}/things`);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(apiKey);
    });

    test("a transport that throws something foreign is unreachable", async () => {
      const transport = async () => Promise.reject(new TypeError("odd"));
      const calls = callsTo("http://x.invalid", { transport });
      const error = await failure(calls.read({ method: "GET", path: "/things" }, anything));
      expect(error).toMatchObject({ name: "ConnectionError", code: "unreachable", cause: { message: "odd" } });
    });
  });
});
