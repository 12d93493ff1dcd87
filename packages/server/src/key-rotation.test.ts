/** Keys of a server that take each other's place: while both are given, both work, and then the older one can go. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, type Runtime } from "@dirsync/sdk";
import { expect, onTestFinished, test } from "vitest";
import { send } from "./fixtures/in-process.ts";
import { runtimeWith } from "./fixtures/running-server.ts";
import { createServer } from "./index.ts";
import type { DirsyncServer, ServerOptions } from "./index.ts";

type Keys = Pick<ServerOptions, "apiKey" | "encryptionKey">;

const [old, next] = ["sk_of_last_year", "sk_of_this_year"];

function dataFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-rotation-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "data.db");
}

async function open(file: string, keys: Keys, log?: Runtime["log"]): Promise<DirsyncServer> {
  const runtime = runtimeWith(log === undefined ? {} : { log });
  const server = await createServer({ dataFile: file, runtime, ...keys });
  onTestFinished(() => server.close());
  return server;
}

/** Makes an endpoint that nothing is sent to; its secret. */
async function makeEndpoint(server: DirsyncServer, token: string): Promise<string> {
  const body = { endpoint_url: "https://app.example.com/hooks", events: ["dsync.user.created"] };
  return ((await send(server, "POST /webhook_endpoints", { token, body })) as { secret: string }).secret;
}

/** What is shown of the secret of the only endpoint: its end, where it can be read. */
async function shownSecret(server: DirsyncServer, token: string): Promise<string> {
  const { data } = (await send(server, "GET /webhook_endpoints", { token })) as { data: readonly { secret: string }[] };
  return data[0]?.secret ?? "";
}

async function statusOf(server: DirsyncServer, token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  return (await server.fetch(new Request("http://dirsync.test/directories", { headers }))).status;
}

/** A log, and the warnings in it. */
function noting(): { readonly warnings: readonly string[]; readonly log: Runtime["log"] } {
  const warnings: string[] = [];
  return { warnings, log: { ...silentLogger, warn: (_fields, message) => void warnings.push(message) } };
}

test("while two API keys are given, each is let in, and the audit log tells which made a change", async () => {
  const server = await open(":memory:", { apiKey: [next, old] });
  expect([await statusOf(server, old), await statusOf(server, next), await statusOf(server, "sk_none")]).toEqual([
    200, 200, 401,
  ]);
  for (const token of [old, next]) await send(server, "POST /organizations", { token, body: { name: "Acme" } });
  const log = (await send(server, "GET /audit_log", { token: next })) as { data: readonly { actor: { id: string } }[] };
  expect(new Set(log.data.map(({ actor }) => actor.id)).size).toBe(2);
});

test.each<[string, Keys]>([
  ["none", { apiKey: [] }],
  ["an empty one beside another", { apiKey: [next, " "] }],
  ["an encryption key that is short beside another", { apiKey: next, encryptionKey: ["x".repeat(32), "short"] }],
])("%s is refused, as it would be alone", async (_what, keys) => {
  await expect(createServer({ dataFile: ":memory:", ...keys })).rejects.toThrow(/key is (?:empty|shorter)/);
});

test.each<[string, { before: Keys; during: Keys; after: Keys }]>([
  ["API key", { before: { apiKey: old }, during: { apiKey: [next, old] }, after: { apiKey: next } }],
  [
    "encryption key",
    {
      before: { apiKey: next, encryptionKey: "an encryption key of last year" },
      during: { apiKey: next, encryptionKey: ["an encryption key of this year", "an encryption key of last year"] },
      after: { apiKey: next, encryptionKey: "an encryption key of this year" },
    },
  ],
])("signing secrets outlive an %s that another takes the place of", async (_what, { before, during, after }) => {
  const file = dataFile();
  const first = await open(file, before);
  const secret = await makeEndpoint(first, String(before.apiKey));
  await first.close();
  const { warnings, log } = noting();
  for (const keys of [during, after]) {
    const server = await open(file, keys, log);
    expect((await shownSecret(server, next)).slice(-4)).toBe(secret.slice(-4));
    await server.close();
  }
  expect(warnings).toEqual([]);
});

test("(control) a key that was not given together with the one before reads no secret of it, and says so", async () => {
  const file = dataFile();
  const first = await open(file, { apiKey: old });
  const secret = await makeEndpoint(first, old);
  await first.close();
  const { warnings, log } = noting();
  const server = await open(file, { apiKey: next }, log);
  expect((await shownSecret(server, next)).slice(-4)).not.toBe(secret.slice(-4));
  expect(warnings).toEqual([expect.stringContaining("encryption key is not the one")]);
});
