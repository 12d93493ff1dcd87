/** Where webhooks never go (reliability S5): whoever may make an endpoint must not reach what only this machine reaches. */
import type { WebhookEndpoint } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { ManualClock } from "../fixtures/manual-clock.ts";
import { fields, startServer } from "../fixtures/running-server.ts";
import { startReceiver } from "../fixtures/webhook-receiver.ts";
import { deliveries, hire, settled, subscribe } from "../fixtures/webhook-rig.ts";

/** Addresses in every spelling that a URL takes, with those of cloud metadata services. PORT is the canary's. */
const literals = [
  "http://127.0.0.1:PORT/",
  "https://127.0.0.1:PORT/",
  "https://127.0.0.1:PORT/?a=@example.com",
  "https://127.1:PORT/",
  "https://127.127.127.127:PORT/",
  "https://0.0.0.0:PORT/",
  "https://0:PORT/",
  "https://0x7f.1:PORT/",
  "https://0x7f000001:PORT/",
  "https://0177.0.0.1:PORT/",
  "https://017700000001:PORT/",
  "https://2130706433:PORT/",
  "https://①②⑦.⓪.⓪.①:PORT/",
  "https://127。0。0。1:PORT/",
  "https://127.0.0.1.:PORT/",
  "https://[::1]:PORT/",
  "https://[::]:PORT/",
  "https://[0:0:0:0:0:0:0:1]:PORT/",
  "https://[::ffff:127.0.0.1]:PORT/",
  "https://[::ffff:7f00:1]:PORT/",
  "https://[::127.0.0.1]:PORT/",
  "https://[64:ff9b::127.0.0.1]:PORT/",
  "https://[64:ff9b::a9fe:a9fe]/latest/meta-data",
  "https://[64:ff9b:1::1]/",
  "https://[2002:7f00:1::]:PORT/",
  "https://[2001:0:1::1]/",
  "https://[fe80::1]/",
  "https://[fec0::1]/",
  "https://[fc00::1]/",
  "https://[fd00:ec2::254]/latest/meta-data",
  "https://[ff02::1]/",
  "https://[2001:db8::1]/",
  "https://[100::1]/",
  "https://169.254.169.254/latest/meta-data",
  "https://[::ffff:169.254.169.254]/latest/meta-data",
  "https://0xa9fea9fe/",
  "https://2852039166/",
  "https://169.254.170.2/v2/credentials",
  "https://100.64.0.1/",
  "https://100.100.100.200/latest/meta-data",
  "https://10.0.0.1/",
  "https://10.255.255.255/",
  "https://172.16.0.1/",
  "https://172.31.255.255/",
  "https://192.168.0.1/",
  "https://192.0.0.1/",
  "https://192.0.2.1/",
  "https://192.88.99.1/",
  "https://198.18.0.1/",
  "https://198.51.100.1/",
  "https://203.0.113.1/",
  "https://224.0.0.1/",
  "https://239.255.255.255/",
  "https://240.0.0.1/",
  "https://255.255.255.255/",
  "http://example.com/webhooks",
  "http://localhost:PORT/",
  "https://user@example.com/",
  "https://user:canary@example.com/",
  "https://127.0.0.1:PORT@example.com/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "//127.0.0.1:PORT/",
  "example.com",
  "https://",
] as const;

describe("without leave", () => {
  test(`none of ${String(literals.length)} forbidden addresses makes an endpoint, and none is connected to`, async () => {
    const running = await startServer({ webhooks: { loopback: false } });
    const canary = await startReceiver();
    const port = new URL(canary.url).port;
    for (const literal of literals) {
      const body = { endpoint_url: literal.replace("PORT", port), events: ["dsync.user.created"] };
      const answer = await running.api("/webhook_endpoints", { method: "POST", body });
      expect([literal, answer.status, fields(answer)["code"]]).toEqual([literal, 422, "invalid_url"]);
      expect(answer.text).not.toMatch(/canary|passwd/u);
      // Options of forwarded requests, which nobody here has.
      expect(answer.text).not.toMatch(/insecureHttp|forward|to allow/u);
    }
    expect(canary.connections()).toBe(0);
  });

  test("a name that turns out to be this machine is not connected to", async () => {
    const clock = new ManualClock();
    const running = await startServer({ webhooks: { loopback: false }, runtime: clock.runtime });
    const canary = await startReceiver();
    const { scim } = await running.createDirectory();
    const { id } = await subscribe(running, `https://localhost:${new URL(canary.url).port}/`);
    await hire(scim, "ada");
    const [waiting] = await settled(running, id, "waiting");
    expect(waiting?.last_error?.code).toBe("address_refused");
    expect(canary.connections()).toBe(0);
  });

  test("an endpoint cannot be moved to such an address either", async () => {
    const running = await startServer({ webhooks: { loopback: false } });
    const { id } = await subscribe(running, "https://app.example.com/webhooks");
    const body = { endpoint_url: "https://169.254.169.254/" };
    const answer = await running.api(`/webhook_endpoints/${id}`, { method: "PATCH", body });
    expect([answer.status, fields(answer)["code"]]).toEqual([422, "invalid_url"]);
  });

  test("a receiver that redirects to such an address is not followed", async () => {
    const running = await startServer();
    const [canary, redirecting] = [await startReceiver(), await startReceiver(() => 307)];
    const { scim } = await running.createDirectory();
    const { id } = await subscribe(running, redirecting.url);
    await hire(scim, "ada");
    await eventually(async () => {
      expect((await deliveries(running, id)).map(({ status }) => status)).toContain("waiting");
    });
    expect(canary.connections()).toBe(0);
  });
});

describe("with leave", () => {
  test("(control) the same address is connected to", async () => {
    const running = await startServer({ webhooks: { loopback: true } });
    const canary = await startReceiver();
    const { scim } = await running.createDirectory();
    await subscribe(running, canary.url);
    await hire(scim, "ada");
    await canary.hasReceived(1);
    expect(canary.connections()).toBe(1);
  });

  test("a range is reached, and other ports than those that are named are not", async () => {
    const running = await startServer({ webhooks: { allow: ["10.0.0.0/8"], ports: [443, 8443] } });
    const create = async (url: string) => {
      const answer = await running.api("/webhook_endpoints", {
        method: "POST",
        body: { endpoint_url: url, events: ["dsync.deleted"] },
      });
      return [answer.status, (answer.body as Partial<WebhookEndpoint> & { code?: string }).code];
    };
    expect(await create("https://10.1.2.3:8443/")).toEqual([201, undefined]);
    expect(await create("https://10.1.2.3:22/")).toEqual([422, "invalid_url"]);
    expect(await create("https://192.168.0.1/")).toEqual([422, "invalid_url"]);
  });

  test.each([{ allow: ["10.0.0.0/99"] }, { allow: ["everything"] }, { delaysMs: [-1] }, { delaysMs: [Number.NaN] }])(
    "a leave that makes no sense (%j) is told when the server starts",
    async (webhooks) => {
      await expect(startServer({ webhooks })).rejects.toMatchObject({ name: "ConfigError" });
    },
  );
});
