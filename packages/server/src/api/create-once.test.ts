import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectorySync, type CreatedDirectory, type List } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { apiKey, fields, runtimeWith, startServer, text } from "../fixtures/running-server.ts";
import type { Answer, RunningServer } from "../fixtures/running-server.ts";

const dayMs = 24 * 60 * 60 * 1000;
const acme = { name: "Acme", type: "okta scim v2.0" };

const makers: readonly (readonly [path: string, body: object])[] = [
  ["/organizations", { name: "Acme", external_id: "crm-1", domains: ["acme.test"] }],
  ["/directories", acme],
];

function post(running: RunningServer, path: string, { body, key }: { body: object; key?: string }): Promise<Answer> {
  return running.api(path, { method: "POST", body, headers: key === undefined ? {} : { "Idempotency-Key": key } });
}

async function count(running: RunningServer, path: string): Promise<number> {
  return ((await running.api(path)).body as List<unknown>).data.length;
}

describe.each(makers)("a POST %s with an Idempotency-Key", (path, body) => {
  test("that is repeated gets the first answer again, and makes nothing", async () => {
    const running = await startServer();
    const first = await post(running, path, { body, key: "key-1" });
    const again = await post(running, path, { body, key: "key-1" });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    expect([first, again].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true"]);
    expect(await count(running, path)).toBe(1);
    expect(await running.events()).toHaveLength(path === "/directories" ? 1 : 0);
  });

  test("that is repeated while the first is under way makes one thing", async () => {
    const running = await startServer();
    const all = await Promise.all(Array.from({ length: 20 }, () => post(running, path, { body, key: "key-1" })));
    expect(new Set(all.map((answer) => answer.text)).size).toBe(1);
    expect(await count(running, path)).toBe(1);
  });

  test("that was used for another body is refused, and the first answer stays", async () => {
    const running = await startServer();
    const first = await post(running, path, { body, key: "key-1" });
    const other = await post(running, path, { body: { ...body, name: "Other" }, key: "key-1" });
    expect([other.status, fields(other)["code"]]).toEqual([422, "idempotency_key_reused"]);
    expect((await post(running, path, { body, key: "key-1" })).text).toBe(first.text);
    expect(await count(running, path)).toBe(1);
  });

  test("that failed may be tried again under its key, mended or not", async () => {
    const running = await startServer();
    const wrong = await post(running, path, { body: { ...body, name: "" }, key: "key-1" });
    expect(wrong.status).toBe(422);
    expect((await post(running, path, { body, key: "key-1" })).status).toBe(201);
  });

  test("is a new one after a day, and not a moment before", async () => {
    let nowMs = Date.parse("2026-01-15T12:00:00.000Z");
    const running = await startServer({ runtime: runtimeWith({ now: () => nowMs }) });
    const bare = { ...body, external_id: undefined };
    const first = await post(running, path, { body: bare, key: "key-1" });
    nowMs += dayMs - 10_000;
    expect((await post(running, path, { body: bare, key: "key-1" })).text).toBe(first.text);
    nowMs += 10_000;
    const later = await post(running, path, { body: bare, key: "key-1" });
    expect(later.status).toBe(201);
    expect(text(later, "id")).not.toBe(text(first, "id"));
    expect(await count(running, path)).toBe(2);
  });

  test.each(["", "two words", "x".repeat(256), "kéy"])("%j, which is none, is refused", async (key) => {
    const running = await startServer();
    const answer = await post(running, path, { body, key });
    expect([answer.status, fields(answer)["code"]]).toEqual([400, "invalid_idempotency_key"]);
    expect(await count(running, path)).toBe(0);
  });

  test("(control) without one makes another each time", async () => {
    const running = await startServer();
    const bare = { ...body, external_id: undefined };
    for (let made = 0; made < 2; made += 1) expect((await post(running, path, { body: bare })).status).toBe(201);
    expect(await count(running, path)).toBe(2);
  });
});

test("a key of one path is not a key of another", async () => {
  const running = await startServer();
  expect((await post(running, "/directories", { body: acme, key: "key-1" })).status).toBe(201);
  const other = await post(running, "/organizations", { body: acme, key: "key-1" });
  expect([other.status, fields(other)["code"]]).toEqual([422, "idempotency_key_reused"]);
});

describe("a connection that is cut when the change is durable and nothing of the answer has arrived", () => {
  test("costs the SDK a retry, and makes one directory, with a token that works", async () => {
    const running = await startServer();
    const proxy = await cutting(running.url, 2);
    const client = new DirectorySync({
      apiKey,
      baseUrl: proxy.url,
      runtime: runtimeWith({ sleep: async () => undefined }),
    });
    const created = await client.directories.create(acme);
    expect(proxy.answersCut()).toBe(2);
    expect(await client.directories.list().toArray({ max: 10 })).toMatchObject([{ id: created.id }]);
    expect(await running.events()).toHaveLength(1);
    const users = `${running.url}/scim/v2.0/${String(created.external_key)}/Users`;
    const answer = await fetch(users, { headers: { authorization: `Bearer ${created.scim.bearer_token}` } });
    expect(answer.status).toBe(200);
  });

  test("(control) makes two of them without a key", async () => {
    const running = await startServer();
    const proxy = await cutting(running.url, 1);
    const ask = async (): Promise<number> => {
      const init = { method: "POST", headers: { authorization: `Bearer ${apiKey}` }, body: JSON.stringify(acme) };
      return (await fetch(`${proxy.url}/directories`, init)).status;
    };
    await expect(ask()).rejects.toThrow("fetch failed");
    expect(await ask()).toBe(201);
    expect(await count(running, "/directories")).toBe(2);
  });
});

describe("the file", () => {
  test("keeps the answer over a restart, and the token in it from whoever reads the file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dirsync-once-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const dataFile = join(folder, "data.db");
    const first = await startServer({ dataFile });
    const made = await post(first, "/directories", { body: acme, key: "order-42" });
    const { scim } = made.body as CreatedDirectory;
    await first.server.close();
    const bytes = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), "latin1"))
      .join("");
    expect(bytes).toContain("okta scim v2.0");
    // Base64 would hide it from a search and from nobody else.
    const packed = (bytes.match(/[A-Za-z0-9+/=]{200,}/gu) ?? []).flatMap((run) =>
      [0, 1, 2, 3].map((offset) => Buffer.from(run.slice(offset), "base64").toString("latin1")),
    );
    expect(packed).not.toEqual([]);
    for (const secret of [scim.bearer_token, "order-42", apiKey]) {
      for (const content of [bytes, ...packed]) expect(content.includes(secret)).toBe(false);
    }
    const second = await startServer({ dataFile });
    expect((await post(second, "/directories", { body: acme, key: "order-42" })).text).toBe(made.text);
    expect(await count(second, "/directories")).toBe(1);
  });
});

/** A way to the server on which so many answers are lost: the connection ends as their first byte arrives. */
async function cutting(target: string, answersMax: number): Promise<{ url: string; answersCut: () => number }> {
  let cut = 0;
  const { hostname, port } = new URL(target);
  const proxy = createTcpServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) socket.on("error", () => undefined);
    client.on("close", () => upstream.destroy()).pipe(upstream);
    upstream.on("close", () => client.destroy());
    upstream.on("data", (chunk) => {
      if (cut >= answersMax) return void client.write(chunk);
      cut += 1;
      client.destroy();
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(async () => {
    proxy.close();
  });
  return { url: `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`, answersCut: () => cut };
}
