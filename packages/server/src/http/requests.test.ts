import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { apiKey, fields, runtimeWith, startServer } from "../fixtures/running-server.ts";
import { bodyBytesMax, jsonDepthMax } from "./limits.ts";

const userBody = (userName: string) => ({ userName, emails: [{ value: `${userName}@x.test` }] });

describe("who is let in", () => {
  test.each([
    ["no header", {}],
    ["a wrong key", { Authorization: "Bearer nope" }],
    ["an empty key", { Authorization: "Bearer " }],
    ["the key with something behind it", { Authorization: `Bearer ${apiKey}x` }],
    ["the key under another scheme", { Authorization: `Basic ${apiKey}` }],
  ])("%s gets 401 from every API route", async (_name, headers) => {
    const { url } = await startServer();
    for (const path of ["/directories", "/directory_users", "/directory_groups", "/organizations", "/events"]) {
      const response = await fetch(`${url}${path}`, { headers });
      expect([path, response.status, await response.json()]).toEqual([path, 401, { message: "Unauthorized" }]);
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="api"');
    }
  });

  test("a directory's token opens its own SCIM endpoint only, and every refusal looks the same", async () => {
    const running = await startServer();
    const [one, other] = [await running.createDirectory(), await running.createDirectory()];
    const attempts = [
      one.scim("/Users", { headers: { Authorization: `Bearer ${other.created.scim.bearer_token}` } }),
      one.scim("/Users", { headers: { Authorization: "Bearer nope" } }),
      one.scim("/Users", { headers: { Authorization: "" } }),
      one.scim("/Users", { headers: { Authorization: `Basic ${btoa(`user:${other.created.scim.bearer_token}`)}` } }),
      one.scim("/Users", { headers: { Authorization: `Bearer ${apiKey}` } }),
      one.scim("/Nope", { headers: { Authorization: "Bearer nope" } }),
    ];
    const answers = await Promise.all(attempts);
    for (const { status, text, headers } of answers) {
      expect([status, text]).toEqual([401, answers[0]?.text]);
      expect(headers.get("www-authenticate")).toMatch(/^Bearer/u);
      expect(headers.get("content-type")).toBe("application/scim+json");
    }
    expect(fields(await one.scim("/Users"))).toMatchObject({ totalResults: 0 });
  });

  test("a slash too many counts as one in a SCIM address, and nowhere else", async () => {
    const running = await startServer();
    const directory = await running.createDirectory();
    const made = await directory.scim("//Users", { method: "POST", body: userBody("ann") });
    const location = made.headers.get("location") ?? "none";
    expect([made.status, location.replace("http://", "")]).toEqual([201, expect.not.stringContaining("//")]);
    expect((await directory.scim("//Users", { headers: { Authorization: "Bearer nope" } })).status).toBe(401);
    for (const path of ["//directories", "/directories//x"]) expect((await running.api(path)).status).toBe(404);
    for (const path of ["/directories/", "/scim//v2.0"]) expect((await running.api(path)).status).not.toBe(500);
  });

  test("the token is taken with or without a scheme", async () => {
    const running = await startServer();
    const directory = await running.createDirectory();
    const token = directory.created.scim.bearer_token;
    for (const header of [`Bearer ${token}`, `bearer ${token}`, token]) {
      const { status } = await directory.scim("/Users", { headers: { Authorization: header } });
      expect([header, status]).toEqual([header, 200]);
    }
  });

  test("a directory's token is no API key", async () => {
    const running = await startServer();
    const { created } = await running.createDirectory();
    const headers = { Authorization: `Bearer ${created.scim.bearer_token}` };
    expect((await running.api("/directories", { headers })).status).toBe(401);
  });

  test("a deleted directory's token is worth nothing", async () => {
    const running = await startServer();
    const { created, scim } = await running.createDirectory();
    await running.api(`/directories/${created.id}`, { method: "DELETE" });
    expect((await scim("/Users")).status).toBe(401);
  });
});

describe("bodies that are refused", () => {
  test.each([
    ["no JSON", "{", 400, "invalidSyntax"],
    ["empty", " ", 400, "invalidSyntax"],
    ["too deep", "[".repeat(jsonDepthMax + 1) + "]".repeat(jsonDepthMax + 1), 400, "invalidSyntax"],
    ["a million levels", `${"[".repeat(900_000)}${"]".repeat(900_000)}`, 400, "invalidSyntax"],
    ["a list", "[]", 400, "invalidSyntax"],
    ["a number", "1", 400, "invalidSyntax"],
    ["null", "null", 400, "invalidSyntax"],
    ["too large", `"${"x".repeat(bodyBytesMax)}"`, 413, undefined],
  ])("%s", async (_name, body, status, scimType) => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const answer = await scim("/Users", { method: "POST", body });
    expect([answer.status, fields(answer)["scimType"], fields(answer)["status"]]).toEqual([
      status,
      scimType,
      String(status),
    ]);
    const fromApi = await running.api("/organizations", { method: "POST", body });
    expect([400, 413, 422]).toContain(fromApi.status);
    expect((await running.api("/healthz")).status).toBe(200);
  });

  test("a body that does not say its size is counted while it arrives", async () => {
    const running = await startServer();
    const { created } = await running.createDirectory();
    const target = new URL(`${created.scim.base_url}/Users`);
    const status = await new Promise((resolve, reject) => {
      const sent = request(target, {
        method: "POST",
        headers: { Authorization: created.scim.bearer_token, "Transfer-Encoding": "chunked" },
      });
      sent.on("response", (response) => {
        resolve(response.statusCode);
        sent.destroy();
      });
      sent.on("error", reject);
      const chunk = Buffer.alloc(64 * 1024, "x");
      // Without an end: the server must not wait for it.
      for (let bytes = 0; bytes <= bodyBytesMax; bytes += chunk.length) sent.write(chunk);
    });
    expect(status).toBe(413);
  });

  test.each([
    ["as deep as allowed", `${"[".repeat(jsonDepthMax)}${"]".repeat(jsonDepthMax)}`],
    ["brackets inside text", JSON.stringify({ userName: `${"[{".repeat(100)}\\"]` })],
  ])("%s is not too deep", async (_name, body) => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const answer = await scim("/Users", { method: "POST", body });
    expect(answer.text).not.toContain("nested");
  });

  test("the largest body is taken", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const body = JSON.stringify({ ...userBody("large"), nickName: "" });
    const filler = "x".repeat(bodyBytesMax - body.length);
    const answer = await scim("/Users", {
      method: "POST",
      body: body.replace('"nickName":""', `"nickName":"${filler}"`),
    });
    expect(answer.status).toBe(201);
  });

  test("bytes that are no UTF-8 are refused", async () => {
    const running = await startServer();
    const { created } = await running.createDirectory();
    const response = await fetch(`${created.scim.base_url}/Users`, {
      method: "POST",
      headers: { Authorization: created.scim.bearer_token },
      body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    });
    expect(response.status).toBe(400);
  });
});

