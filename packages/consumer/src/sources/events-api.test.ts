import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { type DirectoryEvent, DirectorySync, subscribableEventNames, systemRuntime } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import type { EventPage, EventSource, StartPosition } from "../model.ts";
import { eventsApiSource, type EventsApiOptions } from "./events-api.ts";

type Answer = (query: URLSearchParams, response: ServerResponse, request: IncomingMessage) => void;

interface Upstream {
  readonly source: EventSource;
  readonly url: string;
  /** Query of every request, in order. */
  readonly queries: Record<string, string>[];
  /** Milliseconds of every rest, in order. No time passes in one. */
  readonly rests: number[];
  read(after?: string | null, start?: StartPosition): Promise<EventPage>;
}

async function upstream(answer: Answer, options: EventsApiOptions = {}): Promise<Upstream> {
  const queries: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? "/", "http://upstream.test").searchParams;
    queries.push(Object.fromEntries(query));
    answer(query, response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DirectorySync({ apiKey: "sk_test", baseUrl: url, retriesMax: 0 });
  const rests: number[] = [];
  const sleep = (ms: number): Promise<void> => {
    rests.push(ms);
    return Promise.resolve();
  };
  const source = eventsApiSource(client, { runtime: { ...systemRuntime, sleep }, ...options });
  const read: Upstream["read"] = (after = null, start = { from: "start" }) =>
    source.read(after, start, new AbortController().signal);
  return { source, url, queries, rests, read };
}

const answeredAtMs = Date.parse("2026-02-01T00:00:00Z");
const isParsed = true;

function page(response: ServerResponse, events: readonly DirectoryEvent[], after: string | null = null): void {
  response.setHeader("content-type", "application/json");
  response.setHeader("date", new Date(answeredAtMs).toUTCString());
  response.end(JSON.stringify({ object: "list", data: events, list_metadata: { after } }));
}

const all = { events: subscribableEventNames.join(","), limit: "100", order: "asc" };

describe("the position asked for", () => {
  test.each<[string, string | null, StartPosition, Record<string, string>]>([
    ["is the start of the log", null, { from: "start" }, {}],
    [
      "is a time",
      null,
      { from: "time", time: "2026-01-01T00:00:00.000Z" },
      { range_start: "2026-01-01T00:00:00.000Z" },
    ],
    ["is an event", null, { from: "event", id: "event_7" }, { after: "event_7" }],
    [
      "is the cursor, once there is one, and never both",
      "event_9",
      { from: "time", time: "2026" },
      { after: "event_9" },
    ],
  ])("%s", async (_name, after, start, expected) => {
    const { read, queries } = await upstream((_query, response) => page(response, []));
    await read(after, start);
    expect(queries).toEqual([{ ...all, ...expected }]);
  });

  test("is within the events and the organization that were chosen", async () => {
    const options = { events: ["dsync.user.deleted"], organizationId: "org_1" };
    const { read, queries } = await upstream((_query, response) => page(response, []), options);
    await read();
    expect(queries).toMatchObject([{ events: "dsync.user.deleted", organization_id: "org_1" }]);
  });
});

test("a page is passed on as it came, and says whether there is more", async () => {
  const log = makeLog(1, 3);
  const { read } = await upstream((query, response) => {
    if (query.get("after") === null) page(response, log, "event_000003");
    else page(response, makeLog(4, 4));
  });
  await expect(read()).resolves.toEqual({ events: log, hasMore: true, answeredAtMs, isParsed });
  await expect(read("event_000003")).resolves.toEqual({
    events: makeLog(4, 4),
    hasMore: false,
    answeredAtMs,
    isParsed,
  });
});

test("a log is named by its address, which holds nothing secret", async () => {
  const { source, url } = await upstream((_query, response) => page(response, []));
  expect(source.identity).toBe(url);
});

describe("a stretch without events", () => {
  /** A log in which `empty` empty pages lie before one event. */
  const stretch =
    (empty: number): Answer =>
    (query, response) => {
      const at = Number((query.get("after") ?? "hop_0").replace(/^\D+/, ""));
      if (at < empty) page(response, [], `hop_${at + 1}`);
      else page(response, [makeEvent(1)]);
    };

  test("is crossed within one read", async () => {
    const { read, queries } = await upstream(stretch(20));
    await expect(read()).resolves.toMatchObject({ events: [{ id: "event_000001" }], hasMore: false });
    expect(queries).toHaveLength(21);
    // A position and a start exclude each other on every hop.
    expect(queries[1]).toMatchObject({ after: "hop_1" });
  });

  test("is not crossed as fast as the service answers: one empty page is followed at once, then five a second", async () => {
    const { read, rests } = await upstream(stretch(1));
    await read();
    expect(rests).toEqual([]);
    const longer = await upstream(stretch(20));
    await longer.read();
    expect(longer.rests).toEqual(Array.from({ length: 19 }, () => 200));
  });

  test("that is very long is crossed in several reads, each going on where the last one came to", async () => {
    const { read, queries } = await upstream(stretch(120));
    await expect(read()).resolves.toEqual({ events: [], hasMore: true, answeredAtMs, isParsed });
    await expect(read()).resolves.toEqual({ events: [], hasMore: true, answeredAtMs, isParsed });
    await expect(read()).resolves.toMatchObject({ events: [{ id: "event_000001" }] });
    expect(queries).toHaveLength(121);
  });

  test("belongs to one cursor: another one is asked for as it is", async () => {
    const { read, queries } = await upstream(stretch(120));
    await read();
    await read("event_5").catch(() => undefined);
    expect(queries[51]).toMatchObject({ after: "event_5" });
  });

  test("at the end of the log is the end of the log", async () => {
    const { read } = await upstream((_query, response) => page(response, []));
    await expect(read("event_1")).resolves.toEqual({ events: [], hasMore: false, answeredAtMs, isParsed });
  });

  test.each([
    ["to itself", () => "hop_1"],
    ["through two others", (after: string | null) => (after === "hop_1" ? "hop_2" : "hop_1")],
  ])("that leads back %s is recognised", async (_name, next) => {
    const { read, queries } = await upstream((query, response) => page(response, [], next(query.get("after"))));
    await expect(read()).rejects.toMatchObject({ name: "ContractError", code: "cursor_stuck" });
    expect(queries.length).toBeLessThanOrEqual(4);
  });
});

