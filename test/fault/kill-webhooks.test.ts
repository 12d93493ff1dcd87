/**
 * The service is killed with SIGKILL at random points while writers change users and groups and it tells three endpoints of
 * it: one that takes everything, one that fails and hangs up at random, and one that refuses some events always. Of every
 * event and endpoint there must be a request that was answered with 2xx, or one record that it was given up.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { subscribableEventNames } from "@dirsync/sdk";
import { SelfHosted, type WebhookDelivery } from "@dirsync/sdk/self-hosted";
import { verify } from "@dirsync/sdk/webhooks";
import { expect, onTestFinished, test } from "vitest";
import { readLog } from "../support/event-log.ts";
import { eventsOf, keepWriting } from "../support/keep-writing.ts";
import { between, type Random, seededRandom } from "../support/random.ts";
import { ScimWriter } from "../support/scim-writer.ts";
import { Served } from "../support/served.ts";
import { checkIntegrity } from "../support/state-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { until } from "../support/until.ts";
import { checkWebhooks, type EndpointEvidence, type SeenWebhook } from "../support/webhook-checker.ts";
import { isWhole, patienceMs, readScale } from "./scale.ts";
import { printTable } from "./table.ts";

const scale = readScale();
const kills = Math.ceil(scale.kills * 0.1);
const writersCount = 4;
const eventsPerLife = 40;
/** Endpoints that want nothing of what happens. */
const quietCount = 8;
const bin = fileURLToPath(new URL("fixtures/serve-webhooks.mjs", import.meta.url));

/** What an endpoint answers to an event; null to hang up without an answer. */
type Mood = (eventId: string, random: Random) => number | null;

const moods: Readonly<Record<string, Mood>> = {
  good: () => 204,
  moody: (_eventId, random) => (random() < 0.15 ? null : random() < 0.3 ? 500 : 200),
  // By the last character of the id, which is as good as chance: about one in eight, whenever it comes.
  choosy: (eventId) => (/[048C]$/u.test(eventId) ? 422 : 200),
};

test(
  "every event is taken by every endpoint or given up on record, whatever is killed",
  { timeout: patienceMs(scale) },
  async () => {
    const random = seededRandom(scale.seed);
    const folder = temporaryFolder(onTestFinished);
    const served = await Served.start(folder, { bin });
    onTestFinished(() => served.kill());
    const client = new SelfHosted({ apiKey: served.apiKey, baseUrl: served.url });
    const endpoints = [];
    for (const [name, mood] of Object.entries(moods)) endpoints.push(await connect(client, { name, mood, random }));
    // So many that one look into the log does for those that rest, of which the three above may be some.
    for (let number = 0; number < quietCount; number += 1) {
      const events = ["dsync.deleted"] as const;
      await client.webhookEndpoints.create({ endpoint_url: `http://127.0.0.1:9/${String(number)}`, events });
    }
    const writers = await connectWriters(served, random);
    const lives = { count: 1 };
    const writing = keepWriting(writers, { eventsPerLife, lives });
    for (let kill = 0; kill < kills; kill += 1) {
      await moment({ served, writers, random });
      await served.kill();
      expect(await checkIntegrity(served.dataFile)).toBe("ok");
      served.launch();
      lives.count += 1;
    }
    await writing.stop();
    await served.untilUp();

    const log = (await readLog(served)).map(({ id }) => id);
    const evidence: EndpointEvidence[] = [];
    for (const { name, id, seen } of endpoints) {
      const records = await until(() => settledRecords(client, id, log.length), { what: `${name} to have been told` });
      evidence.push({ name, log, seen, records });
    }
    const again = (seen: readonly SeenWebhook[]): number =>
      seen.length - new Set(seen.map(({ eventId }) => eventId)).size;
    printTable(`server killed while it sends webhooks (seed ${scale.seed})`, {
      kills,
      "events, endpoints": `${log.length}, ${endpoints.length}`,
      requests: evidence.reduce((sum, { seen }) => sum + seen.length, 0),
      "of these, an event again": evidence.map(({ name, seen }) => `${name} ${again(seen)}`).join(", "),
      "given up": evidence
        .map(({ name, records }) => `${name} ${records.filter(({ status }) => status === "dead").length}`)
        .join(", "),
      violations: evidence.flatMap(checkWebhooks).length,
    });
    expect(evidence.flatMap(checkWebhooks)).toEqual([]);
    const [good, moody, choosy] = evidence;
    // Whole, because a record says why it was given up.
    expect(good?.records.filter(({ status }) => status !== "delivered")).toEqual([]);
    // A life or two may be over before a mood has shown.
    if (isWhole(scale)) {
      expect(again(moody?.seen ?? [])).toBeGreaterThan(0);
      expect(choosy?.records.some(({ status }) => status === "dead")).toBe(true);
    }
    for (const one of evidence) expectToBite(one);
  },
);

