/** The pattern of docs/webhooks.md, as it stands there: webhooks ring, and the log is read from the cursor. */
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type DirectoryEvent, subscribableEventNames } from "@dirsync/sdk";
import { createAdaptorServer } from "@hono/node-server";
import { signedRequest } from "@dirsync/sdk/webhooks/signing";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Company, startCompany } from "../support/company.ts";
import { answer, FaultProxy } from "../support/fault-proxy.ts";
import { codeBlocks } from "../support/markdown.ts";
import { until } from "../support/until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "test/.cache/doorbell");
const apiKey = "sk_test_doorbell";
const secret = "whsec_doorbell";

const pattern = codeBlocks(root, "docs/webhooks.md").find(({ code }) => code.includes("function ring("))?.code ?? "";

/** The document writes what fails to the console. */
const complaints = vi.spyOn(console, "error").mockReturnValue();

let company: Company;
const proxies: FaultProxy[] = [];
let apps = 0;

beforeAll(async () => {
  rmSync(cache, { recursive: true, force: true });
  process.env["WEBHOOK_SECRET"] = secret;
  company = await startCompany(apiKey);
  await company.hire(20);
});

afterEach(() => {
  complaints.mockClear();
});

afterAll(async () => {
  complaints.mockRestore();
  delete process.env["WEBHOOK_SECRET"];
  for (const proxy of proxies) await proxy.close();
  await company.close();
});

describe("a webhook rings, and the log is read", () => {
  test("once in its order and once more, however many webhooks come, how often, in whatever order", async () => {
    const app = await start(pattern);
    const log = await company.log();
    const answers = await Promise.all([...log, ...log].reverse().map((event) => app.ring(event)));
    expect(new Set(answers)).toEqual(new Set([204]));
    // The drain that applies this one begins after all others have ended.
    await company.hire(1);
    const whole = await company.log();
    await app.ring(whole.at(-1));
    await app.hasApplied(whole.length);
    expect(app.database.applied).toEqual(idsOf(whole));
    expect(app.database.overlaps).toBe(0);
    expect(app.proxy.arrivals.length).toBeLessThanOrEqual(3);
  });

  test("again for what happens while it is read", async () => {
    const app = await start(pattern);
    const log = await ringDuringDrain(app);
    await app.hasApplied(log.length);
    expect(app.database.applied).toEqual(idsOf(log));
    expect(app.database.overlaps).toBe(0);
  });

  test("again from the same place, after an event that could not be applied", async () => {
    const app = await start(pattern);
    const log = await ringAroundFailure(app);
    await app.hasApplied(3 + log.length);
    expect(app.database.applied).toEqual([...idsOf(log).slice(0, 3), ...idsOf(log)]);
  });

  test("in its order for what happens, told by our own server over HTTP", async () => {
    // The address has to be there before the app: its secret comes from the endpoint.
    let receive: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 });
    const receiver = createAdaptorServer({ fetch: (request: Request) => receive(request) }).listen(0, "127.0.0.1");
    await once(receiver, "listening");
    const { port } = receiver.address() as AddressInfo;
    const { webhookEndpoints } = company.client;
    const endpoint = await webhookEndpoints.create({
      endpoint_url: `http://127.0.0.1:${port}/webhooks`,
      events: subscribableEventNames,
    });
    try {
      process.env["WEBHOOK_SECRET"] = endpoint.secret;
      const app = await start(pattern);
      receive = app.receive;
      await company.hire(5);
      const log = await company.log();
      await app.hasApplied(log.length);
      expect(app.database.applied).toEqual(idsOf(log));
      expect(app.database.overlaps).toBe(0);
    } finally {
      process.env["WEBHOOK_SECRET"] = secret;
      await webhookEndpoints.delete(endpoint.id);
      receiver.close();
    }
  });

  test("not at all for a forged one", async () => {
    const app = await start(pattern);
    const [event] = await company.log();
    expect(await app.ring(event, "whsec_of_somebody")).toBe(400);
    expect(app.database.reads).toBe(0);
  });
});

describe("(control) what is wrong with the pattern is found, if", () => {
  const save = "if (cursor !== null) await saveCursor(cursor);";
  const work = "for (const event of events) await applyEvent(event);";

  test("two read at the same time", async () => {
    const app = await start(
      changed("waiting ??= running", "waiting = running", "running = drain();", "return drain();"),
    );
    const log = await company.log();
    await Promise.all(log.map((event) => app.ring(event)));
    await app.hasApplied(2 * log.length);
    expect(app.database.overlaps).toBeGreaterThan(0);
  });

  test("who rings during a drain joins it", async () => {
    const app = await start(changed("waiting = null;", "", "drain();", "drain().finally(() => (waiting = null));"));
    const log = await ringDuringDrain(app);
    await expect(app.hasApplied(log.length)).rejects.toThrow("in vain");
  });

  test("a failure is the end of it", async () => {
    const app = await start(changed(".catch(() => undefined)", ""));
    const log = await ringAroundFailure(app);
    await expect(app.hasApplied(3 + log.length)).rejects.toThrow("in vain");
  });

  test("the cursor is stored before the work", async () => {
    const app = await start(changed(save, "", work, `${save}\n${work}`));
    const log = await ringAroundFailure(app);
    await expect(app.hasApplied(3 + log.length)).rejects.toThrow("in vain");
  });
});

