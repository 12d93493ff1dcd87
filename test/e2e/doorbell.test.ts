/** `--doorbell`: webhooks wake a running tail up, and what happened is read from the log. */
import { subscribableEventNames } from "@dirsync/sdk";
import { signedRequest } from "@dirsync/sdk/webhooks/signing";
import { describe, expect } from "vitest";
import type { CliProcess } from "../support/cli-process.ts";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

const secret = "whsec_canary_of_the_doorbell";
const hourly = ["tail", "--stdout", "--poll", "1h", "--doorbell", ":0"];

describe.concurrent("a webhook", () => {
  test("has an event delivered although the next look is an hour away", async ({ rig }) => {
    const tail = rig.start(hourly, { DIRSYNC_WEBHOOK_SECRET: secret });
    const url = await urlOf(tail);
    expect(new URL(url).hostname).toBe("127.0.0.1");
    await delivered(rig, 6);
    await rig.company.hire(1);
    expect(await ring(rig, url, secret)).toBe(204);
    await delivered(rig, 7);
    expect(rig.delivered()).toEqual(await rig.logged());
    await end(tail);
    expect(tail.stderr).not.toContain(secret);
  });

  test("that is forged is refused and causes no look (control: the next rightful one does)", async ({ rig }) => {
    const tail = rig.start(hourly, { DIRSYNC_WEBHOOK_SECRET: secret });
    const url = await urlOf(tail);
    await delivered(rig, 6);
    await rig.company.hire(1);
    const looks = rig.proxy.arrivals.length;
    for (let round = 0; round < 5; round += 1) expect(await ring(rig, url, "whsec_of_somebody")).toBe(400);
    expect(rig.proxy.arrivals.length).toBe(looks);
    expect(rig.delivered()).toHaveLength(6);
    expect(await ring(rig, url, secret)).toBe(204);
    await delivered(rig, 7);
    await end(tail);
  });

  test("in a storm causes few looks, and every event comes once, in order", async ({ rig }) => {
    const tail = rig.start(hourly, { DIRSYNC_WEBHOOK_SECRET: secret });
    const url = await urlOf(tail);
    await delivered(rig, 6);
    const looks = rig.proxy.arrivals.length;
    await rig.company.hire(10);
    const answers = await Promise.all(Array.from({ length: 200 }, () => ring(rig, url, secret)));
    expect(new Set(answers)).toEqual(new Set([204]));
    await delivered(rig, 16);
    expect(rig.delivered()).toEqual(await rig.logged());
    expect(rig.proxy.arrivals.length - looks).toBeLessThan(100);
    await end(tail);
  });

  test("is held against the secrets of a file, both of them, and against those that are written to it later", async ({
    rig,
  }) => {
    const file = rig.write("secrets", `whsec_canary_old\n${secret}\n`, 0o600);
    const tail = rig.start([...hourly, "--webhook-secret-file", file]);
    const url = await urlOf(tail);
    await delivered(rig, 6);
    expect([await ring(rig, url, "whsec_canary_old"), await ring(rig, url, secret)]).toEqual([204, 204]);
    rig.write("secrets", "whsec_canary_new\n", 0o600);
    await until(async () => (await ring(rig, url, "whsec_canary_new")) === 204, { what: "the new secret to count" });
    expect(await ring(rig, url, secret)).toBe(400);
    await end(tail);
    expect(tail.stderr).not.toMatch(/whsec_canary/);
  });
});

