/** `dirsync webhooks`: endpoints of our server, what became of deliveries, and delivering again, from the command line. */
import { readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { verify } from "@dirsync/sdk/webhooks";
import { text } from "node:stream/consumers";
import { expect, onTestFinished } from "vitest";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

interface Webhook {
  readonly headers: IncomingMessage["headers"];
  readonly payload: string;
}

interface Receiver {
  readonly url: string;
  readonly received: readonly Webhook[];
  status: number;
}

async function startReceiver(): Promise<Receiver> {
  const received: Webhook[] = [];
  const receiver = { url: "", received, status: 204 };
  const server = createServer((request, response) => {
    void text(request).then((payload) => {
      received.push({ headers: request.headers, payload });
      response.writeHead(receiver.status).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
  return receiver;
}

async function json<T>(rig: Rig, ...args: readonly string[]): Promise<readonly T[]> {
  const { code, stdout, stderr } = await rig.run(["webhooks", ...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

async function words(rig: Rig, ...args: readonly string[]): Promise<string> {
  const { code, stdout } = await rig.run(["webhooks", ...args]);
  expect(code).toBe(0);
  return stdout;
}

interface Delivery {
  readonly event_id: string;
  readonly status: string;
}

test("an endpoint is made, told, looked at, told again, given another secret and deleted", async ({ rig }) => {
  const receiver = await startReceiver();
  receiver.status = 500;
  const [made] = await json<{ id: string; secret: string }>(
    rig,
    "create",
    receiver.url,
    "--events",
    "dsync.user.created",
  );
  if (made === undefined) throw new Error("Nothing was made.");
  const { id, secret } = made;
  expect(await words(rig, "list")).toMatch(new RegExp(`${id} .*${receiver.url}.*enabled.*1`));
  await rig.company.hire(1);
  await until(() => receiver.received.length === 1, { what: "a webhook" });
  const [first] = receiver.received;
  expect(verify({ ...first, headers: first?.headers ?? {}, payload: first?.payload ?? "", secret }).event).toBe(
    "dsync.user.created",
  );
  const waiting = await json<Delivery>(rig, "deliveries", id, "--status", "waiting");
  expect(waiting).toMatchObject([{ event_id: (JSON.parse(first?.payload ?? "") as { id: string }).id }]);
  expect(await words(rig, "deliveries", id)).toContain("was answered 500");
  receiver.status = 200;
  expect(await words(rig, "redeliver", id, waiting[0]?.event_id ?? "")).toContain("1 event will be delivered again");
  // The schedule may have come first.
  await until(() => receiver.received.length >= 2, { what: "the webhook again" });
  await until(async () => (await json<Delivery>(rig, "deliveries", id, "--status", "delivered")).length === 1, {
    what: "it to be on record",
  });
  const [rotated] = await json<{ secret: string }>(rig, "rotate-secret", id, "--overlap", "1h");
  expect(rotated?.secret).not.toBe(secret);
  const shown = await words(rig, "get", id);
  expect(shown).toContain("and the one before until");
  expect(shown).not.toContain(secret);
  expect(shown).not.toContain(rotated?.secret ?? "");
  expect(await words(rig, "update", id, "--status", "disabled")).toContain("It is disabled.");
  expect(await words(rig, "get", id)).toContain("disabled (asked)");
  expect(await words(rig, "delete", id)).toContain(`Deleted ${id}.`);
  expect(await words(rig, "list")).toBe("No webhook endpoints.\n");
});

test("a secret goes into a file that only its owner reads, when it is made and when it is rotated", async ({ rig }) => {
  const kept = () => readFileSync(join(rig.folder, "webhook-secret"), "utf8").trim();
  const [made] = await json<{ id: string }>(rig, "create", "https://app.example.com/hook", "--out", "webhook-secret");
  const first = kept();
  expect(first).toMatch(/^whsec_/);
  expect(statSync(join(rig.folder, "webhook-secret")).mode & 0o777).toBe(0o600);
  const shown = await words(rig, "rotate-secret", made?.id ?? "", "--out", "webhook-secret");
  expect(shown).toMatch(/^secret +is in webhook-secret, which only you can read/);
  expect(kept()).toMatch(/^whsec_/);
  expect(kept()).not.toBe(first);
  expect([JSON.stringify(made), shown].some((text) => text.includes("whsec_"))).toBe(false);
});

test("what makes no sense is refused, with what to do", async ({ rig }) => {
  const refused = async (...args: readonly string[]) => {
    const { code, stderr } = await rig.run(["webhooks", ...args]);
    expect(code).not.toBe(0);
    return stderr;
  };
  expect(await refused("update", "we_1")).toContain("Say what to change");
  expect(await refused("redeliver", "we_1")).toContain("Say which");
  expect(await refused("rotate-secret", "we_1", "--overlap", "soon")).toContain("--overlap");
  expect(await refused("create", "https://10.0.0.1/")).toContain("private");
  expect(await refused("get", "we_1")).toContain("we_1");
});
