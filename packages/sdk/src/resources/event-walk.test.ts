import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DirectorySync } from "../client.ts";
import { failure } from "../http/test-calls.ts";
import { json, listBody, serve, type Answer, type SeenRequest, type TestServer } from "../http/test-server.ts";
import type { EventBatch } from "./event-walk.ts";

const startMs = Date.parse("2026-01-15T12:00:00.000Z");
const names = ["dsync.user.created"] as const;

function event(number: number, createdMs = startMs + number * 1_000) {
  return { ...envelope, id: `event_${number}`, created_at: new Date(createdMs).toISOString() };
}

const envelope = { object: "event", event: "dsync.user.created", data: { id: "u" } };

async function logOf(answer: Answer): Promise<{ server: TestServer; client: DirectorySync }> {
  const server = await serve(answer);
  return { server, client: new DirectorySync({ apiKey: "sk_test", baseUrl: server.url, retriesMax: 0 }) };
}

/** Pages by the cursor that asks for them; the first one is at "". */
function pagesAt(pages: Readonly<Record<string, readonly [events: readonly object[], after: string | null]>>): Answer {
  return ({ query }, response) => {
    const [events, after] = pages[query.get("after") ?? ""] ?? [[], null];
    json(response, listBody(events, after));
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Where a request stands in a service that holds `total` events. */
function pageOf(request: SeenRequest, total: number): readonly [first: number, last: number] {
  const after = Number(request.query.get("after")?.replace("event_", "") ?? 0);
  return [after + 1, Math.min(after + Number(request.query.get("limit")), total)];
}

describe("a walk along the log", () => {
  test("asks for oldest first and a limit each time, and goes on over empty pages to the end", async () => {
    const { server, client } = await logOf(
      pagesAt({
        "": [[event(1), event(2)], "event_2"],
        event_2: [[], "event_20"],
        event_20: [[], "event_40"],
        event_40: [[event(41)], "event_41"],
        event_41: [[], null],
      }),
    );
    const walk = client.events.iterate({ events: names, organization_id: "org_1" });
    expect((await collect(walk)).map(({ id }) => id)).toEqual(["event_1", "event_2", "event_41"]);
    const shared = { events: names[0], organization_id: "org_1", limit: "100", order: "asc" };
    for (const { query } of server.requests) expect(Object.fromEntries(query)).toMatchObject(shared);
    expect(server.requests).toHaveLength(5);
  });

  test("tells the position to store after each page: the last event, also over pages without one", async () => {
    const { client } = await logOf(
      pagesAt({
        event_0: [[], "event_1"],
        event_1: [[event(2), event(3)], "event_3"],
        event_3: [[], "event_9"],
        event_9: [[event(10)], null],
      }),
    );
    const seen = await collect(client.events.iterate({ events: names, after: "event_0" }).pages());
    expect(seen.map(({ events, cursor }) => [events.length, cursor])).toEqual([
      [0, "event_0"],
      [2, "event_3"],
      [0, "event_3"],
      [1, "event_10"],
    ]);
  });

  test("has no position where there has been no event", async () => {
    const { client } = await logOf(pagesAt({ "": [[], null] }));
    expect(await collect(client.events.iterate({ events: names }).pages())).toEqual([{ events: [], cursor: null }]);
  });

  test("begins at range_start, and walks again from there", async () => {
    const { server, client } = await logOf(pagesAt({ "": [[event(1)], "event_1"], event_1: [[event(2)], null] }));
    const walk = client.events.iterate({ events: names, range_start: "2026-01-15T00:00:00Z" });
    expect(await collect(walk)).toEqual(await collect(walk));
    expect(server.requests.map(({ query }) => query.has("range_start"))).toEqual([true, false, true, false]);
  });

  test("can be left and resumed anywhere without a gap or a repeat", async () => {
    const total = 47;
    const { client } = await logOf((request, response) => {
      const [first, last] = pageOf(request, total);
      const events = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => event(first + index));
      json(response, listBody(events, last < total ? `event_${last}` : null));
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: total }), async (limit, leaveAt) => {
        const ids: string[] = [];
        for await (const { id } of client.events.iterate({ events: names, limit })) {
          ids.push(id);
          if (ids.length === leaveAt) break;
        }
        for await (const { id } of client.events.iterate({ events: names, limit, after: ids.at(-1) })) ids.push(id);
        expect(ids).toEqual(Array.from({ length: total }, (_, index) => `event_${index + 1}`));
      }),
      { numRuns: 15 },
    );
  });

  test("ends with the signal of its last argument, between two pages too", async () => {
    const { server, client } = await logOf(pagesAt({ "": [[event(1)], "event_1"], event_1: [[event(2)], null] }));
    const controller = new AbortController();
    const seen: EventBatch[] = [];
    const walk = async (): Promise<void> => {
      for await (const page of client.events.iterate({ events: names }, { signal: controller.signal }).pages()) {
        seen.push(page);
        controller.abort();
      }
    };
    expect(await failure(walk())).toMatchObject({ name: "ConnectionError", code: "aborted" });
    expect(seen).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
  });
});

describe("a walk refuses a log that cannot be followed", () => {
  const longAgo = startMs - 3_600_000;

  test.each([
    ["a page newest first", { "": [[event(3), event(2)], null] }, "descending_page"],
    [
      "pages that run backwards, one event each",
      { "": [[event(9)], "event_9"], event_9: [[event(8, longAgo)], null] },
      "descending_page",
    ],
    [
      "a log that begins again behind the cursor",
      { "": [[event(9)], "event_9"], event_9: [[event(1, longAgo), event(2, longAgo + 1)], "event_2"] },
      "descending_page",
    ],
    [
      "a page that comes again under another cursor",
      { "": [[event(1), event(2)], "a"], a: [[event(1), event(2)], "b"] },
      "page_repeated",
    ],
    ["pages that overlap", { "": [[event(1), event(2)], "a"], a: [[event(2), event(3)], null] }, "page_repeated"],
    [
      "pages that overlap, with an empty one between them",
      { "": [[event(1), event(2)], "a"], a: [[], "b"], b: [[event(2), event(3)], null] },
      "page_repeated",
    ],
    ["a cursor that stays where it is", { "": [[event(1)], "a"], a: [[event(2)], "a"] }, "cursor_not_advancing"],
    ["empty pages that lead in a circle", { "": [[], "a"], a: [[], "b"], b: [[], "a"] }, "cursor_not_advancing"],
    [
      "a page that holds its own cursor",
      { "": [[event(1)], "event_1"], event_1: [[event(1)], null] },
      "cursor_ignored",
    ],
  ] as const)("%s", async (_name, pages, code) => {
    const { client } = await logOf(pagesAt(pages));
    const error = await failure(collect(client.events.iterate({ events: names })));
    expect(error).toMatchObject({ name: "ContractError", code, retryable: false });
  });

  test.each([
    ["for a page among whose events one was made long ago, which is late", [event(9)], [event(2, longAgo), event(10)]],
    ["for a page that was made while the page before was", [event(1, longAgo), event(9)], [event(10, longAgo + 1_000)]],
  ])("but not %s", async (_name, first, second) => {
    const { client } = await logOf(pagesAt({ "": [first, "a"], a: [second, null] }));
    expect(await collect(client.events.iterate({ events: names }))).toEqual([...first, ...second]);
  });

  test("but not for a step back of a second, which is only a clock", async () => {
    const { client } = await logOf(pagesAt({ "": [[event(9)], "a"], a: [[event(8)], null] }));
    expect(await collect(client.events.iterate({ events: names }))).toHaveLength(2);
  });
});
