/**
 * A thousand clients that are slow on purpose, against everything of ours that listens: `dirsync serve`, and the doorbell and
 * the health address of `dirsync tail`. Everybody else is answered, and the slow ones are cut off after their limit.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { signedRequest } from "@dirsync/sdk/webhooks/signing";
import { expect, onTestFinished } from "vitest";
import type { CliProcess } from "../support/cli-process.ts";
import { type Rig, test } from "../support/rig.ts";
import { requestBy, requests } from "../support/scim-request.ts";
import { Served } from "../support/served.ts";
import { until } from "../support/until.ts";
import { isWhole, patienceMs, readScale } from "./scale.ts";
import { SlowClients } from "./slow-clients.ts";
import { printTable, spread } from "./table.ts";

const scale = readScale();
const slowOnes = isWhole(scale) ? 1_000 : 100;
const goodOnes = isWhole(scale) ? 400 : 20;

/** What reliability.md asks for, of 99 in 100 good requests; three times that, on a machine with other things to do. */
const goodMsMax = 500 * 3;

/** Sends one request as those we work for do. @throws when it is not answered as it should be */
type Ask = (round: number) => Promise<void>;

interface Listening {
  readonly url: string;
  readonly ask: Ask;
  /** The head of a request whose body is waited for; null where none is. */
  readonly bodyHead: string | null;
  /** After which a client is cut off that has not sent a whole request, checks included. */
  readonly limitMs: number;
  /** More of them than these make room for each other. */
  readonly connectionsMax: number;
}

const listeners: readonly [name: string, open: (rig: Rig) => Promise<Listening>][] = [
  ["dirsync serve", serve],
  ["the doorbell of dirsync tail", doorbell],
  ["the health address of dirsync tail", health],
];

test.for(listeners)("%s", { timeout: patienceMs(scale) }, async ([name, open], { rig }) => {
  const { url, ask, bodyHead, limitMs, connectionsMax } = await open(rig);
  const slow = await SlowClients.open(url, slowOnes, bodyHead);
  onTestFinished(() => slow.close());
  const tookMs: number[] = [];
  for (let round = 0; round < goodOnes; round += 1) {
    const atMs = performance.now();
    await ask(round);
    tookMs.push(performance.now() - atMs);
  }
  if (isWhole(scale)) {
    const sorted = tookMs.sort((left, right) => left - right);
    expect(sorted[Math.floor(sorted.length * 0.99)]).toBeLessThan(goodMsMax);
    await until(() => slow.open === 0, { what: "all slow clients to be cut off" });
    expect(Math.max(...slow.cutAfterMs)).toBeLessThan(limitMs * 3);
  } else {
    // They were there all the time, as many as may be.
    expect(slow.open).toBeGreaterThanOrEqual(Math.min(slowOnes, connectionsMax) - 2);
  }
  await ask(goodOnes);
  const cut = isWhole(scale) ? { "cut off, s": spread(slow.cutAfterMs.map((ms) => ms / 1_000)) } : {};
  printTable(`${slowOnes} slow clients: ${name}`, {
    "good requests": goodOnes,
    "answered, ms": spread(tookMs),
    ...cut,
  });
});

test("(control) a listener with no room for others does not answer", async () => {
  const server = createServer((_request, response) => void response.end());
  server.maxConnections = 32;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const slow = await SlowClients.open(url, slowOnes);
  await expect(fetch(url)).rejects.toThrow("fetch failed");
  slow.close();
  server.closeAllConnections();
  server.close();
});

async function serve(rig: Rig): Promise<Listening> {
  const served = await Served.start(rig.folder);
  onTestFinished(async () => void (await served.stop()));
  const directory = await served.connect("Acme");
  const ask = async (round: number): Promise<void> => {
    const { status } = await requestBy(directory, requests.createUser(`u${round}@example.com`, "Engineer"));
    expect(status).toBe(201);
  };
  const { pathname } = new URL(directory.scimUrl);
  const bodyHead = headOf(`${pathname}/Users`, { Authorization: `Bearer ${directory.token}` });
  return { url: served.url, ask, bodyHead, limitMs: 31_000, connectionsMax: 5_000 };
}

async function doorbell(rig: Rig): Promise<Listening> {
  const secret = "whsec_canary_of_the_slow";
  const flags = ["tail", "--stdout", "--poll", "1h", "--doorbell", ":0"];
  const url = await urlOf(rig.start(flags, { DIRSYNC_WEBHOOK_SECRET: secret }), "taking webhooks");
  const [event] = await rig.company.log();
  if (event === undefined) throw new Error("The log is empty.");
  const ask = async (): Promise<void> => {
    const { method, headers, ...signed } = await asked(event, secret);
    expect((await fetch(url, { method, headers, body: signed.body })).status).toBe(204);
  };
  const { headers: signature } = await asked(event, secret);
  const bodyHead = headOf("/", Object.fromEntries([...signature].filter(([name]) => name.includes("signature"))));
  return { url, ask, bodyHead, limitMs: 11_000, connectionsMax: 256 };
}

async function health(rig: Rig): Promise<Listening> {
  const url = await urlOf(rig.start(["tail", "--stdout", "--health", "127.0.0.1:0"]), "answering");
  const ask = async (): Promise<void> => {
    expect(await (await fetch(`${url}/livez`)).text()).toBe("alive\n");
  };
  return { url, ask, bodyHead: null, limitMs: 6_000, connectionsMax: 32 };
}

function headOf(path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ Host: "localhost", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join("")}`;
}

async function asked(event: Parameters<typeof signedRequest>[0], secret: string) {
  const request = await signedRequest(event, { secret });
  return { method: request.method, headers: request.headers, body: await request.text() };
}

async function urlOf(tail: CliProcess, doing: string): Promise<string> {
  const said = new RegExp(`"url":"(http:[^"]+)","msg":"${doing}`);
  return said.exec(await tail.output("stderr", said))?.[1] ?? "";
}