describe.concurrent("webhooks that our own server sends", () => {
  test("ring: an event is delivered at once although the next look is an hour away, through a rotation, too", async ({
    rig,
  }) => {
    const file = rig.write("secrets", "whsec_canary_before_there_is_an_endpoint\n", 0o600);
    const tail = rig.start([...hourly, "--webhook-secret-file", file]);
    const url = await urlOf(tail);
    await delivered(rig, 6);
    const { webhookEndpoints } = rig.company.client;
    const endpoint = await webhookEndpoints.create({ endpoint_url: url, events: subscribableEventNames });
    // It counts from the first request on: the tail reads the file with each.
    rig.write("secrets", `${endpoint.secret}\n`, 0o600);
    await rig.company.hire(1);
    await delivered(rig, 7);
    // The tail still has the old one.
    const next = await webhookEndpoints.rotateSecret(endpoint.id);
    await rig.company.hire(1);
    await delivered(rig, 8);
    rig.write("secrets", `${next.secret}\n`, 0o600);
    await rig.company.hire(1);
    await delivered(rig, 9);
    expect(rig.delivered()).toEqual(await rig.logged());
    const statuses: string[] = [];
    await until(
      async () => {
        statuses.length = 0;
        for await (const { status } of webhookEndpoints.deliveries(endpoint.id)) statuses.push(status);
        return statuses.length === 3 && statuses.every((status) => status === "delivered");
      },
      { what: "three deliveries on record" },
    );
    await end(tail);
    for (const secretOnce of [endpoint.secret, next.secret]) expect(tail.stderr).not.toContain(secretOnce);
  });
});

describe.concurrent("a doorbell", () => {
  test("without a secret is refused before anything is asked", async ({ rig }) => {
    const exit = await rig.run(hourly);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/--doorbell.*DIRSYNC_WEBHOOK_SECRET/);
    expect(rig.proxy.arrivals).toHaveLength(0);
  });

  test("may stand in the config file, with the file of its secret", async ({ rig }) => {
    rig.write("secret", secret, 0o600);
    const sinks = { all: { stdout: true } };
    const config = { poll: "1h", doorbell: "127.0.0.1:0", webhookSecretFile: "./secret", sinks };
    rig.write("dirsync.config.json", JSON.stringify(config));
    const tail = rig.start(["tail"]);
    const url = await urlOf(tail);
    await delivered(rig, 6);
    await rig.company.hire(1);
    expect(await ring(rig, url, secret)).toBe(204);
    await delivered(rig, 7);
    await end(tail);
  });

  test("is gone while a drain waits for what is in flight", async ({ rig }) => {
    const hook = rig.write("hook.sh", `#!/bin/sh\ntouch begun\nuntil [ -e go ]; do sleep 0.05; done\n`, 0o755);
    const flags = ["tail", "--exec", hook, "--doorbell", ":0", "--poll", "1h"];
    const tail = rig.start(flags, { DIRSYNC_WEBHOOK_SECRET: secret });
    const url = await urlOf(tail);
    await until(() => rig.modes().some(([name]) => name === "begun"), {
      what: "the hook to begin",
    });
    tail.signal("SIGTERM");
    await until(
      () =>
        ring(rig, url, secret).then(
          () => false,
          () => true,
        ),
      { what: "the listener to be gone" },
    );
    expect(tail.hasEnded).toBe(false);
    rig.write("go", "");
    expect((await tail.exit).code).toBe(0);
  });

  test("is not opened for a run that ends by itself", async ({ rig }) => {
    const exit = await rig.run([...hourly, "--once"], { DIRSYNC_WEBHOOK_SECRET: secret });
    expect(exit.code).toBe(0);
    expect(exit.stderr).toContain("no doorbell for a run that ends at the end of the log");
    expect(exit.stderr).not.toContain("taking webhooks");
  });
});

/** Sends a webhook about the newest event and gives the status of the answer. */
async function ring(rig: Rig, url: string, signedWith: string): Promise<number> {
  const event = (await rig.company.log()).at(-1);
  if (event === undefined) throw new Error("The log is empty.");
  const request = await signedRequest(event, { secret: signedWith });
  const { method, headers } = request;
  return (await fetch(url, { method, headers, body: await request.text() })).status;
}

async function delivered(rig: Rig, count: number): Promise<void> {
  await until(() => rig.delivered().length >= count, { what: `${count} events` });
}

async function urlOf(tail: CliProcess): Promise<string> {
  const said = await tail.output("stderr", /"url":"[^"]+","msg":"taking webhooks/);
  return /"url":"(http:[^"]+)","msg":"taking webhooks/.exec(said)?.[1] ?? "";
}

async function end(tail: CliProcess): Promise<void> {
  tail.signal("SIGTERM");
  expect((await tail.exit).code).toBe(0);
}
