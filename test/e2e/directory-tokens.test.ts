/** `dirsync directories create|scim|link|tokens|delete`: a directory is made, connected, given other tokens and deleted from the command line. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createServer } from "@dirsync/server";
import type { DirsyncServer } from "@dirsync/server";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runWarmCli } from "../support/warm-cli.ts";

const apiKey = "sk_test_directory_tokens";
let server: DirsyncServer;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await createServer({ dataFile: ":memory:", apiKey });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  environment = { DIRSYNC_API_KEY: apiKey, DIRSYNC_BASE_URL: url };
});

afterAll(async () => {
  await server.close();
});

async function says(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runWarmCli(["directories", ...args], { environment });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

async function statusOf(url: string, token: string): Promise<number> {
  return (await fetch(`${url}/Users`, { headers: { Authorization: `Bearer ${token}` } })).status;
}

interface Made {
  readonly id: string;
  readonly organization_id: string;
  readonly type: string;
  readonly scim: { readonly base_url: string; readonly bearer_token: string };
}

async function makeDirectory(...flags: readonly string[]): Promise<Made> {
  return JSON.parse(await says("create", "Acme", "--json", ...flags)) as Made;
}

test("a directory is made for a provider, and its address is told again", async () => {
  const { id, type, scim } = await makeDirectory("--provider", "entra");
  expect(type).toBe("azure scim v2.0");
  expect(await statusOf(scim.base_url, scim.bearer_token)).toBe(200);
  expect(await says("scim", id)).toContain(scim.base_url);
  expect(JSON.parse(await says("scim", id, "--json"))).toMatchObject({ base_url: scim.base_url, mode: "lenient" });
});

test.each([
  ["oktaa", /--provider: the service knows no "oktaa"\. Did you mean okta\?/],
  ["acme", /knows no "acme"\. It takes okta, entra, onelogin, .*generic, or a type of the service\./],
])("a provider that is misspelt as %s is told with what there is", async (provider, message) => {
  const { code, stderr } = await runWarmCli(["directories", "create", "Acme", "--provider", provider], { environment });
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test("a token that would end at once is refused with what may be said", async () => {
  const args = ["directories", "tokens", "create", "directory_none", "--expires", "1s"];
  const { code, stderr } = await runWarmCli(args, { environment });
  expect(code).toBe(2);
  expect(stderr).toMatch(/--expires is not between 1m and 3650d: "1s"/);
});

test("a token goes into a file that only its owner reads, and nowhere else", async () => {
  const file = join(temporaryFolder(onTestFinished), "scim-token");
  const shown = await says("create", "Acme", "--out", file);
  const token = readFileSync(file, "utf8").trim();
  expect(token).toMatch(/^dsync_[\w-]{43}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(shown).not.toContain(token);
  const url = /^url +(\S+)$/m.exec(shown)?.[1] ?? "";
  expect(await statusOf(url, token)).toBe(200);
});

test("a file that holds something is not written over by a new token, only by one that replaces another", async () => {
  const { id } = await makeDirectory();
  const file = join(temporaryFolder(onTestFinished), "scim-token");
  writeFileSync(file, "of another directory\n");
  const before = await says("tokens", "list", id, "--json");
  for (const making of [
    ["create", "Other"],
    ["tokens", "create", id],
  ]) {
    const { code, stderr } = await runWarmCli(["directories", ...making, "--out", file], { environment });
    expect([code, stderr]).toEqual([78, expect.stringMatching(/scim-token holds something already/)]);
  }
  expect(readFileSync(file, "utf8")).toBe("of another directory\n");
  expect(await says("tokens", "list", id, "--json")).toBe(before);
  await says("tokens", "rotate", id, "--out", file);
  expect(readFileSync(file, "utf8")).toMatch(/^dsync_[\w-]{43}\n$/);
});

test("nothing is made where the file cannot be", async () => {
  const before = await says("list", "--json");
  const { code, stderr } = await runWarmCli(["directories", "create", "Lost", "--out", "/nowhere/at/all/token"], {
    environment,
  });
  expect(code).not.toBe(0);
  expect(stderr).toContain("/nowhere/at/all");
  expect(await says("list", "--json")).toBe(before);
});

test("tokens are listed without being shown, rotated with an overlap, and revoked", async () => {
  const { id, scim } = await makeDirectory();
  const list = await says("tokens", "list", id);
  expect(list).toMatch(/First token +provisioning +….{4} +never +never/);
  expect(list).not.toContain(scim.bearer_token);
  const rotated = await says("tokens", "rotate", id, "--overlap", "2h");
  expect(rotated).toMatch(/The one before works until 20\d\d-/);
  const token = /^token +(\S+)$/m.exec(rotated)?.[1] ?? "";
  expect([await statusOf(scim.base_url, scim.bearer_token), await statusOf(scim.base_url, token)]).toEqual([200, 200]);
  const [oldest] = (await says("tokens", "list", id, "--json")).split("\n");
  const { id: tokenId } = JSON.parse(oldest ?? "") as { id: string };
  expect(await says("tokens", "revoke", id, tokenId)).toBe(`Revoked ${tokenId}. It works no more.\n`);
  expect([await statusOf(scim.base_url, scim.bearer_token), await statusOf(scim.base_url, token)]).toEqual([401, 200]);
});

test("a token that only reads is made for a while", async () => {
  const { id, scim } = await makeDirectory();
  const file = join(temporaryFolder(onTestFinished), "audit-token");
  const flags = ["--scope", "read_only", "--expires", "7d", "--name", "audit", "--out", file, "--json"];
  const made = JSON.parse(await says("tokens", "create", id, ...flags)) as Record<string, unknown>;
  expect(made).toMatchObject({
    name: "audit",
    scope: "read_only",
    expires_at: expect.stringMatching(/^20/) as unknown,
  });
  expect(made).not.toHaveProperty("token");
  const headers = { Authorization: `Bearer ${readFileSync(file, "utf8").trim()}` };
  const answer = await fetch(`${scim.base_url}/Users`, { method: "POST", headers, body: '{"userName":"mara"}' });
  expect(answer.status).toBe(403);
});

test("where several tokens could be meant, which one has to be said", async () => {
  const { id } = await makeDirectory();
  await says("tokens", "create", id);
  const { code, stderr } = await runWarmCli(["directories", "tokens", "rotate", id], { environment });
  expect(code).toBe(2);
  expect(stderr).toMatch(/Say which token: .*directory_token_.*First token.*directory_token_/s);
});

test("a link opens the setup portal", async () => {
  const { organization_id: organization } = await makeDirectory();
  const link = (await says("link", organization, "--return-url", "https://app.example/settings")).trim();
  const page = await fetch(link);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("Connect your directory")]);
});

test("a directory is deleted when --yes says so, and before that it is told who would go with it", async () => {
  const { id, scim } = await makeDirectory("--provider", "okta");
  const user = { schemas: [], userName: "ada@example.com", emails: [{ value: "ada@example.com", primary: true }] };
  const headers = { Authorization: `Bearer ${scim.bearer_token}`, "Content-Type": "application/scim+json" };
  const { status } = await fetch(`${scim.base_url}/Users`, { method: "POST", headers, body: JSON.stringify(user) });
  expect(status).toBe(201);

  const asked = await runWarmCli(["directories", "delete", id], { environment });
  expect(asked.code).toBe(5);
  expect(asked.stdout).toBe(
    "Acme has 1 active user and 0 groups, and would go with all that is in it: nobody of it keeps access.\n" +
      "Nothing was deleted. If that is right, say --yes.\n",
  );
  expect(await says("get", id)).toContain(id);

  expect(JSON.parse(await says("delete", id, "--yes", "--json"))).toEqual({ id, deleted: true });
  expect(await statusOf(scim.base_url, scim.bearer_token)).toBe(401);
  const { code, stderr } = await runWarmCli(["directories", "delete", id, "--yes"], { environment });
  expect({ code, stderr }).toMatchObject({ code: 78, stderr: expect.stringContaining(id) as string });
});
