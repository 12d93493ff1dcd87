/** Many endpoints, of which most want nothing of what happens: who looks, whose cursor moves, and that nobody misses anything. */
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { addOrganization } from "../fixtures/rows.ts";
import { fields, startServer } from "../fixtures/running-server.ts";
import { startReceiver } from "../fixtures/webhook-receiver.ts";
import { asCrashed, deliveries, hire, idsOf, subscribe, temporaryFile } from "../fixtures/webhook-rig.ts";
import { openSqlite } from "../store/sqlite.ts";
import { createStore } from "../store/store.ts";
import { tellOfGrowth, type Listening } from "./growth.ts";

const never = ["dsync.deleted"];

describe("of deliveries", () => {
  test("those that rest and want nothing of it are passed over, and all others are woken", async () => {
    const { store, grow, listen, cursorOf } = stored();
    const [idle, keen, busy] = [await listen(never), await listen(["dsync.user.created"]), await listen(never, null)];
    const late = await listen(["dsync.group.created"], 1);
    await grow("dsync.group.created", "dsync.user.created");
    const all = [idle, keen, busy, late];
    await tellOfGrowth(store, all);
    expect(all.map(({ told }) => told)).toEqual([["passed 2"], ["woken"], ["woken"], ["passed 2"]]);
    expect(await Promise.all(all.map(cursorOf))).toEqual([2, 0, 0, 2]);
  });

  test.each<readonly [string, object]>([
    ["wants other events since, which it does not know yet", { events: '["dsync.user.created"]' }],
    ["was disabled meanwhile", { status: "disabled" }],
  ])("one whose endpoint %s is not passed over", async (_name, change) => {
    const { store, grow, listen, cursorOf } = stored();
    const listening = await listen(never);
    await store.write((data) => data.webhookEndpoints.update(listening.endpointSeq, change));
    await grow("dsync.user.created");
    await tellOfGrowth(store, [listening]);
    expect([listening.told, await cursorOf(listening)]).toEqual([["woken"], 0]);
  });

  test("each reads for itself what is more than one look takes, or what cannot be stored", async () => {
    const { store, grow, listen, cursorOf } = stored();
    const [one, other] = [await listen(never), await listen(never)];
    await grow(...Array.from({ length: 1_000 }, () => "dsync.user.created"));
    await tellOfGrowth(store, [one]);
    expect([one.told, await cursorOf(one)]).toEqual([["woken"], 0]);
    await store.close();
    await tellOfGrowth(store, [other]);
    expect(other.told).toEqual(["woken"]);
  });
});

describe("a server with many endpoints", () => {
  const kinds = [["dsync.user.created"], ["dsync.group.created"], never] as const;

  test("tells each of all that it wants and of nothing else, over crashes", async () => {
    const dataFile = temporaryFile();
    const webhooks = { loopback: true, delaysMs: Array<number>(8).fill(0) };
    let running = await startServer({ dataFile, webhooks });
    const told = await Promise.all(
      Array.from({ length: 12 }, async (_none, index) => {
        const names = kinds[index % kinds.length] ?? never;
        const receiver = await startReceiver(() => (receiver.received.length % 5 === 4 ? 500 : 200));
        return { names, receiver, id: (await subscribe(running, receiver.url, names)).id };
      }),
    );
    let file = dataFile;
    for (let life = 0; life < 4; life += 1) {
      const { scim } = await running.createDirectory();
      for (let count = 0; count < 6; count += 1) {
        await Promise.all([
          hire(scim, `user-${String(count)}`),
          hire(scim, `other-${String(count)}`),
          scim("/Groups", { method: "POST", body: { displayName: `group-${String(count)}` } }),
        ]);
      }
      file = asCrashed(file);
      await running.server.close();
      running = await startServer({ dataFile: file, webhooks });
    }
    const log = await running.events();
    for (const { names, receiver, id } of told) {
      const wanted = idsNamed(log, names);
      await eventually(() => expect(new Set(idsOf(receiver))).toEqual(new Set(wanted)));
      await eventually(async () => {
        expect(fields(await running.api(`/webhook_endpoints/${id}`))).toMatchObject({ events_behind: 0, waiting: 0 });
      });
      expect((await deliveries(running, id)).map(({ event_id: event }) => event)).toEqual(wanted);
    }
  });

  test("tells an endpoint of everything from the moment on that it has named it", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const receiver = await startReceiver();
    const { id } = await subscribe(running, receiver.url, never);
    for (let index = 0; index < 10; index += 1) await subscribe(running, `${receiver.url}?${String(index)}`, never);
    const change = (events: readonly string[]) =>
      running.api(`/webhook_endpoints/${id}`, { method: "PATCH", body: { events } });
    for (let round = 0; round < 20; round += 1) {
      const others = Array.from({ length: 4 }, (_none, index) => hire(scim, `other-${String(round)}-${String(index)}`));
      await change(["dsync.user.created"]);
      const name = `wanted-${String(round)}`;
      await hire(scim, name);
      await eventually(() => expect(receiver.received.some(({ payload }) => payload.includes(name))).toBe(true));
      await change(never);
      await Promise.all(others);
    }
  });
});

/** A store with endpoints, and what stands for the delivery to each. */
function stored() {
  const store = createStore(openSqlite(":memory:"));
  onTestFinished(() => store.close());
  let count = 0;
  return {
    store,
    grow: async (...names: readonly string[]) => {
      await store.write(async (data) => {
        const { seq } = await addOrganization(data, "org_1");
        const events = names.map((name, index) => ({
          id: `event_${String(index)}`,
          name,
          organization_seq: seq,
          body: "{}",
        }));
        await data.log.append(events);
      });
    },
    listen: async (names: readonly string[], restsAt: number | null = 0) => {
      const url = `https://x.test/${String((count += 1))}`;
      const events = JSON.stringify(names);
      const row = await store.write((data) =>
        data.webhookEndpoints.insert({ ...blank, id: url, url, url_key: url, events }),
      );
      const told: string[] = [];
      const listening: Listening = {
        endpointSeq: row.seq,
        eventsText: events,
        restsAt,
        wants: (event) => names.includes(event),
        notify: () => void told.push("woken"),
        passOver: (seq) => void told.push(`passed ${String(seq)}`),
      };
      return { ...listening, told };
    },
    cursorOf: async ({ endpointSeq }: Listening) =>
      (await store.read((data) => data.webhookEndpoints.findBySeq(endpointSeq)))?.low_seq,
  };
}

const blank = {
  status: "enabled",
  disabled_reason: null,
  secret: "",
  previous_secret: null,
  previous_secret_until_ms: null,
  low_seq: 0,
  epoch: 0,
  failing_since_ms: null,
  created_at: "",
  updated_at: "",
} as const;

function idsNamed(log: readonly DirectoryEvent[], names: readonly string[]): string[] {
  return log.filter(({ event }) => names.includes(event)).map(({ id }) => id);
}