describe("requests that no client library would send", () => {
  test.each([
    ["GET /directories/%E0%A4%A", 404],
    ["GET /scim/v2.0/%/Users", 401],
    ["GET {scim}/Users/%FF%00", 404],
    ["GET {scim}/Users?filter=%zz", 400],
    [`GET {scim}/Users/${"a".repeat(9_000)}`, 404],
    ["GET /events?events=%", 400],
    ["GET //evil/directories", 404],
    ["OPTIONS {scim}/Users", 405],
    ["HEAD {scim}/Users", 200],
    [`GET /directories?search=${"a".repeat(17_000)}`, 431],
  ])("%s", async (line, status) => {
    const running = await startServer();
    const { created } = await running.createDirectory();
    const scimPath = new URL(created.scim.base_url).pathname;
    const [method = "", path = ""] = line.replace("{scim}", scimPath).split(" ");
    const token = path.startsWith("/scim") ? created.scim.bearer_token : apiKey;
    const received = await new Promise<{ status: number | undefined; bytes: number }>((resolve, reject) => {
      const { hostname, port } = new URL(running.url);
      // Over node:http because fetch mends such addresses.
      const sent = request({ hostname, port, method, path, headers: { Authorization: `Bearer ${token}` } });
      sent.on("response", (response) => {
        let bytes = 0;
        response.on("data", (chunk: Buffer) => (bytes += chunk.length));
        response.on("end", () => resolve({ status: response.statusCode, bytes }));
      });
      sent.on("error", reject);
      sent.end();
    });
    expect(received.status).toBe(status);
    // Nothing of any length is repeated to the sender.
    expect(received.bytes).toBeLessThan(500);
  });
});

describe("what every answer has", () => {
  test("a request id, another one each time, on refusals too", async () => {
    const { url } = await startServer();
    const ids = new Set<string | null>();
    for (const path of ["/healthz", "/directories", "/nowhere", "/scim/v2.0/x/Users", "/events?events=nope"]) {
      ids.add((await fetch(`${url}${path}`)).headers.get("x-request-id"));
    }
    expect(ids.size).toBe(5);
    for (const id of ids) expect(id).toMatch(/^req_/u);
  });

  test.each(["/directory_users", "/directory_groups", "/events?events=dsync.user.created"])(
    "a request id on a page of %s, which is sent as it was read, and on the answer to HEAD",
    async (path) => {
      const { api } = await startServer();
      for (const method of ["GET", "HEAD"]) {
        const { headers } = await api(path, { method });
        expect(headers.get("x-request-id")).toMatch(/^req_/u);
        expect(headers.get("content-type")).toBe("application/json");
      }
    },
  );

  test.each([
    ["/nowhere", { message: "Not found." }],
    ["/", { message: "Not found." }],
    ["/directories/x/y/z", { message: "Not found." }],
  ])("%s is a 404 in JSON", async (path, body) => {
    const running = await startServer();
    const answer = await running.api(path);
    expect([answer.status, answer.body]).toEqual([404, body]);
  });

  test("an unknown SCIM address is a SCIM error", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    for (const path of ["/Nope", "/Users/x/y"]) {
      expect(fields(await scim(path))).toMatchObject({ status: "404", detail: expect.any(String) as string });
    }
  });

  test("no secret, password or personal value reaches the log, whatever goes wrong", async () => {
    const lines: string[] = [];
    const write = (line: object, message: string) => void lines.push(JSON.stringify(line) + message);
    const runtime = runtimeWith({ log: { debug: write, info: write, warn: write, error: write } });
    const running = await startServer({ runtime });
    const { created, scim } = await running.createDirectory();
    const body = { ...userBody("canary-person"), password: "canary-password" };
    await scim("/Users", { method: "POST", body });
    await scim("/Users", { method: "POST", body });
    await scim("/Users", { method: "POST", body: { ...body, userName: { canary: "canary-object" } } });
    await scim("/Users?filter=userName%20eq%20%22canary-filter%22");
    await scim("/Users?filter=canary-broken");
    await scim("/Users", { headers: { Authorization: "Bearer canary-token" } });
    await running.server.close();
    // The store is closed now: a failure of the server itself.
    await running.server.fetch(new Request(`${created.scim.base_url}/Users`, { headers: { Authorization: "canary" } }));
    const log = lines.join("\n");
    expect(log).toContain("A request failed.");
    expect(log).not.toMatch(/canary/u);
    expect(log).not.toContain(created.scim.bearer_token);
    expect(log).not.toContain(apiKey);
  });
});
