/** `dirsync organizations`: a customer is made, found, renamed and deleted from the command line. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createServer } from "@dirsync/server";
import type { DirsyncServer } from "@dirsync/server";
import { runWarmCli } from "../support/warm-cli.ts";

const apiKey = "sk_test_organizations";
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

/** What a command that succeeds prints. */
async function says(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runWarmCli(args, { environment });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

async function make(...args: readonly string[]): Promise<string> {
  return (JSON.parse(await says("organizations", "create", ...args, "--json")) as { id: string }).id;
}

test("a new organization can be given a link at once", async () => {
  const shown = await says("organizations", "create", "Acme");
  const command = /^Its admin connects a directory by: dirsync (.+)$/m.exec(shown)?.[1] ?? "";
  expect(await says(...command.split(" "))).toMatch(/^http\S+\/portal\/open\?token=/);
});

test("one is found by its name, by a domain and by the app's own id", async () => {
  const id = await make("Initech", "--external-id", "customer-7", "--domains", "initech.test, initech.example");
  expect(await says("organizations", "list", "--search", "initech")).toMatch(
    new RegExp(`^${id} +Initech +customer-7 +initech.test initech.example$`, "m"),
  );
  expect(await says("organizations", "list", "--domains", "initech.example", "--json")).toContain(`"id":"${id}"`);
  expect(await says("organizations", "list", "--domains", "elsewhere.example")).toBe("No organizations.\n");
  expect(JSON.parse(await says("organizations", "get", "customer-7", "--external", "--json"))).toMatchObject({
    id,
    domains: [
      { domain: "initech.test", state: "pending" },
      { domain: "initech.example", state: "pending" },
    ],
  });
});

test("what is not given stays as it is, and an empty id of the app's is none", async () => {
  const id = await make("Umbrella", "--external-id", "customer-8");
  await says("organizations", "update", id, "--name", "Umbrella Ltd");
  const get = async () => JSON.parse(await says("organizations", "get", id, "--json")) as object;
  expect(await get()).toMatchObject({ name: "Umbrella Ltd", external_id: "customer-8" });
  await says("organizations", "update", id, "--external-id", "");
  expect(await get()).toMatchObject({ name: "Umbrella Ltd", external_id: null });
  const nothing = await runWarmCli(["organizations", "update", id], { environment });
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining("--name or --external-id") as unknown });
});

test("is deleted with its directories only by --yes, and says before what would go", async () => {
  const id = await make("Hooli");
  const made = await says("directories", "create", "Hooli", "--organization", id, "--json");
  const directory = JSON.parse(made) as { id: string; scim: { base_url: string; bearer_token: string } };
  await fetch(`${directory.scim.base_url}/Users`, {
    method: "POST",
    headers: { Authorization: `Bearer ${directory.scim.bearer_token}`, "Content-Type": "application/scim+json" },
    body: JSON.stringify({ userName: "gavin@hooli.test", active: true }),
  });

  const { code, stdout } = await runWarmCli(["organizations", "delete", id], { environment });
  expect(code).toBe(5);
  expect(stdout).toContain("Hooli has 1 directory with 1 active user, and would go with all of it");
  expect(await says("directories", "list", "--organization", id)).toContain(directory.id);

  expect(await says("organizations", "delete", id, "--yes")).toBe(`Deleted ${id}, with its directories.\n`);
  expect(await says("directories", "list")).not.toContain(directory.id);
  const events = await says("events", "list", "--json");
  expect(events).toMatch(new RegExp(`"event":"dsync.deleted".*"id":"${directory.id}"`));
});

test("one that is not there is told by its id", async () => {
  const { code, stderr } = await runWarmCli(["organizations", "delete", "org_none", "--yes"], { environment });
  expect(code).toBe(78);
  expect(stderr).toContain("org_none");
});