/** What the app of the document imports: a database that is a list, and sees who uses it. */
const databaseSource = `
const free = () => new Promise((resolve) => setImmediate(resolve));
export const database = { applied: [], reads: 0, overlaps: 0, failAt: undefined, cursor: undefined };
let writers = 0;

export async function loadCursor() {
  database.reads += 1;
  await free();
  return database.cursor;
}

export async function applyEvent({ id }) {
  writers += 1;
  if (writers > 1) database.overlaps += 1;
  await free();
  writers -= 1;
  if (id === database.failAt) {
    database.failAt = undefined;
    throw new Error("The database is away.");
  }
  database.applied.push(id);
}

export async function saveCursor(cursor) {
  await free();
  database.cursor = cursor;
}
`;

interface Database {
  /** Ids, in the order in which they were applied. */
  readonly applied: readonly string[];
  /** How often the cursor was asked for. */
  readonly reads: number;
  /** How often an event was applied while another one was. */
  readonly overlaps: number;
  /** Applying this one fails, once. */
  failAt: string | undefined;
}

interface App {
  /** Between it and the service. */
  readonly proxy: FaultProxy;
  readonly database: Database;
  /** The handler itself. */
  readonly receive: (request: Request) => Promise<Response>;
  /** Delivers a webhook about `event` and gives the status of the answer. */
  ring(event: DirectoryEvent | undefined, signedWith?: string): Promise<number>;
  hasApplied(count: number): Promise<unknown>;
}

/** An app made of the document's code. */
async function start(code: string): Promise<App> {
  apps += 1;
  const folder = join(cache, String(apps));
  mkdirSync(folder, { recursive: true });
  // Its own, so that what one app still has under way does not disturb the next.
  const proxy = await FaultProxy.start(company.url);
  proxies.push(proxy);
  const settings = JSON.stringify({ baseUrl: proxy.url, apiKey });
  writeFileSync(join(folder, "handler.ts"), code.replace("new DirectorySync()", `new DirectorySync(${settings})`));
  writeFileSync(join(folder, "app.js"), databaseSource);
  const { POST } = await load<{ POST: (request: Request) => Promise<Response> }>(join(folder, "handler.ts"));
  const { database } = await load<{ database: Database }>(join(folder, "app.js"));
  return {
    proxy,
    database,
    receive: POST,
    ring: async (event, signedWith = secret) => {
      if (event === undefined) throw new Error("There is no such event.");
      return (await POST(await signedRequest(event, { secret: signedWith }))).status;
    },
    hasApplied: (count) =>
      until(() => database.applied.length >= count, { what: `${count} events`, patienceMs: 3_000 }),
  };
}

async function load<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(file).href)) as T;
}

/** The document's code with each first text replaced by the second after it. */
function changed(...texts: readonly string[]): string {
  let code = pattern;
  for (let index = 0; index < texts.length; index += 2) {
    const [from = "", to = ""] = texts.slice(index, index + 2);
    expect(code).toContain(from);
    code = code.replace(from, to);
  }
  return code;
}

/** Rings; and while the answer of the service is on its way, somebody is hired and it rings again. Gives the log after it. */
async function ringDuringDrain(app: App): Promise<readonly DirectoryEvent[]> {
  const [first] = await company.log();
  app.proxy.next(1, async (call) => {
    const { status, body } = await call.real();
    await company.hire(1);
    await app.ring((await company.log()).at(-1));
    await answer(status, body)(call);
  });
  await app.ring(first);
  await until(() => app.database.applied.length > 0, { what: "the drain to begin" });
  return await company.log();
}

/** Rings, and the fourth event fails; and rings again. Gives the log. */
async function ringAroundFailure(app: App): Promise<readonly DirectoryEvent[]> {
  const log = await company.log();
  app.database.failAt = log[3]?.id;
  await app.ring(log[0]);
  await until(() => complaints.mock.calls.length > 0, { what: "the drain to fail" });
  await app.ring(log[0]);
  return log;
}

function idsOf(log: readonly DirectoryEvent[]): readonly string[] {
  return log.map(({ id }) => id);
}
