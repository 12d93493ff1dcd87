/** What becomes of an endpoint: its receiver goes, its secret is replaced, its key is lost. */
import { readFileSync } from "node:fs";
import type { WebhookEndpoint } from "@dirsync/sdk";
import { verify } from "@dirsync/sdk/webhooks";
import { describe, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { ManualClock } from "../fixtures/manual-clock.ts";
import { fields, startServer } from "../fixtures/running-server.ts";
import { startReceiver } from "../fixtures/webhook-receiver.ts";
import { deliveries, hire, idsOf, settled, subscribe, temporaryFile } from "../fixtures/webhook-rig.ts";

const dayMs = 24 * 60 * 60 * 1_000;

describe("a receiver that is gone", () => {
  test("and says so (410) has its endpoint disabled; its events wait, and come when it is enabled", async () => {
    const running = await startServer();
    const receiver = await startReceiver(() => 410);
    const { scim } = await running.createDirectory();
    const { id } = await subscribe(running, receiver.url);
    await hire(scim, "ada");
    await eventually(async () => {
      const { body } = await running.api(`/webhook_endpoints/${id}`);
      expect(body).toMatchObject({ status: "disabled", disabled_reason: "gone" });
    });
    await hire(scim, "ben");
    expect(receiver.received).toHaveLength(1);
    receiver.answerWith(() => 204);
    await running.api(`/webhook_endpoints/${id}`, { method: "PATCH", body: { status: "enabled" } });
    await receiver.hasReceived(3);
    expect(new Set(idsOf(receiver)).size).toBe(2);
  });

  test("and refuses everything for five days has its endpoint disabled; one success in between begins anew", async () => {
    const clock = new ManualClock();
    const running = await startServer({ runtime: clock.runtime, webhooks: { delaysMs: [] } });
    const receiver = await startReceiver(() => 500);
    const { scim } = await running.createDirectory();
    const { id } = await subscribe(running, receiver.url);
    const statusAfter = async (name: string): Promise<unknown> => {
      const count = receiver.received.length;
      await hire(scim, name);
      await receiver.hasReceived(count + 1);
      const standing = async () => fields(await running.api(`/webhook_endpoints/${id}`));
      await eventually(async () => expect(await standing()).toMatchObject({ waiting: 0 }));
      return (await standing())["status"];
    };
    expect(await statusAfter("first")).toBe("enabled");
    clock.advance(4 * dayMs);
    receiver.answerWith(() => 200);
    expect(await statusAfter("second")).toBe("enabled");
    receiver.answerWith(() => 500);
    clock.advance(2 * dayMs);
    expect(await statusAfter("third")).toBe("enabled");
    clock.advance(5 * dayMs - 1);
    expect(await statusAfter("fourth")).toBe("enabled");
    clock.advance(1);
    expect(await statusAfter("fifth")).toBe("disabled");
    expect(fields(await running.api(`/webhook_endpoints/${id}`))["disabled_reason"]).toBe("failing");
  });
});

describe("while a secret is replaced", () => {
  async function rotated(overlapSeconds?: number) {
    const clock = new ManualClock();
    const running = await startServer({ runtime: clock.runtime });
    const receiver = await startReceiver();
    const { scim } = await running.createDirectory();
    const { id, secret: old } = await subscribe(running, receiver.url);
    const body = overlapSeconds === undefined ? {} : { overlap_seconds: overlapSeconds };
    const answer = await running.api(`/webhook_endpoints/${id}/rotate_secret`, { method: "POST", body });
    const { secret: next } = answer.body as WebhookEndpoint;
    expect(next).not.toBe(old);
    /** Answers as a receiver that knows these secrets. */
    const knows = (...secrets: readonly string[]) =>
      receiver.answerWith(({ headers, payload }) => {
        try {
          verify({ headers, payload, secret: secrets, nowMs: clock.nowMs });
          return 204;
        } catch {
          return 400;
        }
      });
    return { clock, running, receiver, scim, id, old, next, knows };
  }

  test.each([
    ["the old one", ["old"]],
    ["the new one", ["next"]],
    ["both", ["next", "old"]],
  ] as const)("a receiver that knows %s takes everything, without a wait", async (_name, known) => {
    const rig = await rotated();
    rig.knows(...known.map((name) => rig[name]));
    for (const name of ["ada", "ben", "cyd"]) await hire(rig.scim, name);
    const all = await settled(rig.running, rig.id, "delivered");
    expect(all.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
    for (const { headers, payload } of rig.receiver.received) {
      for (const secret of [rig.old, rig.next]) {
        expect(verify({ headers, payload, secret, scheme: "standard", nowMs: rig.clock.nowMs })).toBeDefined();
      }
    }
  });

  test("the old one is good for a day by default, and then no more", async () => {
    const rig = await rotated();
    rig.clock.advance(dayMs - 1);
    rig.knows(rig.old);
    await hire(rig.scim, "ada");
    await settled(rig.running, rig.id, "delivered");
    rig.clock.advance(1);
    await hire(rig.scim, "ben");
    const statuses = async () => (await deliveries(rig.running, rig.id)).map(({ status }) => status);
    // On record, and not only answered: from then on it waits for its time.
    await eventually(async () => expect(await statuses()).toEqual(["delivered", "waiting"]));
    expect(rig.receiver.received.at(-1)?.status).toBe(400);
    expect(rig.receiver.received.at(-1)?.headers["webhook-signature"]).toMatch(/^v1,\S+$/u);
    rig.knows(rig.next);
    await hire(rig.scim, "cyd");
    rig.clock.advance(5_000);
    await settled(rig.running, rig.id, "delivered");
  });

  test("the old one is good for as long also where the clock was ahead before, and ids still are", async () => {
    const clock = new ManualClock();
    clock.advance(365 * dayMs);
    const running = await startServer({ runtime: clock.runtime });
    const { id } = await subscribe(running, "https://receiver.example/");
    clock.advance(-365 * dayMs);
    const answer = await running.api(`/webhook_endpoints/${id}/rotate_secret`, { method: "POST", body: {} });
    expect(fields(answer)).toMatchObject({ previous_secret_expires_at: new Date(clock.nowMs + dayMs).toISOString() });
  });

  test("without an overlap the old one is good for nothing", async () => {
    const rig = await rotated(0);
    rig.knows(rig.old);
    await hire(rig.scim, "ada");
    await settled(rig.running, rig.id, "waiting");
    expect(rig.receiver.received.map(({ status }) => status)).toEqual([400]);
  });
});

describe("the secret", () => {
  test("is shown when it is made and masked after that, and stands nowhere in the files", async () => {
    const dataFile = temporaryFile();
    const running = await startServer({ dataFile, webhooks: { loopback: true } });
    const receiver = await startReceiver();
    const { id, secret } = await subscribe(running, receiver.url);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/u);
    const list = await running.api("/webhook_endpoints");
    const changed = await running.api(`/webhook_endpoints/${id}`, { method: "PATCH", body: { status: "enabled" } });
    for (const { text } of [list, changed, await running.api(`/webhook_endpoints/${id}`)]) {
      expect(text).not.toContain(secret);
      expect(text).toContain(`"whsec_********${secret.slice(-4)}"`);
    }
    for (const file of [dataFile, `${dataFile}-wal`]) {
      const bytes = readFileSync(file, "latin1");
      for (const form of [secret, secret.slice(6), Buffer.from(secret).toString("base64")]) {
        expect(bytes).not.toContain(form);
      }
    }
  });

  test("cannot be read with another key: events wait until there is a new one", async () => {
    const dataFile = temporaryFile();
    const receiver = await startReceiver();
    const options = { dataFile, webhooks: { loopback: true } };
    const first = await startServer({ ...options, encryptionKey: "a key of more than sixteen characters" });
    const { id } = await subscribe(first, receiver.url);
    await first.server.close();
    const errors: string[] = [];
    const clock = new ManualClock(undefined, {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (line, message) => void errors.push(JSON.stringify(line) + message),
    });
    const second = await startServer({
      ...options,
      encryptionKey: "another key of many characters",
      runtime: clock.runtime,
    });
    expect(errors.join("\n")).toContain(id);
    const { scim } = await second.createDirectory();
    await hire(scim, "ada");
    expect(receiver.received).toHaveLength(0);
    await second.api(`/webhook_endpoints/${id}/rotate_secret`, { method: "POST", body: {} });
    await receiver.hasReceived(1);
  });
});
