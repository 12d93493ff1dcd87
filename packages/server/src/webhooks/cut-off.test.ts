/** Tries that say nothing about the receiver, because it was us who went away in the middle of them. */
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { ManualClock } from "../fixtures/manual-clock.ts";
import { fields, startServer } from "../fixtures/running-server.ts";
import type { RunningServer } from "../fixtures/running-server.ts";
import { startReceiver } from "../fixtures/webhook-receiver.ts";
import { asCrashed, deliveries, hire, subscribe, temporaryFile } from "../fixtures/webhook-rig.ts";
import type { DirsyncServer, ServerOptions } from "../index.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const graceMs = 5_000;

/** A server with an endpoint, closed in the end however long its requests hang. */
async function serve(clock: ManualClock, options: Partial<ServerOptions>): Promise<RunningServer> {
  const running = await startServer({ ...options, runtime: clock.runtime });
  onTestFinished(() => stop(running.server, clock));
  return running;
}

/** A server in the middle of a try, with a receiver that never answers. */
async function trying(delaysMs: readonly number[]) {
  const dataFile = temporaryFile();
  const receiver = await startReceiver(() => null);
  const clock = new ManualClock();
  const webhooks = { loopback: true, delaysMs };
  const running = await serve(clock, { dataFile, webhooks });
  const { scim } = await running.createDirectory();
  const { id } = await subscribe(running, receiver.url, ["dsync.user.created"]);
  await hire(scim, "ada");
  await receiver.hasReceived(1);
  const [tried] = await deliveries(running, id, "&status=sending");
  expect(tried).toMatchObject({ attempts: 1 });
  return { dataFile, receiver, clock, webhooks, running, id };
}

describe("a try that a crash has cut off", () => {
  test.each([
    ["is not charged", 59 * minuteMs, 1],
    ["is, an hour after the first one: the event may be what crashes us", 61 * minuteMs, 2],
  ])("%s", async (_name, laterMs, attempts) => {
    const { dataFile, receiver, clock, webhooks, id } = await trying([0, 0]);
    const after = new ManualClock(clock.nowMs + laterMs);
    const again = await serve(after, { dataFile: asCrashed(dataFile), webhooks });
    await receiver.hasReceived(2);
    expect(receiver.received[1]?.event).toEqual(receiver.received[0]?.event);
    expect(await deliveries(again, id, "&status=sending")).toMatchObject([{ attempts }]);
  });

  test("is not charged however often that happens, so that an event with one try gets it", async () => {
    const first = await trying([]);
    const { receiver, clock, webhooks, id } = first;
    let { dataFile } = first;
    for (const crash of [1, 2, 3]) {
      dataFile = asCrashed(dataFile);
      await serve(clock, { dataFile, webhooks });
      await receiver.hasReceived(crash + 1);
    }
    receiver.answerWith(() => 200);
    const last = await serve(clock, { dataFile: asCrashed(dataFile), webhooks });
    await eventually(async () => {
      expect(await deliveries(last, id)).toMatchObject([{ status: "delivered", attempts: 1 }]);
    });
  });
});

describe("a try that we cut off because we stop", () => {
  test("is none of the failures for which an endpoint is disabled", async () => {
    const { dataFile, receiver, clock, webhooks, running, id } = await trying([0]);
    await stop(running.server, clock);
    const later = new ManualClock(clock.nowMs + 6 * dayMs);
    const second = await serve(later, { dataFile, webhooks });
    await receiver.hasReceived(2);
    await stop(second.server, later);
    const third = await serve(later, { dataFile, webhooks });
    expect(fields(await third.api(`/webhook_endpoints/${id}`))).toMatchObject({ status: "enabled" });
  });

  test("(control) one that the receiver cuts off is", async () => {
    const { dataFile, receiver, clock, webhooks, running, id } = await trying([0]);
    await stop(running.server, clock);
    receiver.answerWith(() => 500);
    const later = new ManualClock(clock.nowMs + 6 * dayMs);
    const second = await serve(later, { dataFile, webhooks });
    const standing = async () => fields(await second.api(`/webhook_endpoints/${id}`));
    await eventually(async () => expect(await standing()).toMatchObject({ dead: 1 }));
    const { scim } = await second.createDirectory();
    later.advance(5 * dayMs);
    await hire(scim, "ben");
    await eventually(async () => {
      expect(await standing()).toMatchObject({ status: "disabled", disabled_reason: "failing" });
    });
  });
});

/** Closes a server whose request under way gets no answer within the time it is given. */
async function stop(server: DirsyncServer, clock: ManualClock): Promise<void> {
  const closed = server.close();
  await Promise.race([closed, clock.isAwaited(graceMs)]);
  clock.advance(graceMs);
  await closed;
}
