import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CreatedDirectory, WebhookEndpoint } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { fold, listed } from "../fixtures/fold.ts";
import { readLog, send } from "../fixtures/in-process.ts";
import { apiKey } from "../fixtures/running-server.ts";
import { createServer, makeBackup, readBackup, restoreBackup } from "../index.ts";
import type { DirsyncServer } from "../index.ts";

const now = "2026-11-26T12:00:00.000Z";

describe("a backup of a server that is at work", () => {
  test("is one state of it, with everything that had been answered, and requests are answered meanwhile", async () => {
    const { folder, server, scim, directoryId } = await started();
    const people = Array.from({ length: 2_500 }, (_, index) => ({ user: { userName: `p${String(index)}@x.test` } }));
    await send(server, `POST /directories/${directoryId}/import`, { body: { mode: "apply", people } });
    const answered: string[] = [];
    let isCopying = true;
    const write = async (name: number): Promise<number> => {
      let count = 0;
      for (; isCopying; count += 1) {
        const user = (await scim("POST /Users", { userName: `${String(name)}-${String(count)}@y.test` })) as {
          id: string;
        };
        if (isCopying) answered.push(user.id);
      }
      return count;
    };
    const writers = [write(1), write(2), write(3)];
    const before = answered.length;
    const file = await backedUp(server, join(folder, "copy.db"));
    const atMost = answered.length;
    isCopying = false;
    await Promise.all(writers);
    expect(atMost).toBeGreaterThan(before);

    expect(readBackup(file).users).toBeGreaterThanOrEqual(2_500);
    const restored = join(folder, "restored.db");
    restoreBackup({ from: file, to: restored }, now);
    const again = await opened(restored);
    const lists = await listed((path) => send(again, `GET ${path}`));
    expect(fold(await readLog(again))).toEqual(lists);
    expect(Object.keys(lists.users).length).toBeGreaterThanOrEqual(2_500);
  });

  test("has no secret in it that could be used, and nobody else may read it", async () => {
    const { folder, server, token } = await started();
    const body = { endpoint_url: "http://127.0.0.1:9/hooks", events: ["dsync.user.created"] };
    const { secret } = (await send(server, "POST /webhook_endpoints", { body })) as WebhookEndpoint;
    const copy = await backedUp(server, join(folder, "copy.db"));
    const packed = join(folder, "packed.db");
    makeBackup({ from: copy, to: packed }, now);
    expect((statSync(packed).mode & 0o777).toString(8)).toBe("600");
    for (const file of [copy, packed]) {
      const bytes = readFileSync(file, "latin1");
      for (const text of [secret, secret.slice(6), token, apiKey]) expect(bytes).not.toContain(text);
    }
    // Nothing of it is left beside the data file, nor a log beside the backup.
    expect(readdirSync(folder).filter((name) => !name.startsWith("server.db"))).toEqual(["copy.db", "packed.db"]);
    expect(readdirSync(folder).filter((name) => name.includes(".copy-"))).toEqual([]);
  });

  test("has nothing of what was deleted, once it is packed", async () => {
    const { folder, server, scim, dataFile } = await started();
    const { id } = (await scim("POST /Users", { userName: "a@x.test", nickName: "canary" })) as { id: string };
    await scim(`PUT /Users/${id}`, { userName: "a@x.test" });
    await server.close();
    const packed = join(folder, "packed.db");
    expect(makeBackup({ from: dataFile, to: packed }, now)).toMatchObject({ madeAt: now, directories: 1, users: 1 });
    expect(readFileSync(packed, "latin1")).not.toContain('"nickName"');
    // (control) It is a file in which such a thing could be read.
    expect(readFileSync(packed, "latin1")).toContain('"userName"');
  });

  test("is made by one at a time, and without the key by nobody", async () => {
    const { server } = await started();
    const ask = (key: string) =>
      server.fetch(new Request("http://x.test/backups", { method: "POST", headers: { Authorization: key } }));
    expect((await ask("wrong")).status).toBe(401);
    const [first, second] = await Promise.all([ask(apiKey), ask(apiKey)]);
    expect([first.status, second.status].sort((a, b) => a - b)).toEqual([200, 409]);
    for (const answer of [first, second]) await answer.body?.cancel();
    const third = await ask(apiKey);
    expect(third.status).toBe(200);
    await third.body?.cancel();
  });
});

