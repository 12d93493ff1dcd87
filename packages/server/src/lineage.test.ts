import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { subscribableEventNames } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "./fixtures/eventually.ts";
import { connect, readLog, send } from "./fixtures/in-process.ts";
import { apiKey } from "./fixtures/running-server.ts";
import { startReceiver } from "./fixtures/webhook-receiver.ts";
import { createServer, restoreBackup } from "./index.ts";
import type { DirsyncServer } from "./index.ts";

const now = "2026-11-26T12:00:00.000Z";

describe("a log that was put back to an earlier state", () => {
  test("refuses a cursor that it has lost with a code of its own, and says where to go on", async () => {
    const { dataFile, server, hire } = await started();
    await hire("a@x.test");
    const kept = (await readLog(server)).at(-1);
    await backedUp(server, `${dataFile}.backup`);
    await hire("b@x.test");
    await hire("c@x.test");
    const lost = (await readLog(server)).slice(-2);
    await server.close();

    const { facts } = restoreBackup({ from: `${dataFile}.backup`, to: dataFile }, now);
    expect(facts).toMatchObject({ users: 1, directories: 1, lastEventId: kept?.id });
    const again = await opened(dataFile);
    for (const event of lost) {
      expect(await after(again, event.id)).toMatchObject({
        code: "event_cursor_rolled_back",
        message: expect.stringContaining(event.id) as string,
        cursor: event.id,
        last_event_id: kept?.id,
      });
    }
    expect(await after(again, String(kept?.id))).toMatchObject({ data: [] });
    // An event that never was is not called lost.
    expect(await after(again, "event_00000000000000000000000000")).toMatchObject({ code: "event_cursor_not_found" });
  });

  test("is found out as well when the file was copied by other means, and only then", async () => {
    const { dataFile, server } = await started();
    await server.close();
    const copy = `${dataFile}.by-hand`;
    copyFileSync(dataFile, copy);
    const second = await opened(dataFile);
    const path = await connect(second);
    await send(second, `POST ${path.path}/Users`, { token: path.token, body: { userName: "b@x.test" } });
    const lost = (await readLog(second)).at(-1);
    await second.close();

    // (control) What was served last is not an earlier state of itself.
    const third = await opened(dataFile);
    expect(await after(third, String(lost?.id))).toMatchObject({ data: [] });
    expect(await after(third, "event_7ZZZZZZZZZZZZZZZZZZZZZZZZZ")).toMatchObject({ code: "event_cursor_not_found" });
    await third.close();

    copyFileSync(copy, dataFile);
    const fourth = await opened(dataFile);
    expect(await after(fourth, String(lost?.id))).toMatchObject({ code: "event_cursor_rolled_back" });
  });

  test("is found out as well when the copy was made while the server ran, in the same life of it", async () => {
    const { dataFile, server, hire } = await started();
    await hire("a@x.test");
    const kept = (await readLog(server)).at(-1);
    // Nothing is written meanwhile: the file and what is not in it yet are one state.
    const parts = ["", "-wal"].map((part) => [`${dataFile}.by-hand${part}`, `${dataFile}${part}`] as const);
    for (const [copy, file] of parts) copyFileSync(file, copy);
    await hire("b@x.test");
    const lost = (await readLog(server)).at(-1);
    await server.close();

    for (const [copy, file] of parts) copyFileSync(copy, file);
    const again = await opened(dataFile);
    expect((await readLog(again)).at(-1)?.id).toBe(kept?.id);
    expect(await after(again, String(lost?.id))).toMatchObject({
      code: "event_cursor_rolled_back",
      last_event_id: kept?.id,
    });
    await again.close();

    // (control) The copy of the newest state is no earlier one, whenever it was made.
    const third = await opened(dataFile);
    const fresh = parts.map(([copy, file]) => [`${copy}.fresh`, file] as const);
    for (const [copy, file] of fresh) copyFileSync(file, copy);
    await third.close();
    for (const [copy, file] of fresh) copyFileSync(copy, file);
    const fourth = await opened(dataFile);
    expect(await after(fourth, "event_7ZZZZZZZZZZZZZZZZZZZZZZZZZ")).toMatchObject({ code: "event_cursor_not_found" });
  });

  test("never uses an id or a place of the log again", async () => {
    const { dataFile, server, hire, path, token } = await started();
    const receiver = await startReceiver();
    const { id: endpoint } = (await send(server, "POST /webhook_endpoints", {
      body: { endpoint_url: receiver.url, events: ["dsync.user.created"] },
    })) as { id: string };
    await hire("a@x.test");
    await backedUp(server, `${dataFile}.backup`);
    await hire("b@x.test");
    await receiver.hasReceived(2);
    const before = await readLog(server);
    await server.close();
    restoreBackup({ from: `${dataFile}.backup`, to: dataFile }, now);
    const again = await opened(dataFile);
    // The very next event: any more before it, and it would come behind the lost one also without a leap.
    await send(again, `POST ${path}/Users`, { token, body: { userName: "c@x.test" } });
    const isNew = ({ payload }: { payload: string }): boolean => payload.includes("c@x.test");
    await eventually(() => expect(receiver.received.some(isNew)).toBe(true));
    const ids = (await readLog(again)).map(({ id }) => id);
    const gone = before.at(-1)?.id ?? "";
    expect(ids).not.toContain(gone);
    expect((ids.at(-1) ?? "") > gone).toBe(true);
    const [last, next] = [receiver.received[1], receiver.received.find(isNew)];
    for (const name of ["dirsync-seq", "dirsync-epoch"]) {
      expect(Number(next?.headers[name])).toBeGreaterThan(Number(last?.headers[name]));
    }
    // The endpoint's cursor comes to stand behind the places that were left out.
    await eventually(async () => {
      expect(await send(again, `GET /webhook_endpoints/${endpoint}`)).toMatchObject({ events_behind: 0 });
    });
  });
});

async function started() {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-lineage-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dataFile = join(folder, "server.db");
  const server = await opened(dataFile);
  const { path, token } = await connect(server);
  const hire = (userName: string) => send(server, `POST ${path}/Users`, { token, body: { userName } });
  return { folder, dataFile, server, hire, path, token };
}

async function opened(dataFile: string): Promise<DirsyncServer> {
  const server = await createServer({ dataFile, apiKey, webhooks: { loopback: true } });
  onTestFinished(() => server.close());
  return server;
}

async function backedUp(server: DirsyncServer, to: string): Promise<void> {
  const answer = await server.fetch(
    new Request("http://x.test/backups", { method: "POST", headers: { Authorization: `Bearer ${apiKey}` } }),
  );
  expect(answer.status).toBe(200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(String(bytes.length)).toBe(answer.headers.get("content-length"));
  writeFileSync(to, bytes);
}

function after(server: DirsyncServer, id: string): Promise<unknown> {
  return send(server, `GET /events?events=${subscribableEventNames.join(",")}&after=${id}`);
}
