/**
 * Answers that never come, or never end, with limits so short that a test can wait for them: a consumer as an app makes it,
 * before a service that is slower than that. It lets go of the connection, asks again in its own time, and misses nothing.
 */
import { once } from "node:events";
import { createConsumer, eventsApiSource, openJournal } from "@dirsync/consumer";
import { type DirectoryEvent, DirectorySync, systemRuntime, undiciTransport } from "@dirsync/sdk";
import { describe, expect } from "vitest";
import { type Call, type Fault, rewritten } from "../support/fault-proxy.ts";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

/** Longest silence before an answer and within one, and longest time for all of it. */
const silenceMs = 150;
const wholeMs = 600;
const requestsMax = 40;

/** One byte in each pause that is far below the longest silence. */
const dripMs = 20;

async function drip({ response, real }: Call): Promise<void> {
  const { body } = await real();
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  for (const byte of Buffer.from(body)) {
    if (response.destroyed) return;
    response.write(Buffer.from([byte]));
    await new Promise((resolve) => {
      setTimeout(resolve, dripMs);
    });
  }
}

/** Says nothing for as long as the other side holds on to the connection. */
async function silence({ response }: Call): Promise<void> {
  await once(response, "close");
}

/** Begins, and says nothing more. */
async function stall(call: Call): Promise<void> {
  const { body } = await call.real();
  call.response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  call.response.write(body.slice(0, body.length / 2));
  await once(call.response, "close");
}

const faults: readonly (readonly [name: string, fault: Fault])[] = [
  ["that come byte by byte", drip],
  ["that never begin", silence],
  ["that stop in the middle", stall],
];

describe.concurrent("a consumer waits only so long for answers", () => {
  test.for(faults)("%s, and misses nothing", async ([, fault], { rig }) => {
    const { delivered, stop } = await consume(rig);
    await until(() => delivered.length >= 6, { what: "the first events" });
    let given = 0;
    let letGo = 0;
    rig.proxy.fault = async (call) => {
      given += 1;
      await fault(call);
      letGo += 1;
    };
    const before = rig.proxy.arrivals.length;
    await rig.company.hire(2);
    await until(() => given >= 2 && letGo >= 1, { what: "another request after one that was given up" });
    expect(delivered.length).toBe(6);
    rig.proxy.fault = null;
    await until(() => delivered.length >= 8, { what: "the events behind it" });
    await stop();
    expect(delivered).toEqual(await rig.logged());
    expect(rig.proxy.arrivals.length - before).toBeLessThan(requestsMax);
  });

  test("(control) and one that comes whole in time is taken as it comes", async ({ rig }) => {
    rig.proxy.fault = rewritten((page) => ({ ...page, data: page.data.slice(1) }));
    const { delivered, stop } = await consume(rig);
    await until(() => delivered.length >= 5, { what: "the page without its first event" });
    await stop();
    expect(delivered).not.toEqual(await rig.logged());
  });
});

async function consume(rig: Rig): Promise<{ delivered: readonly string[]; stop: () => Promise<void> }> {
  const client = new DirectorySync({
    apiKey: rig.key,
    baseUrl: rig.proxy.url,
    timeoutMs: wholeMs,
    retriesMax: 0,
    transport: undiciTransport({ headersTimeoutMs: silenceMs, bodyTimeoutMs: silenceMs }),
  });
  const journal = await openJournal({ path: rig.state, role: "holder" });
  const delivered: string[] = [];
  const deliver = async (event: DirectoryEvent): Promise<void> => void delivered.push(event.id);
  const drain = new AbortController();
  const consumer = createConsumer({
    source: eventsApiSource(client),
    journal,
    sinks: [{ sink: { name: "app", deliver } }],
    pollMs: 20,
    runtime: systemRuntime,
  });
  const running = consumer.run({ drain: drain.signal });
  const stop = async (): Promise<void> => {
    drain.abort();
    await running;
    await journal.close();
  };
  return { delivered, stop };
}
