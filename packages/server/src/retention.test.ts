import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "./fixtures/eventually.ts";
import { fields, runtimeWith, startServer } from "./fixtures/running-server.ts";
import type { RunningServer } from "./fixtures/running-server.ts";
import { deliveries, hire, subscribe } from "./fixtures/webhook-rig.ts";
import { startReceiver } from "./fixtures/webhook-receiver.ts";

const dayMs = 24 * 60 * 60 * 1_000;

describe("a log that keeps events for a time", () => {
  test("drops what is older, and refuses its cursors with the oldest that it has", async () => {
    const { dataFile, at } = aged();
    const first = await startServer({ dataFile, runtime: at(0) });
    const directory = await first.createDirectory();
    await hire(directory.scim, "old");
    const old = await first.events();
    await first.server.close();
    const second = await startServer({ dataFile, runtime: at(9), keepEvents: { days: 30 } });
    await hire((await second.createDirectory({ name: "Young" })).scim, "young");
    const young = (await second.events()).slice(old.length);
    await second.server.close();

    const third = await startServer({ dataFile, runtime: at(31), keepEvents: { days: 30 } });
    await eventually(async () => expect(await third.events()).toEqual(young));
    const refused = await third.api(`/events?events=dsync.user.created&after=${old.at(-1)?.id ?? ""}`);
    expect([refused.status, fields(refused)]).toMatchObject([
      400,
      { code: "event_cursor_not_found", oldest_event_id: young[0]?.id },
    ]);
    await third.server.close();

    // The newest stays, however old it is: whoever has read everything stands on it.
    const fourth = await startServer({ dataFile, runtime: at(400), keepEvents: { days: 30 } });
    await eventually(async () => expect(await fourth.events()).toEqual(young.slice(-1)));
    const page = await fourth.api(`/events?events=dsync.user.created&after=${young.at(-1)?.id ?? ""}`);
    expect(fields(page)["data"]).toEqual([]);
  });

  test("or so many of them, and never those before a restart that it need not drop", async () => {
    const { dataFile, at } = aged();
    const first = await startServer({ dataFile, runtime: at(0) });
    const { scim } = await first.createDirectory();
    for (let count = 0; count < 8; count += 1) await hire(scim, `u${String(count)}`);
    const all = await first.events();
    await first.server.close();
    const same = await startServer({ dataFile, runtime: at(0), keepEvents: { eventsMax: 100, days: 1 } });
    expect(await same.events()).toEqual(all);
    await same.server.close();
    const fewer = await startServer({ dataFile, runtime: at(0), keepEvents: { eventsMax: 3 } });
    await eventually(async () => expect(await fewer.events()).toEqual(all.slice(-3)));
  });

  test("puts on record what an endpoint had still to be told of: dead, with the reason, and not to be delivered again", async () => {
    const { dataFile, at } = aged();
    const receiver = await startReceiver();
    const first = await startServer({ dataFile, runtime: at(0), webhooks: { loopback: true } });
    const { scim } = await first.createDirectory();
    const told = await subscribe(first, receiver.url, ["dsync.user.created"]);
    const lagging = await subscribe(first, `${receiver.url}/2`, ["dsync.user.created"]);
    await first.api(`/webhook_endpoints/${lagging.id}`, { method: "PATCH", body: { status: "disabled" } });
    await hire(scim, "old");
    await eventually(async () => expect(await statuses(first, told.id)).toEqual(["delivered"]));
    await first.server.close();

    const second = await startServer({
      dataFile,
      runtime: at(11),
      keepEvents: { days: 10 },
      webhooks: { loopback: true },
    });
    // Something newer, so that nothing of the above is the newest.
    await second.createDirectory({ name: "Young" });
    await second.server.close();
    const third = await startServer({
      dataFile,
      runtime: at(11),
      keepEvents: { days: 10 },
      webhooks: { loopback: true },
    });
    await eventually(async () => expect(await statuses(third, lagging.id)).toEqual(["dead"]));
    const [dead] = await deliveries(third, lagging.id, "&status=dead");
    expect(dead).toMatchObject({ event: "dsync.user.created", attempts: 0, last_error: { code: "event_expired" } });
    // What was delivered stays on record as that, under the name of the event that is gone.
    expect(await deliveries(third, told.id)).toMatchObject([{ status: "delivered", event_id: dead?.event_id }]);
    const again = await third.api(`/webhook_endpoints/${lagging.id}/redeliver`, {
      method: "POST",
      body: { status: "dead" },
    });
    expect(fields(again)["count"]).toBe(0);
    const after = await third.api(`/webhook_endpoints/${lagging.id}/deliveries?after=${dead?.event_id ?? ""}`);
    expect(fields(after)["data"]).toEqual([]);
    expect(receiver.received).toHaveLength(1);
  });

  test("keeps everything unless it is told otherwise, and takes no nonsense", async () => {
    const { dataFile, at } = aged();
    const first = await startServer({ dataFile, runtime: at(0) });
    await first.createDirectory();
    const all = await first.events();
    await first.server.close();
    const later = await startServer({ dataFile, runtime: at(4_000) });
    expect(await later.events()).toEqual(all);
    for (const keepEvents of [{ days: 0 }, { eventsMax: 0 }, { eventsMax: 1.5 }]) {
      await expect(startServer({ keepEvents })).rejects.toMatchObject({ where: "keepEvents" });
    }
  });
});

function aged() {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-retention-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const beginMs = Date.parse("2026-01-01T00:00:00Z");
  const at = (days: number) => {
    let passedMs = 0;
    return runtimeWith({ now: () => beginMs + days * dayMs + (passedMs += 1) });
  };
  return { dataFile: join(folder, "server.db"), at };
}

async function statuses(running: RunningServer, id: string): Promise<readonly string[]> {
  return (await deliveries(running, id)).map(({ status }) => status);
}
