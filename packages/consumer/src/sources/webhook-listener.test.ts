import { request } from "node:http";
import { connect } from "node:net";
import { signedRequest, testEvent } from "@dirsync/sdk/webhooks/signing";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { listen } from "../fixtures/http-receiver.ts";
import { type LogLine, recordingLogger } from "../fixtures/virtual-clock.ts";
import { listenForWebhooks, type WebhookListener, type WebhookListenerOptions } from "./webhook-listener.ts";

const secret = "whsec_of_this_test";
const lines: LogLine[] = [];

afterEach(() => void lines.splice(0));

async function open(options: Partial<WebhookListenerOptions> = {}): Promise<WebhookListener> {
  const runtime = {
    now: () => Date.now(),
    random: Math.random,
    sleep: () => Promise.reject(new Error("nobody sleeps here")),
    log: recordingLogger(lines),
  };
  const listener = await listenForWebhooks({ port: 0, secrets: () => [secret], runtime, ...options });
  onTestFinished(() => listener.close());
  return listener;
}

async function send({ url }: WebhookListener, signedWith = secret, timestampMs = Date.now()): Promise<number> {
  const signed = await signedRequest(testEvent("dsync.user.deleted"), { secret: signedWith, timestampMs });
  const { method, headers } = signed;
  return (await fetch(url, { method, headers, body: await signed.text() })).status;
}

/** True when it has rung since the last time. */
async function hasRung(listener: WebhookListener): Promise<boolean> {
  const over = new AbortController();
  const rung = listener.rung(over.signal).then(
    () => true,
    () => false,
  );
  setImmediate(() => over.abort());
  return await rung;
}

test("what is refused is told again also once the clock was set back, and not only when time has caught up", async () => {
  let nowMs = Date.now();
  const log = recordingLogger(lines);
  const listener = await open({
    runtime: { now: () => nowMs, random: Math.random, sleep: () => Promise.resolve(), log },
  });
  for (const backMs of [0, 0, 86_400_000]) {
    nowMs -= backMs;
    await send(listener, "whsec_of_somebody");
  }
  expect(lines.map(({ fields }) => fields)).toMatchObject([{ count: 1 }, { count: 2 }]);
});

describe("a webhook", () => {
  test("of ours is answered with 204 and rings, whatever its path", async () => {
    const listener = await open();
    expect(await send(listener)).toBe(204);
    await expect(hasRung(listener)).resolves.toBe(true);
    await expect(hasRung(listener)).resolves.toBe(false);
    expect(await send({ ...listener, url: `${listener.url}/webhooks/dirsync?x=1` })).toBe(204);
    await expect(hasRung(listener)).resolves.toBe(true);
  });

  test.each<[string, string, number, string]>([
    ["signed by somebody else", "whsec_of_somebody", 0, "signature_mismatch"],
    ["of an hour ago", secret, -3_600_000, "timestamp_too_old"],
    ["of the future", secret, 3_600_000, "timestamp_in_future"],
  ])("%s is refused and does not ring", async (_name, signedWith, shiftMs, reason) => {
    const listener = await open();
    expect(await send(listener, signedWith, Date.now() + shiftMs)).toBe(400);
    await expect(hasRung(listener)).resolves.toBe(false);
    expect(lines).toMatchObject([{ level: "warn", fields: { reason, count: 1 } }]);
  });

  test("may be signed with either secret while one replaces the other, and with a new one at once", async () => {
    let secrets = ["whsec_old", secret];
    const listener = await open({ secrets: () => secrets });
    expect(await Promise.all([send(listener), send(listener, "whsec_old")])).toEqual([204, 204]);
    secrets = ["whsec_new"];
    expect(await Promise.all([send(listener), send(listener, "whsec_new")])).toEqual([400, 204]);
  });

  test("that is rightly signed and no event we could read still rings", async () => {
    const listener = await open();
    const signed = await signedRequest({ id: "ping" }, { secret });
    const answer = await fetch(listener.url, { method: "POST", headers: signed.headers, body: await signed.text() });
    expect(answer.status).toBe(204);
    await expect(hasRung(listener)).resolves.toBe(true);
  });
});

describe("what is no webhook", () => {
  test.each([
    ["a GET", { method: "GET" }, 405],
    ["a POST without a signature", { method: "POST", body: "{}" }, 400],
    ["a body beyond the limit", { method: "POST", body: "x".repeat(2_000) }, 400],
  ])("%s is refused", async (_name, init, status) => {
    const listener = await open({ bodyBytesMax: 1_000 });
    const answer = await fetch(listener.url, init);
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain(secret);
    await expect(hasRung(listener)).resolves.toBe(false);
  });

  test("a signed body beyond the limit is refused by its size, before it has all come", async () => {
    const listener = await open({ bodyBytesMax: 1_000 });
    const event = { ...testEvent("dsync.user.deleted"), context: "x".repeat(100_000) };
    const signed = await signedRequest(event, { secret });
    const body = await signed.text();
    expect((await fetch(listener.url, { method: "POST", headers: signed.headers, body })).status).toBe(413);
  });

  test("headers without end are refused", async () => {
    const listener = await open();
    const status = await new Promise<number | string>((resolve) => {
      const headers = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x-${index}`, "x".repeat(1_000)]));
      const sent = request(listener.url, { method: "POST", headers }, ({ statusCode }) => resolve(statusCode ?? 0));
      sent.on("error", ({ message }) => resolve(message));
      sent.end();
    });
    expect(status).not.toBe(204);
    await expect(hasRung(listener)).resolves.toBe(false);
    expect(await send(listener)).toBe(204);
  });

  test("bytes that are no request hurt nobody", async () => {
    const listener = await open();
    const socket = connect(Number(new URL(listener.url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    await new Promise<void>((resolve) => {
      socket.on("close", () => resolve());
      socket.write("\u0000\u0001 not http\r\n\r\n");
    });
    expect(await send(listener)).toBe(204);
  });

  test("is told of once, however much of it comes, and without a word of what it held", async () => {
    const listener = await open();
    for (let round = 0; round < 20; round += 1) await send(listener, "whsec_of_somebody");
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toMatch(/whsec|directory_user|@/);
  });
});

test("an address that is taken, and no secret, are told", async () => {
  const { port } = await listen((_request, response) => void response.end());
  await expect(open({ port })).rejects.toMatchObject({ name: "ConfigError", where: `127.0.0.1:${port}` });
  await expect(open({ secrets: () => [] })).rejects.toMatchObject({ name: "ConfigError", where: "secrets" });
});

test("closing answers what is under way, refuses what comes, and waits for nobody who holds a connection open", async () => {
  const listener = await open();
  const idle = connect(Number(new URL(listener.url).port), "127.0.0.1");
  await new Promise<void>((resolve) => idle.once("connect", () => resolve()));
  idle.on("error", () => undefined);
  await listener.close();
  await listener.close();
  await expect(send(listener)).rejects.toThrow("fetch failed");
  idle.destroy();
});
