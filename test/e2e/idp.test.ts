/** `dirsync idp` as a process: against a server that does it right, and against one that does not. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DirectorySync } from "@dirsync/sdk";
import { createServer } from "@dirsync/server";
import type { DirsyncServer } from "@dirsync/server";
import { startBrokenScim } from "../support/broken-scim.ts";
import { CliProcess } from "../support/cli-process.ts";
import { until } from "../support/until.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runWarmCli } from "../support/warm-cli.ts";

const apiKey = "sk_test_idp_command";
const folder = temporaryFolder(afterAll);
let server: DirsyncServer;
let origin: string;
let target: string;
let token: string;
let tokenFile: string;

beforeAll(async () => {
  server = await createServer({ dataFile: ":memory:", apiKey });
  origin = (await server.listen({ port: 0, host: "127.0.0.1" })).url;
  const sync = new DirectorySync({ apiKey, baseUrl: origin });
  const { scim } = await sync.directories.create({ name: "Acme", type: "azure scim v2.0" });
  target = scim.base_url;
  token = scim.bearer_token;
  tokenFile = join(folder, "token");
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
});

afterAll(async () => {
  await server.close();
});

interface Played {
  readonly passed: number;
  readonly failed: number;
  readonly scenarios: readonly {
    readonly scenario: string;
    readonly leftovers: readonly string[];
    readonly checks: readonly { readonly name: string; readonly outcome: string; readonly sent: readonly unknown[] }[];
  }[];
}

interface Listed {
  readonly totalResults: number;
  readonly Resources: readonly { readonly id: string }[];
}

describe("dirsync idp", () => {
  test("plays every scenario, shows each check, and leaves nothing behind", async () => {
    const { code, stdout, stderr } = await runWarmCli(["idp", "entra", "--target", target, "--token-file", tokenFile]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^leaver {2}passed/mu);
    expect(stdout).toMatch(/^account-is-off +ok +.+ is taken off the app$/mu);
    expect(stdout).toMatch(/^\d+ passed · 0 failed · 0 skipped$/mu);
    const left = await fetch(`${target}/Users`, { headers: { Authorization: `Bearer ${token}` } });
    expect(await left.json()).toMatchObject({ totalResults: 0 });
  });

  test("stopped in the middle of a load, it says what it leaves on the server", async () => {
    const words = ["idp", "entra", "--target", target, "--token-file", tokenFile, "--users", "500", "--rate", "50"];
    const stopped = new CliProcess([...words, "--seed", "77"]);
    const headers = { Authorization: `Bearer ${token}` };
    const count = async () => ((await (await fetch(`${target}/Users`, { headers })).json()) as Listed).totalResults;
    await until(async () => (await count()) > 2, { what: "people of the load" });
    stopped.signal("SIGINT");
    const { code, stderr } = await stopped.exit;
    expect(code).toBe(75);
    expect(stderr).toMatch(/Cut short\. People it made, at addresses under example\.com, may still be on the server/);
    for (const { id } of ((await (await fetch(`${target}/Users?count=500`, { headers })).json()) as Listed).Resources) {
      await fetch(`${target}/Users/${id}`, { method: "DELETE", headers });
    }
  });

  test("in JSON, each check says what was sent; the token comes from a variable", async () => {
    const words = ["idp", "okta", "--scenario", "leaver", "--target", target, "--json"];
    const { code, stdout } = await runWarmCli(words, { environment: { DIRSYNC_SCIM_TOKEN: token } });
    expect(code).toBe(0);
    const played = JSON.parse(stdout) as Played;
    expect(played).toMatchObject({
      provider: "Okta",
      seed: 0,
      failed: 0,
      scenarios: [{ scenario: "leaver", leftovers: [] }],
    });
    const off = played.scenarios[0]?.checks.find(({ name }) => name === "account-is-off");
    expect(off?.sent).toMatchObject([
      { method: "PATCH", body: { Operations: [{ op: "replace", value: { active: false } }] }, status: 200 },
    ]);
  });

  test('a server that takes "False" for true fails the check by name, with what was sent, expected and found', async () => {
    const proxy = await startBrokenScim(origin, (request, forward) =>
      request.body.includes('"False"') ? Promise.resolve({ status: 204, body: "" }) : forward(request),
    );
    try {
      const address = target.replace(origin, proxy.origin);
      const words = ["idp", "entra", "--scenario", "leaver", "--target", address, "--token-file", tokenFile];
      const { code, stdout } = await runWarmCli(words);
      expect(code).toBe(5);
      expect(stdout).toMatch(
        /leaver: account-is-off, after: .+\n {2}sent +PATCH \/Users\/\S+ .*"value":"False".* -> 204\n {2}expected +active false\n {2}got +active true\n/u,
      );
      expect(stdout).not.toContain(token);
    } finally {
      await proxy.close();
    }
  });

  test("a load tells how fast and how slow, and how many failed", async () => {
    const words = [
      "idp",
      "generic",
      "--users",
      "30",
      "--concurrency",
      "3",
      "--target",
      target,
      "--token-file",
      tokenFile,
    ];
    const { code, stdout } = await runWarmCli([...words, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ users: 30, failed: 0, requests: 60, leftovers: 0 });
    expect((JSON.parse(stdout) as { latency_ms: { p50: number } }).latency_ms.p50).toBeGreaterThanOrEqual(0);
  });

  test.each([
    ["no token", () => ["idp", "okta", "--target", target], 78, /--token-file.*DIRSYNC_SCIM_TOKEN/u],
    ["a provider nobody knows", () => ["idp", "acme", "--target", target], 2, /Allowed choices are okta/u],
    [
      "a scenario nobody knows",
      () => ["idp", "okta", "--target", target, "--scenario", "x"],
      2,
      /one of all, connect/u,
    ],
    ["no address", () => ["idp", "okta", "--target", "localhost"], 2, /http or https URL/u],
    ["a rate without people", () => ["idp", "okta", "--target", target, "--rate", "5"], 2, /--users/u],
    [
      "nobody there",
      () => ["idp", "okta", "--target", "http://127.0.0.1:9", "--token-file", tokenFile],
      69,
      /nothing answers/u,
    ],
  ])("%s", async (_name, words, exitCode, said) => {
    const environment = exitCode === 2 ? { DIRSYNC_SCIM_TOKEN: token } : {};
    const { code, stderr } = await runWarmCli(words(), { environment });
    expect(stderr).toMatch(said);
    expect(code).toBe(exitCode);
  });

  test("a token that is refused, and one that everybody on the machine may read", async () => {
    const wrong = { DIRSYNC_SCIM_TOKEN: "scim_somebody_elses" };
    const refused = await runWarmCli(["idp", "okta", "--target", target], { environment: wrong });
    expect(refused.code).toBe(77);
    const open = join(folder, "open");
    writeFileSync(open, token);
    chmodSync(open, 0o644);
    const unsafe = await runWarmCli(["idp", "okta", "--target", target, "--token-file", open]);
    expect(unsafe).toMatchObject({ code: 78, stderr: expect.stringContaining("chmod 600") as string });
  });
});