/** The control: the same evidence with one thing wrong in it is not accepted. */
function expectToBite(evidence: EndpointEvidence): void {
  const { log, records, seen } = evidence;
  const rules = (changes: Partial<EndpointEvidence>): readonly string[] =>
    checkWebhooks({ ...evidence, ...changes }).map(([rule]) => rule);
  const taken = records.find(({ status }) => status === "delivered")?.event_id;
  expect(rules({ seen: seen.filter(({ eventId }) => eventId !== taken) })).toEqual(["loss", "false record"]);
  expect(rules({ records: records.filter(({ event_id: id }) => id !== taken) })).toEqual(["unfinished"]);
  expect(rules({ records: [...records, ...records.slice(0, 1)] })).toEqual(["record twice"]);
  expect(rules({ log: log.filter((id) => id !== taken) })).toContain("invention");
  expect(rules({ seen: [...seen, ...seen.slice(0, 1).map((one) => ({ ...one, isGenuine: false }))] })).toEqual([
    "forgery",
  ]);
}

interface Endpoint {
  readonly name: string;
  readonly id: string;
  readonly seen: readonly SeenWebhook[];
}

async function connect(
  client: SelfHosted,
  { name, mood, random }: { readonly name: string; readonly mood: Mood; readonly random: Random },
): Promise<Endpoint> {
  const seen: SeenWebhook[] = [];
  let secret = "";
  const server = createServer((request, response) => {
    void text(request).then(
      (payload) => {
        const { id: eventId } = JSON.parse(payload) as { id: string };
        const status = mood(eventId, random);
        seen.push({ eventId, status: status ?? 0, isGenuine: isGenuine(request, payload, secret) });
        if (status === null) request.socket.destroy();
        else response.writeHead(status).end();
      },
      // The service was killed in the middle of its request.
      () => undefined,
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const endpoint = await client.webhookEndpoints.create({ endpoint_url: url, events: subscribableEventNames });
  secret = endpoint.secret;
  return { name, id: endpoint.id, seen };
}

/** Each try is signed anew, so that the usual tolerance holds for the last one, too. */
function isGenuine({ headers }: IncomingMessage, payload: string, secret: string): boolean {
  try {
    for (const scheme of ["workos", "standard"] as const) verify({ headers, payload, secret, scheme });
    return true;
  } catch {
    return false;
  }
}

/** All records, once there is one of each event and none that waits. */
async function settledRecords(
  client: SelfHosted,
  id: string,
  count: number,
): Promise<readonly WebhookDelivery[] | false> {
  const { events_behind: behind, waiting } = await client.webhookEndpoints.get(id);
  if (behind > 0 || waiting > 0) return false;
  const records: WebhookDelivery[] = [];
  for await (const record of client.webhookEndpoints.deliveries(id)) records.push(record);
  return records.length >= count && records;
}

async function connectWriters(served: Served, random: Random): Promise<readonly ScimWriter[]> {
  const { scimUrl, token } = await served.connect("north");
  return Array.from({ length: writersCount }, (_, number) => {
    return new ScimWriter({ name: `north${number}`, scimUrl, token, random, untilUp: () => served.untilUp() });
  });
}

interface Scene {
  readonly served: Served;
  readonly writers: readonly ScimWriter[];
  readonly random: Random;
}

/** Resolves at a random moment of the work: while the first events of this life are sent, or when most are. */
async function moment({ served, writers, random }: Scene): Promise<void> {
  const before = eventsOf(writers);
  await served.whenUp();
  await until(() => eventsOf(writers) > before, { what: "an answer to a writer" });
  await pause(between(random, 0, 400));
}
