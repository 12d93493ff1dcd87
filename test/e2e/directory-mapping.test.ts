/** `dirsync directories mapping` against a served directory, whose log tells what a change does to people. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { DirectorySync } from "@dirsync/sdk";
import type { CreatedDirectory } from "@dirsync/sdk";
import { createServer } from "@dirsync/server";
import type { DirsyncServer } from "@dirsync/server";
import { runWarmCli } from "../support/warm-cli.ts";

const apiKey = "sk_test_directory_mapping";
let server: DirsyncServer;
let sync: DirectorySync;
let directory: CreatedDirectory;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await createServer({ dataFile: ":memory:", apiKey });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  environment = { DIRSYNC_API_KEY: apiKey, DIRSYNC_BASE_URL: url };
  sync = new DirectorySync({ apiKey, baseUrl: url });
  directory = await sync.directories.create({ name: "Acme", type: "okta scim v2.0" });
  await fetch(`${directory.scim.base_url}/Users`, {
    method: "POST",
    headers: { Authorization: `Bearer ${directory.scim.bearer_token}` },
    body: JSON.stringify({ userName: "ann@acme.test", addresses: [{ type: "work", locality: "Umea" }] }),
  });
});

afterAll(async () => {
  await server.close();
});

function mapping(...flags: readonly string[]) {
  return runWarmCli(["directories", "mapping", directory.id, "--json", ...flags], { environment });
}

test("attributes are mapped and taken away one by one, and everybody is read anew", async () => {
  await mapping("--map", 'office=addresses[type eq "work"].locality', "--map", "nick=nickName");
  const { code, stdout } = await mapping("--unmap", "nick");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    custom_attributes: { office: 'addresses[type eq "work"].locality' },
    role_assignment: null,
  });
  const [ann] = (await sync.users.list({ directory: directory.id }).page()).data;
  expect(ann?.custom_attributes).toMatchObject({ office: "Umea" });
});

test("roles are given by groups, changed one part at a time, and taken away", async () => {
  await mapping("--role", "Team = A=admin", "--default-role", "member");
  const { stdout } = await mapping("--roles", "multiple");
  expect(JSON.parse(stdout)).toMatchObject({
    role_assignment: { mode: "multiple", default_role: "member", groups: [{ group: "Team = A", role: "admin" }] },
  });
  const [ann] = (await sync.users.list({ directory: directory.id }).page()).data;
  expect(ann?.role).toEqual({ slug: "member" });
  const none = await mapping("--roles", "none");
  expect(JSON.parse(none.stdout)).toMatchObject({ role_assignment: null });
});

test.each([
  [["--map", "office"], 2, "name=path"],
  [["--unmap", "nobody"], 2, "no such attribute"],
  [["--roles", "some"], 2, "one of single, multiple, none"],
  [["--map", "x=emails[type eq"], 78, "custom_attributes.x"],
])("%j is refused, and changes nothing", async (flags, exitCode, said) => {
  const before = (await mapping()).stdout;
  const { code, stderr } = await mapping(...flags);
  expect(stderr).toContain(said);
  expect(code).toBe(exitCode);
  expect((await mapping()).stdout).toBe(before);
});
