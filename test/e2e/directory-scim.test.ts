/** `dirsync directories scim` against a served directory, which then takes or refuses what a provider sends. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { DirectorySync } from "@dirsync/sdk";
import type { CreatedDirectory } from "@dirsync/sdk";
import { createServer } from "@dirsync/server";
import type { DirsyncServer } from "@dirsync/server";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runWarmCli } from "../support/warm-cli.ts";

const apiKey = "sk_test_directory_scim";
let server: DirsyncServer;
let directory: CreatedDirectory;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await createServer({ dataFile: ":memory:", apiKey });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  environment = { DIRSYNC_API_KEY: apiKey, DIRSYNC_BASE_URL: url };
  directory = await new DirectorySync({ apiKey, baseUrl: url }).directories.create({
    name: "Acme",
    type: "okta scim v2.0",
  });
});

afterAll(async () => {
  await server.close();
});

async function scim(...flags: readonly string[]) {
  return await runWarmCli(["directories", "scim", directory.id, ...flags], { environment });
}

async function provide(user: object): Promise<number> {
  const headers = { Authorization: `Bearer ${directory.scim.bearer_token}` };
  const body = JSON.stringify(user);
  return (await fetch(`${directory.scim.base_url}/Users`, { method: "POST", headers, body })).status;
}

test("a directory becomes strict, but for one thing, which is then left to the mode again", async () => {
  const { code, stdout } = await scim("--mode", "strict", "--set", "missing_emails=allow");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^mode +strict$/mu);
  expect(stdout).toMatch(/^wrong_types +refuse$/mu);
  expect(stdout).toMatch(/^missing_emails +allow$/mu);
  expect(await provide({ userName: "ada" })).toBe(201);
  expect(await provide({ userName: "bob", active: "True" })).toBe(400);

  const later = await scim("--mode", "lenient", "--set", "missing_emails=default", "--json");
  expect(JSON.parse(later.stdout)).toMatchObject({ mode: "lenient", wrong_types: "coerce", missing_emails: "refuse" });
  expect(await provide({ userName: "cy" })).toBe(400);
  expect(await provide({ userName: "dan@acme.test", active: "True" })).toBe(201);
});

test("schemas come from a file, one or several, in the place of those there were", async () => {
  const file = join(temporaryFolder(onTestFinished), "schemas.json");
  const badge = { id: "urn:acme:1.0:Badge", name: "Badge", attributes: [{ name: "number" }] };
  writeFileSync(file, JSON.stringify(badge));
  expect((await scim("--schemas", file)).stdout).toMatch(/^schemas +urn:acme:1.0:Badge$/mu);
  writeFileSync(file, "[]");
  expect((await scim("--schemas", file)).stdout).toMatch(/^schemas +none of its own$/mu);
});

test.each([
  [["--set", "missing_email=allow"], 2, /--set missing_email: there is no such setting, but mode, .*missing_emails, /],
  [["--set", "nulls"], 2, /--set nulls: write it as name=value/],
  [["--set", "nulls=keep"], 78, /nulls/],
  [["--mode", "loose"], 2, /lenient, strict/],
  [["--schemas", "no-such-file.json"], 78, /--schemas.*no-such-file\.json/s],
])("%j is told, and changes nothing", async (flags, exit, message) => {
  const before = (await scim("--json")).stdout;
  const { code, stdout, stderr } = await scim(...flags);
  expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
  expect(stderr).toMatch(message);
  expect((await scim("--json")).stdout).toBe(before);
});
