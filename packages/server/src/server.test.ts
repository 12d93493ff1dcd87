import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "node:http";
import { connect } from "node:net";
import type { CreatedDirectory } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { apiKey, fields, runtimeWith, startServer, text } from "./fixtures/running-server.ts";
import { createServer } from "./index.ts";

test("all that was answered is there after a restart, and the log goes on after it", async () => {
  const dataFile = join(temporaryFolder(), "data.db");
  const first = await startServer({ dataFile });
  const directory = await first.createDirectory();
  const user = await directory.scim("/Users", { method: "POST", body: { userName: "a@x.test" } });
  const before = await first.events();
  await first.server.close();

  // A clock set back by a day must not put new events before old ones.
  const runtime = runtimeWith({ now: () => Date.now() - 86_400_000 });
  const second = await startServer({ dataFile, runtime });
  expect(await second.events()).toEqual(before);
  const path = `/scim/v2.0/${String(directory.created.external_key)}/Users`;
  const headers = { Authorization: `Bearer ${directory.created.scim.bearer_token}` };
  const again = await second.api(`${path}/${text(user, "id")}`, { headers });
  expect(again.status).toBe(200);
  await second.api(path, { method: "POST", headers, body: { userName: "b@x.test" } });
  const after = await second.events();
  expect(after.slice(0, -1)).toEqual(before);
  const ids = after.map((event) => event.id);
  expect(ids).toEqual([...ids].sort());
});

describe("options", () => {
  test.each([
    ["an empty API key", { apiKey: " " }, "apiKey"],
    ["no data file", { dataFile: "" }, "dataFile"],
    ["a public URL that is none", { publicUrl: "example.com" }, "publicUrl"],
    ["a public URL with a query", { publicUrl: "https://x.test/?a=1" }, "publicUrl"],
    ["a public URL of another kind", { publicUrl: "ftp://x.test" }, "publicUrl"],
  ])("%s is refused by name", async (_name, options, where) => {
    await expect(createServer({ dataFile: ":memory:", apiKey, ...options })).rejects.toMatchObject({
      code: "config_invalid",
      where,
    });
  });

  test("the public URL is what identity providers are told", async () => {
    const running = await startServer({ publicUrl: "https://scim.example.com/base/" });
    const created = (
      await running.api("/directories", {
        method: "POST",
        body: { name: "Acme", type: "okta scim v2.0" },
      })
    ).body as CreatedDirectory;
    const path = `/scim/v2.0/${String(created.external_key)}`;
    expect(created.scim.base_url).toBe(`https://scim.example.com/base${path}`);
    const user = await running.api(`${path}/Users`, {
      method: "POST",
      headers: { Authorization: created.scim.bearer_token },
      body: { userName: "a@x.test" },
    });
    expect(user.headers.get("location")).toBe(`${created.scim.base_url}/Users/${text(user, "id")}`);
    expect(fields(user)["meta"]).toMatchObject({ location: user.headers.get("location") });
  });

  test("a port that is taken is a configuration error that says so", async () => {
    const running = await startServer();
    const other = await createServer({ dataFile: ":memory:", apiKey });
    onTestFinished(() => other.close());
    const port = Number(new URL(running.url).port);
    await expect(other.listen({ port, host: "127.0.0.1" })).rejects.toMatchObject({
      code: "config_invalid",
      where: "port",
      message: expect.stringContaining("already in use") as string,
    });
  });
});

describe("closing", () => {
  test("a kept-alive connection does not hold it up, and the port is free afterwards", async () => {
    const running = await startServer();
    await fetch(`${running.url}/healthz`);
    const startedMs = Date.now();
    await running.server.close();
    await running.server.close();
    expect(Date.now() - startedMs).toBeLessThan(2_000);
    await expect(fetch(`${running.url}/healthz`)).rejects.toThrow("fetch failed");
  });

  test("a connection on which nothing was ever asked does not hold it up", async () => {
    const running = await startServer();
    const { hostname, port } = new URL(running.url);
    const socket = connect({ host: hostname, port: Number(port) });
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    await waitForRequest(running.url);
    const startedMs = Date.now();
    await running.server.close();
    expect(Date.now() - startedMs).toBeLessThan(2_000);
  });

  test("a request under way is answered, and its change is on disk", async () => {
    const dataFile = join(temporaryFolder(), "data.db");
    const running = await startServer({ dataFile });
    const { created } = await running.createDirectory();
    const answered = new Promise((resolve, reject) => {
      const sent = request(`${created.scim.base_url}/Users`, {
        method: "POST",
        headers: { Authorization: created.scim.bearer_token },
      });
      sent.on("response", (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on("error", reject);
      // Half a body, the rest when the server has begun to close.
      sent.write('{"userName":', () => {
        void waitForRequest(running.url).then(() => {
          void running.server.close();
          sent.end('"late@x.test"}');
        });
      });
    });
    expect(await answered).toBe(201);
    await running.server.close();
    const again = await startServer({ dataFile });
    expect((await again.events()).map((event) => event.event)).toEqual(["dsync.activated", "dsync.user.created"]);
  });
});

test("healthz says when the data file no longer answers", async () => {
  const running = await startServer();
  expect(await (await fetch(`${running.url}/healthz`)).json()).toEqual({ status: "ok" });
  await running.server.close();
  const response = await running.server.fetch(new Request("http://x.test/healthz"));
  expect(response.status).toBe(500);
});

/** By the time a later request has been answered, the earlier one has reached the server. */
async function waitForRequest(url: string): Promise<void> {
  await fetch(`${url}/healthz`);
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-server-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
