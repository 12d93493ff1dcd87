/** `dirsync serve` as a process: what it says when it starts, when it ends, and when it cannot start. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { DirectorySync } from "@dirsync/sdk";
import Database from "better-sqlite3";
import { describe, expect } from "vitest";
import type { CliProcess } from "../../support/cli-process.ts";
import { type Rig, test } from "../../support/rig.ts";

const serve = ["serve", "--port", "0", "--data", "server.db"] as const;

interface Announcement {
  readonly url: string;
  readonly api_key: string | null;
  readonly scim_url: string;
}

describe.concurrent("dirsync serve", () => {
  test("--json announces itself in its first line, keeps no secret in its log or file, and ends on SIGTERM", async ({
    rig,
  }) => {
    const key = "sk_given_7f3a9c";
    const server = rig.start([...serve, "--json"], { DIRSYNC_API_KEY: key });
    const { url, api_key, scim_url } = await announcement(server);
    expect({ api_key, scim_url }).toEqual({ api_key: null, scim_url: `${url}/scim/v2.0` });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const client = new DirectorySync({ apiKey: key, baseUrl: url });
    const { scim } = await client.directories.create({ name: "Acme", type: "okta scim v2.0" });
    expect((await fetch(`${scim.base_url}/Users`, { headers: bearer(scim.bearer_token) })).status).toBe(200);
    expect((await fetch(`${scim.base_url}/Users`, { headers: bearer("scim_wrong") })).status).toBe(401);
    server.signal("SIGTERM");
    const exit = await server.exit;
    expect(exit.code).toBe(0);
    expect(exit.stdout.trim().split("\n")).toHaveLength(1);
    // Standard output is a log, too, where a service manager or a container keeps it.
    expect(exit.stdout + exit.stderr).not.toContain(key);
    expect(exit.stderr).not.toContain(scim.bearer_token);
    for (const file of ["server.db", "server.db-wal"]) {
      expect(rig.lines(file).join("\n")).not.toContain(key);
      expect(rig.lines(file).join("\n")).not.toContain(scim.bearer_token);
    }
  });

  test("without a key makes one, keeps it for its owner only, and takes it again", async ({ rig }) => {
    const first = await startWithoutKey(rig);
    expect(rig.modes()).toEqual(expect.arrayContaining([["server.db.key", "600"]]));
    expect(first.api_key).toMatch(/^sk_dev_/);
    expect((await startWithoutKey(rig)).api_key).toBe(first.api_key);
  });

  test("makes no key for an address that others can reach", async ({ rig }) => {
    const exit = await rig.runWithoutKey([...serve, "--host", "0.0.0.0"]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/--host 0\.0\.0\.0 can be reached from others\. Set DIRSYNC_API_KEY/);
  });

  test("says so when its port is taken", async ({ rig }) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const exit = await rig.run(["serve", "--port", String(port), "--data", "server.db"]);
    other.close();
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(new RegExp(`port ${port}: the port is already in use`));
  });

  test.for<[string, (path: string) => void, RegExp]>([
    ["is some text", (path) => writeFileSync(path, "name,email\n".repeat(500)), /server\.db is not a Dirsync server/],
    ["belongs to another program", (path) => edit(path, "CREATE TABLE invoice (id INTEGER)"), /another program/],
    ["is a folder", (path) => mkdirSync(path), /server\.db/],
  ])("refuses a data file that %s, and leaves it as it is", async ([, make, message], { rig }) => {
    const path = `${rig.folder}/server.db`;
    make(path);
    const before = digest(path);
    const exit = await rig.run(serve);
    expect(exit).toMatchObject({ code: 74, stdout: "" });
    expect(exit.stderr).toMatch(message);
    expect(exit.stderr).not.toMatch(/\n {4}at /);
    expect(digest(path)).toBe(before);
  });

  test("refuses a folder that cannot be made", async ({ rig }) => {
    rig.write("file", "");
    const exit = await rig.run(["serve", "--data", `${rig.folder}/file/server.db`]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/The folder of .*server\.db cannot be made: ENOTDIR|EEXIST/);
  });

  test("with a key given makes the folder of its default data file, for its owner only", async ({ rig }) => {
    const server = rig.start(["serve", "--port", "0"], { XDG_STATE_HOME: `${rig.folder}/state` });
    await server.output("stdout", /is serving/);
    server.signal("SIGTERM");
    expect((await server.exit).code).toBe(0);
    expect(statSync(`${rig.folder}/state/dirsync`).mode & 0o777).toBe(0o700);
    expect(statSync(`${rig.folder}/state/dirsync/server.db`).mode & 0o777).toBe(0o600);
  });
});

async function startWithoutKey(rig: Rig): Promise<Announcement> {
  const server = rig.startWithoutKey([...serve, "--json"]);
  const announced = await announcement(server);
  server.signal("SIGTERM");
  expect((await server.exit).code).toBe(0);
  return announced;
}

async function announcement(server: CliProcess): Promise<Announcement> {
  const stdout = await server.output("stdout", /\n/);
  return JSON.parse(stdout.split("\n")[0] ?? "") as Announcement;
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function edit(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

function digest(path: string): string {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch {
    return "absent";
  }
}
