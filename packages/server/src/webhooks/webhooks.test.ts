/** Webhooks out: what an endpoint is told, when, and how often. Real requests, a clock of the test's. */
import { verify } from "@dirsync/sdk/webhooks";
import { describe, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { ManualClock } from "../fixtures/manual-clock.ts";
import { fields, startServer } from "../fixtures/running-server.ts";
import { startReceiver } from "../fixtures/webhook-receiver.ts";
import { deliveries, hire, idsOf, settled, subscribe, temporaryFile } from "../fixtures/webhook-rig.ts";
import { delaysMsDefault } from "./schedule.ts";

const dayMs = 24 * 60 * 60 * 1_000;
/** How often the consumer's dispatch looks by itself whether there is something to do. */
const lookMs = 1_000;

describe("an endpoint", () => {
  test("is told of every event after its creation, as the log has it, signed in both schemes", async () => {
    const running = await startServer();
    const receiver = await startReceiver();
    const { scim } = await running.createDirectory();
    await hire(scim, "before");
    const { secret } = await subscribe(running, receiver.url);
    await hire(scim, "ada");
    await hire(scim, "ben");
    await receiver.hasReceived(2);
    const log = await running.events();
    const received = [...receiver.received].sort((a, b) => (a.event.id < b.event.id ? -1 : 1));
    expect(received.map(({ event }) => event)).toEqual(log.slice(-2));
    for (const { headers, payload, event } of received) {
      expect(headers["webhook-id"]).toBe(event.id);
      expect(verify({ headers, payload, secret })).toEqual(event);
      for (const scheme of ["workos", "standard"] as const) {
        expect(verify({ headers, payload, secret, scheme })).toEqual(event);
      }
      // What Python, PHP and .NET read by position (contract of the signature).
      expect(headers["workos-signature"]).toMatch(/^t=\d{13}, v1=[0-9a-f]{64}$/u);
      expect(() => verify({ headers, payload, secret: "whsec_c29tZWJvZHkgZWxzZQ==" })).toThrow("No signature");
    }
  });

  test("of many is told of every change, also of those that come one close after the other", async () => {
    const running = await startServer();
    const receivers = await Promise.all(Array.from({ length: 12 }, () => startReceiver()));
    for (const { url } of receivers) await subscribe(running, url, ["dsync.user.created"]);
    const { scim } = await running.createDirectory();
    const names = Array.from({ length: 6 }, (_none, index) => `u${String(index)}`);
    for (const name of names) await hire(scim, name);
    const emails = names.map((name) => `${name}@example.com`);
    for (const receiver of receivers) {
      await receiver.hasReceived(names.length);
      const told = receiver.received.map(({ event }) => (event.data as { email: string }).email);
      expect([...told].sort()).toEqual(emails);
    }
  });

  test("is told of the events it names, and of others once they are named", async () => {
    const running = await startServer();
    const receiver = await startReceiver();
    const { id } = await subscribe(running, receiver.url, ["dsync.group.created", "user.created", "group.created"]);
    const { scim } = await running.createDirectory();
    await hire(scim, "ada");
    await scim("/Groups", { method: "POST", body: { displayName: "Engineering" } });
    await receiver.hasReceived(1);
    expect(receiver.received.map(({ event }) => event.event)).toEqual(["dsync.group.created"]);
    await running.api(`/webhook_endpoints/${id}`, { method: "PATCH", body: { events: ["dsync.user.created"] } });
    await hire(scim, "ben");
    await receiver.hasReceived(2);
    expect(receiver.received.map(({ event }) => event.event)).toEqual(["dsync.group.created", "dsync.user.created"]);
  });

  test("is not told any more once it is disabled, goes on there when it is enabled, and never once it is deleted", async () => {
    const running = await startServer();
    const receiver = await startReceiver();
    const { scim } = await running.createDirectory();
    const { id } = await subscribe(running, receiver.url);
    const change = (status: string) => running.api(`/webhook_endpoints/${id}`, { method: "PATCH", body: { status } });
    await change("disabled");
    await hire(scim, "ada");
    await hire(scim, "ben");
    await change("enabled");
    await receiver.hasReceived(2);
    const log = await running.events();
    expect(inOrder(...idsOf(receiver))).toEqual(log.slice(-2).map((event) => event.id));
    expect((await running.api(`/webhook_endpoints/${id}`, { method: "DELETE" })).status).toBe(204);
    const other = await startReceiver();
    await subscribe(running, other.url);
    await hire(scim, "cyd");
    await other.hasReceived(1);
    expect(receiver.received).toHaveLength(2);
    expect((await running.api(`/webhook_endpoints/${id}/deliveries`)).status).toBe(404);
  });

  test("that never answers delays no other", async () => {
    const running = await startServer();
    const [dead, good] = [await startReceiver(() => null), await startReceiver()];
    const { scim } = await running.createDirectory();
    await subscribe(running, dead.url);
    await subscribe(running, good.url);
    for (let number = 0; number < 30; number += 1) await hire(scim, `person-${String(number)}`);
    // The dead one has all its eight requests hanging all this time.
    await good.hasReceived(30);
    expect(dead.received).toHaveLength(8);
    expect(new Set(idsOf(good)).size).toBe(30);
  });
});

describe("an event that is not taken", () => {
  test("comes again after each wait, with one id, a new time and a new signature; then it is dead", async () => {
    const clock = new ManualClock();
    const running = await startServer({ runtime: clock.runtime });
    const receiver = await startReceiver(() => 500);
    const { scim } = await running.createDirectory();
    const { id, secret } = await subscribe(running, receiver.url);
    await hire(scim, "ada");
    await receiver.hasReceived(1);
    for (const [index, delayMs] of delaysMsDefault.entries()) {
      const [waiting] = await settled(running, id, "waiting");
      expect(waiting?.attempts).toBe(index + 1);
      expect(Date.parse(waiting?.next_attempt_at ?? "") - clock.nowMs).toBe(delayMs);
      // Not before its time: it has looked, and waits for the rest of it.
      clock.advance(delayMs - 1);
      await clock.isAwaited(1);
      expect(receiver.received).toHaveLength(index + 1);
      clock.advance(1);
      await receiver.hasReceived(index + 2);
      const last = receiver.received.at(-1);
      expect(
        verify({ ...last, headers: last?.headers ?? {}, payload: last?.payload ?? "", secret, nowMs: clock.nowMs }).id,
      ).toBe(waiting?.event_id);
    }
    const [dead] = await settled(running, id, "dead");
    expect(dead).toMatchObject({ attempts: 10, next_attempt_at: null, last_error: { code: "http_status" } });
    expect(dead?.last_error?.message).toContain("500");
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers["workos-signature"])).size).toBe(10);
    clock.advance(dayMs);
    await clock.isAwaited(lookMs);
    expect(receiver.received).toHaveLength(10);
  });

  test.each([301, 400, 404, 413, 422, 429, 503])("with %i is waited with, not given up", async (status) => {
    const running = await startServer({ webhooks: { delaysMs: [0] } });
    const receiver = await startReceiver(() => (receiver.received.length === 0 ? status : 200));
    const { scim } = await running.createDirectory();
    const { id } = await subscribe(running, receiver.url);
    await hire(scim, "ada");
    await receiver.hasReceived(2);
    expect(await settled(running, id, "delivered")).toMatchObject([{ attempts: 2, last_error: null }]);
  });

  test("keeps its place in the schedule over a restart of the server", async () => {
    const dataFile = temporaryFile();
    const receiver = await startReceiver(() => 500);
    const before = new ManualClock();
    const options = { dataFile, webhooks: { loopback: true } };
    const first = await startServer({ ...options, runtime: before.runtime });
    const { scim } = await first.createDirectory();
    const { id } = await subscribe(first, receiver.url, ["dsync.user.created"]);
    await hire(scim, "ada");
    await receiver.hasReceived(1);
    await settled(first, id, "waiting");
    before.advance(5_000);
    await receiver.hasReceived(2);
    const [waiting] = await settled(first, id, "waiting");
    await first.server.close();
    // From now on only that one is refused.
    receiver.answerWith(({ event }) => (event.id === waiting?.event_id ? 500 : 200));

    const after = new ManualClock(before.nowMs + 60_000);
    const second = await startServer({ ...options, runtime: after.runtime });
    expect(await deliveries(second, id)).toEqual([waiting]);
    const other = await startReceiver();
    await subscribe(second, other.url);
    const { scim: scimAgain } = await second.createDirectory();
    await hire(scimAgain, "ben");
    await other.hasReceived(1);
    // Ben is new; ada waits.
    await eventually(async () => {
      expect((await deliveries(second, id)).map(({ status }) => status)).toEqual(["waiting", "delivered"]);
    });
    expect(idsOf(receiver).slice(0, 2)).toEqual([waiting?.event_id, waiting?.event_id]);
    expect(idsOf(receiver)[2]).not.toBe(waiting?.event_id);
    after.advance(4 * 60_000 - 1);
    await after.isAwaited(1);
    expect(receiver.received).toHaveLength(3);
    receiver.answerWith(() => 200);
    after.advance(1);
    await receiver.hasReceived(4);
    expect(idsOf(receiver)[3]).toBe(waiting?.event_id);
  });

  test("is delivered again when it is asked for, and so is one that was taken", async () => {
    const running = await startServer({ webhooks: { delaysMs: [] } });
    const receiver = await startReceiver(() => 500);
    const { scim } = await running.createDirectory();
    await hire(scim, "before");
    const { id } = await subscribe(running, receiver.url);
    const redeliver = async (body: object) => {
      const answer = await running.api(`/webhook_endpoints/${id}/redeliver`, { method: "POST", body });
      expect(answer.status).toBe(202);
      return fields(answer)["count"];
    };
    await hire(scim, "ada");
    await hire(scim, "ben");
    await settled(running, id, "dead");
    expect(await redeliver({ status: "delivered" })).toBe(0);
    receiver.answerWith(() => 200);
    expect(await redeliver({ status: "dead" })).toBe(2);
    const taken = await settled(running, id, "delivered");
    expect(taken).toMatchObject([{ is_redelivery: true }, { is_redelivery: true }]);
    expect(receiver.received).toHaveLength(4);
    const [, early] = await running.events();
    expect(await redeliver({ event_ids: [taken[0]?.event_id, early?.id] })).toBe(2);
    await receiver.hasReceived(6);
    expect(inOrder(...idsOf(receiver).slice(4))).toEqual(inOrder(early?.id, taken[0]?.event_id));
    expect(receiver.received.slice(4).map(({ headers }) => headers["dirsync-replay"])).toEqual(["1", "1"]);
    expect(await deliveries(running, id)).toHaveLength(3);
    await settled(running, id, "delivered");
  });
});

/** Ids sort as their events were made. */
function inOrder(...ids: readonly (string | undefined)[]): readonly (string | undefined)[] {
  return [...ids].sort((one = "", other = "") => (one < other ? -1 : 1));
}
