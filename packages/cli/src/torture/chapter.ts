import { randomBytes } from "node:crypto";
import { connectEntra, connectOkta, runSteps } from "@dirsync/idp";
import { type DirectoryEvent, DirectorySync, subscribableEventNames, systemRuntime } from "@dirsync/sdk";
import { createServer } from "@dirsync/server";
import { canonicalLog } from "./canonical-log.ts";
import type { LogEntry } from "./model.ts";
import { seededRandom } from "./random.ts";
import { writeStory } from "./story.ts";

/** When a chapter begins, in epoch milliseconds: a Monday morning. Each step of the story is an hour later. */
const beginsAtMs = Date.UTC(2026, 0, 5, 9);
const hourMs = 3_600_000;

/**
 * A log as the service writes it: identity providers play a story against a real one, on this machine and in memory. The
 * same seed gives the same log.
 */
export async function writeChapter(seed: number): Promise<readonly LogEntry[]> {
  let nowMs = beginsAtMs;
  const apiKey = `sk_torture_${randomBytes(18).toString("base64url")}`;
  const runtime = { ...systemRuntime, now: () => nowMs };
  const server = await createServer({ dataFile: ":memory:", apiKey, runtime });
  try {
    const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
    const client = new DirectorySync({ apiKey, baseUrl: url });
    const acme = await client.directories.create({ name: "Acme", type: "okta scim v2.0" });
    const globex = await client.directories.create({ name: "Globex", type: "azure scim v2.0" });
    const reach = ({ scim }: typeof acme) => ({ baseUrl: scim.base_url, token: scim.bearer_token, seed });
    const cast = { seed, okta: connectOkta(reach(acme)), entra: connectEntra(reach(globex)) };
    await runSteps(writeStory(cast, seededRandom(seed)), () => {
      nowMs += hourMs;
    });
    nowMs += hourMs;
    // Every second chapter ends with a customer who goes.
    if (seed % 2 === 0) await client.directories.delete(globex.id);
    const log = canonicalLog(await readLog(client), seed);
    return log.map((event, index) => ({ seq: index + 1, event }));
  } finally {
    await server.close();
  }
}

async function readLog(client: DirectorySync): Promise<readonly DirectoryEvent[]> {
  const log: DirectoryEvent[] = [];
  for await (const event of client.events.list({ events: subscribableEventNames })) log.push(event);
  return log;
}