describe("what the service answers instead of a page", () => {
  const json =
    (status: number, body: object): Answer =>
    (_query, response) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
  const whole = JSON.stringify({ object: "list", data: makeLog(1, 3), list_metadata: { after: null } });

  test.each<[string, Answer, object]>([
    [
      "a cursor it does not know",
      json(400, { code: "event_cursor_not_found", message: "no" }),
      { code: "cursor_expired" },
    ],
    ["a wrong key", json(401, { message: "Unauthorized" }), { status: 401, retryable: false }],
    ["too many requests", json(429, { message: "Slow down" }), { status: 429, retryable: true }],
    ["HTML", (_query, response) => void response.end("<html>hello</html>"), { retryable: true }],
    ["half an answer", (_query, response) => cut(response, whole), { code: "body_cut", retryable: true }],
    ["a page newest first", (_query, response) => page(response, makeLog(1, 3).reverse()), { code: "descending_page" }],
    [
      "one event without an id: none of the page is taken",
      (_query, response) => page(response, [makeEvent(1), { ...makeEvent(2), id: "" }]),
      { name: "ContractError" },
    ],
  ])("%s", async (_name, answer, expected) => {
    const { read } = await upstream(answer);
    await expect(read("event_000000")).rejects.toMatchObject(expected);
  });

  function cut(response: ServerResponse, body: string): void {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.write(body.slice(0, body.length / 2), () => response.destroy());
  }
});

test("an unknown event name passes through", async () => {
  const odd = makeEvent(1, { name: "dsync.galaxy.created", data: { id: "g1" } });
  const { read } = await upstream((_query, response) => page(response, [odd]));
  await expect(read()).resolves.toMatchObject({ events: [odd] });
});

test("a read ends as soon as its signal is aborted", async () => {
  const { source } = await upstream(() => undefined);
  const controller = new AbortController();
  const reading = source.read(null, { from: "start" }, controller.signal);
  controller.abort();
  await expect(reading).rejects.toMatchObject({ retryable: false });
});

test("another filter makes it another log, in whatever order its names are given", () => {
  const client = new DirectorySync({ apiKey: "sk_test_1", baseUrl: "http://upstream.test" });
  const identityOf = (options?: EventsApiOptions): string => eventsApiSource(client, options).identity;
  const narrow = identityOf({ events: ["dsync.user.created", "dsync.user.deleted"] });
  expect(identityOf()).toBe("http://upstream.test");
  expect(narrow).not.toBe(identityOf());
  expect(identityOf({ events: ["dsync.user.deleted", "dsync.user.created"] })).toBe(narrow);
  expect(identityOf({ organizationId: "org_1" })).not.toBe(identityOf());
});

test("a log that has moved is known by its old address through the same filter", () => {
  const [before, now] = ["http://before.test", "http://now.test"].map(
    (baseUrl) => new DirectorySync({ apiKey: "sk_test_1", baseUrl }),
  ) as [DirectorySync, DirectorySync];
  const part = { organizationId: "org_1" };
  const moved = eventsApiSource(now, { ...part, movedFrom: "http://before.test" });
  expect(moved.formerIdentity).toBe(eventsApiSource(before, part).identity);
  expect(eventsApiSource(now, part).formerIdentity).toBeUndefined();
});

describe("a request that was begun before the thread is held", () => {
  /** True when the second request arrives while nothing else happens here. */
  async function arrives(wait: (source: EventSource) => Promise<void> | undefined): Promise<boolean> {
    const seen = new Int32Array(new SharedArrayBuffer(4));
    const server = new Worker(logOfTwoPages, { eval: true, workerData: { seen, events: makeLog(1, 1) } });
    onTestFinished(async () => {
      await server.terminate();
    });
    const [url] = (await once(server, "message")) as [string];
    const source = eventsApiSource(new DirectorySync({ apiKey: "sk_test", baseUrl: url, retriesMax: 0 }));
    const read = (after: string | null) => source.read(after, { from: "start" }, new AbortController().signal);
    await read(null);
    const second = read("event_000001");
    await wait(source);
    const arrival = Atomics.wait(seen, 0, 1, 500);
    await second;
    return arrival !== "timed-out";
  }

  test("arrives meanwhile, once it is sent", async () => {
    expect(await arrives((source) => source.sent?.())).toBe(true);
  });

  test("(control) and does not where nobody waits for that", async () => {
    expect(await arrives(() => undefined)).toBe(false);
  });
});

const logOfTwoPages = `
  const { createServer } = require("node:http");
  const { parentPort, workerData: { seen, events } } = require("node:worker_threads");
  const server = createServer((request, response) => {
    const isFirst = Atomics.add(seen, 0, 1) === 0;
    Atomics.notify(seen, 0);
    const list_metadata = { after: isFirst ? "event_000001" : null };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ object: "list", data: isFirst ? events : [], list_metadata }));
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage("http://127.0.0.1:" + server.address().port));
`;
