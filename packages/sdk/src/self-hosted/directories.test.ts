import { inspect } from "node:util";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { failure } from "../http/test-calls.ts";
import { json, serve } from "../http/test-server.ts";
import type { HttpRequest, Transport } from "../http/transport.ts";
import { SelfHosted } from "./client.ts";

const token = {
  object: "directory_token",
  id: "directory_token_1",
  directory_id: "directory_1",
  organization_id: "org_1",
  name: "Okta",
  scope: "provisioning",
  token_suffix: "wxyz",
  last_used_at: null,
  expires_at: null,
  created_at: "2026-11-26T09:00:00.000Z",
  later: 1,
};
const secret = "dsync_secret";
const settings = {
  object: "directory_scim_settings",
  base_url: "https://x.example/scim/v2.0/key",
  mode: "lenient",
  wrong_types: "coerce",
  nulls: "unset",
  shared_emails: "allow",
  created_inactive: "hide",
  omitted_on_put: "keep",
  empty_members: "list",
  missing_emails: "refuse",
  unmatched_filters: "create",
  schemas: [{ id: "urn:acme:1.0:Badge" }],
};

async function clientThatGets(body: object, status = 200) {
  const server = await serve((_request, response) => {
    json(response, body, status);
  });
  const client = new SelfHosted({ baseUrl: server.url, apiKey: "sk_test" });
  return { server, directories: client.directories };
}

describe("tokens of a directory", () => {
  test("are listed, made, rotated and revoked", async () => {
    const list = await clientThatGets({ object: "list", data: [token], list_metadata: { before: null, after: null } });
    expect(await list.directories.tokens("d/1")).toEqual([token]);
    const made = await clientThatGets({ ...token, token: secret, previous: { id: "t", expires_at: null } }, 201);
    expect((await made.directories.createToken("d/1", { scope: "read_only" })).token).toBe(secret);
    expect((await made.directories.rotateToken("d/1", { token_id: "t/2", overlap_seconds: 0 })).previous.id).toBe("t");
    await made.directories.revokeToken("d/1", "t/2");
    const sent = [...list.server.requests, ...made.server.requests];
    expect(sent.map(({ method, target, body }) => [method, target, body])).toEqual([
      ["GET", "/directories/d%2F1/tokens", ""],
      ["POST", "/directories/d%2F1/tokens", '{"scope":"read_only"}'],
      ["POST", "/directories/d%2F1/tokens/t%2F2/rotate", '{"overlap_seconds":0}'],
      ["DELETE", "/directories/d%2F1/tokens/t%2F2", ""],
    ]);
  });

  test("a new token is not printed, and is there for whoever asks for it", async () => {
    const { directories } = await clientThatGets({ ...token, token: secret, previous: { id: "t" } }, 201);
    for (const made of [await directories.createToken("d"), await directories.rotateToken("d", { token_id: "t" })]) {
      expect(inspect(made)).not.toContain(secret);
      expect(JSON.stringify(made)).toContain(secret);
    }
  });

  test("an answer without the token is no answer", async () => {
    const { directories } = await clientThatGets(token, 201);
    expect(await failure(directories.createToken("d"))).toMatchObject({ name: "ContractError" });
  });
});

test("a directory's SCIM endpoint is read and set", async () => {
  const { server, directories } = await clientThatGets(settings);
  expect(await directories.scim("d/1")).toEqual(settings);
  expect(await directories.changeScim("d/1", { mode: "strict" })).toEqual(settings);
  expect(await directories.updateScim("d/1", { nulls: null })).toEqual(settings);
  expect(server.requests.map(({ method, target, body }) => [method, target, body])).toEqual([
    ["GET", "/directories/d%2F1/scim", ""],
    ["PUT", "/directories/d%2F1/scim", '{"mode":"strict"}'],
    ["PATCH", "/directories/d%2F1/scim", '{"nulls":null}'],
  ]);
});

test.each([[""], ["."], [".."]])("ids like %j are refused before a request", async (id) => {
  const { server, directories } = await clientThatGets({});
  for (const call of [
    directories.scim(id),
    directories.changeScim(id, {}),
    directories.updateScim(id, {}),
    directories.tokens(id),
    directories.createToken(id),
    directories.rotateToken("d", { token_id: id }),
    directories.revokeToken("d", id),
  ]) {
    expect(await failure(call)).toMatchObject({ name: "ConfigError" });
  }
  expect(server.requests).toHaveLength(0);
});

describe("an import", () => {
  const result = {
    mode: "plan",
    created: 0,
    updated: 0,
    unchanged: 0,
    removals: 0,
    active_before: 0,
    braked: false,
    events_total: 0,
    events: [],
  };

  test.each([
    [1, undefined],
    [2_000, "gzip"],
  ])("of %i people is sent packed as %s, and says the same", async (count, encoding) => {
    const people = Array.from({ length: count }, (_, index) => ({ user: { userName: `ü${String(index)}@x.test` } }));
    const sent: HttpRequest[] = [];
    const transport: Transport = (request) => {
      sent.push(request);
      return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(result)) });
    };
    const client = new SelfHosted({ baseUrl: "http://127.0.0.1:1", apiKey: "sk_test", transport });
    expect(await client.directories.import("d", { mode: "plan", people })).toEqual(result);
    const [request] = sent;
    const { headers, body = "" } = request ?? { headers: {} as HttpRequest["headers"] };
    expect([headers["content-type"], headers["content-encoding"]]).toEqual(["application/json", encoding]);
    const text = encoding === undefined ? String(body) : gunzipSync(body).toString();
    expect(JSON.parse(text)).toEqual({ mode: "plan", people });
    expect(body.length).toBeLessThan(16 * 1024);
  });
});