describe("a backup file", () => {
  test.each([
    ["text", "no database at all, and long enough to be read as one".repeat(50)],
    ["nothing", ""],
  ])("that is %s is refused, and the data file stays as it is", async (_name, content) => {
    const { folder, server, dataFile } = await started();
    await server.close();
    const before = readFileSync(dataFile);
    const from = join(folder, "wrong");
    writeFileSync(from, content);
    expect(() => restoreBackup({ from, to: dataFile }, now)).toThrow(expect.objectContaining({ code: "corrupt" }));
    expect(readFileSync(dataFile).equals(before)).toBe(true);
  });

  test("with damaged pages is refused by name", async () => {
    const { folder, server, scim, dataFile } = await started();
    for (let count = 0; count < 40; count += 1) await scim("POST /Users", { userName: `u${String(count)}@x.test` });
    await server.close();
    const packed = join(folder, "packed.db");
    makeBackup({ from: dataFile, to: packed }, now);
    const bytes = readFileSync(packed);
    bytes.fill(0x5a, bytes.length - 4_096 * 12);
    writeFileSync(packed, bytes);
    expect(() => readBackup(packed)).toThrow(/damaged/u);
  });

  test("is not put over the file of a server that runs", async () => {
    const { folder, server, dataFile } = await started();
    const from = await backedUp(server, join(folder, "copy.db"));
    expect(() => restoreBackup({ from, to: dataFile }, now)).toThrow(expect.objectContaining({ code: "locked" }));
    expect(() => makeBackup({ from: dataFile, to: join(folder, "other.db") }, now)).toThrow(
      expect.objectContaining({ code: "locked" }),
    );
    expect(existsSync(join(folder, "other.db"))).toBe(false);
    expect(await send(server, "GET /directories")).toMatchObject({ data: [{ object: "directory" }] });
  });

  test("takes the place of a data file, damaged or not, which is kept with the log beside it", async () => {
    const { folder, server, dataFile } = await started();
    const from = await backedUp(server, join(folder, "copy.db"));
    await server.close();
    const damaged = readFileSync(dataFile).fill(0x5a, 0, 4_096);
    writeFileSync(dataFile, damaged);
    writeFileSync(`${dataFile}-wal`, "a log of another file");
    const { keptAs } = restoreBackup({ from, to: dataFile }, now);
    expect(keptAs).toBe(`${dataFile}.before-2026-11-26T12-00-00-000Z`);
    expect(readFileSync(String(keptAs)).equals(damaged)).toBe(true);
    expect(readFileSync(`${String(keptAs)}-wal`, "utf8")).toBe("a log of another file");
    expect(existsSync(`${dataFile}-wal`)).toBe(false);
    expect((statSync(dataFile).mode & 0o777).toString(8)).toBe("600");
    await opened(dataFile);
  });

  test("of another place is a copy as well, whatever its mode was", async () => {
    const { folder, server, dataFile } = await started();
    await server.close();
    const raw = join(folder, "raw.db");
    copyFileSync(dataFile, raw);
    chmodSync(raw, 0o644);
    expect(restoreBackup({ from: raw, to: join(folder, "new.db") }, now)).toMatchObject({ keptAs: null });
    expect((statSync(join(folder, "new.db")).mode & 0o777).toString(8)).toBe("600");
  });
});

async function started() {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-backup-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dataFile = join(folder, "server.db");
  const server = await opened(dataFile);
  const body = { name: "Acme", type: "generic scim v2.0" };
  const created = (await send(server, "POST /directories", { body })) as CreatedDirectory;
  const { base_url: baseUrl, bearer_token: token } = created.scim;
  const scim = (line: string, sent?: unknown) => {
    const [method = "", path = ""] = line.split(" ");
    return send(server, `${method} ${new URL(baseUrl).pathname}${path}`, { token, body: sent });
  };
  return { folder, dataFile, server, scim, token, directoryId: created.id };
}

async function opened(dataFile: string): Promise<DirsyncServer> {
  // The log of requests has what was sent, and for a week keeps what was then deleted.
  const server = await createServer({ dataFile, apiKey, webhooks: { loopback: true }, scimLog: { requestsMax: 0 } });
  onTestFinished(() => server.close());
  return server;
}

async function backedUp(server: DirsyncServer, to: string): Promise<string> {
  const headers = { Authorization: `Bearer ${apiKey}` };
  const answer = await server.fetch(new Request("http://x.test/backups", { method: "POST", headers }));
  writeFileSync(to, Buffer.from(await answer.arrayBuffer()), { mode: 0o600 });
  return to;
}
