import { describe, expect, test } from "vitest";
import { DirectorySync } from "../client.ts";
import { CursorExpiredError } from "../errors.ts";
import { failure } from "../http/test-calls.ts";
import { json, listBody, serve, type Answer, type TestServer } from "../http/test-server.ts";

const start = Date.parse("2026-01-15T12:00:00.000Z");
const names = ["dsync.user.created"];

function event(number: number, changes: object = {}) {
  const createdAt = new Date(start + number * 1000).toISOString();
  const base = { object: "event", id: `event_${number}`, event: "dsync.user.created", created_at: createdAt };
  return { ...base, data: { id: `u${number}` }, ...changes };
}

async function logOf(answer: Answer): Promise<{ server: TestServer; client: DirectorySync }> {
  const server = await serve(answer);
  return { server, client: new DirectorySync({ apiKey: "sk_test", baseUrl: server.url, retriesMax: 0 }) };
}

async function pageFailure(data: readonly unknown[], after?: string): Promise<unknown> {
  const { client } = await logOf((_request, response) => json(response, listBody(data)));
  return failure(client.events.page({ events: names, after }));
}

describe("the events log", () => {
  test("is read oldest first, page by page, with order and limit on every request", async () => {
    const { server, client } = await logOf((request, response) => {
      const after = request.query.get("after");
      json(response, after === null ? listBody([event(1), event(2)], "event_2") : listBody([event(3)]));
    });
    const ids: string[] = [];
    for await (const { id } of client.events.list({ events: ["dsync.user.created", "dsync.deleted"] })) ids.push(id);
    expect(ids).toEqual(["event_1", "event_2", "event_3"]);
    expect(server.requests.map((request) => request.target)).toEqual([
      "/events?events=dsync.user.created%2Cdsync.deleted&limit=100&order=asc",
      "/events?events=dsync.user.created%2Cdsync.deleted&after=event_2&limit=100&order=asc",
    ]);
  });

  test("begins at range_start and goes on by cursor, never with both", async () => {
    const { server, client } = await logOf((request, response) => {
      json(response, request.query.has("after") ? listBody([event(2)]) : listBody([event(1)], "event_1"));
    });
    const range = { range_start: "2026-01-15T00:00:00Z", range_end: "2026-01-16T00:00:00Z", organization_id: "org_1" };
    const listing = client.events.list({ events: names, limit: 1, ...range });
    for await (const page of listing.pages()) expect(page.data).toHaveLength(1);
    const [first, second] = server.requests.map(({ query }) => Object.fromEntries(query));
    expect(first).toEqual({ events: names[0], limit: "1", order: "asc", ...range });
    expect(second).toMatchObject({ after: "event_1", range_end: range.range_end, organization_id: "org_1" });
    expect(second).not.toHaveProperty("range_start");
  });

  test.each([undefined, {}, { events: [] }])(
    "is not asked for by %j: names are needed, and advised",
    async (params) => {
      const { server, client } = await logOf((_request, response) => json(response, listBody([])));
      const error = await failure(client.events.page(params as { events: string[] }));
      expect(error).toMatchObject({ where: "events", message: expect.stringContaining("Pass the names") as unknown });
      expect(server.requests).toEqual([]);
    },
  );

  test("does not end at an empty page that has a cursor", async () => {
    const { client } = await logOf((request, response) => {
      json(response, request.query.has("after") ? listBody([event(2)]) : listBody([], "event_1"));
    });
    const ids: string[] = [];
    for await (const { id } of client.events.list({ events: names })) ids.push(id);
    expect(ids).toEqual(["event_2"]);
  });

  test("gives one page with its cursor, which is null at the end of the log", async () => {
    const { client } = await logOf((_request, response) => json(response, listBody([event(1)])));
    const page = await client.events.page({ events: names });
    expect(page.events.map(({ id }) => id)).toEqual(["event_1"]);
    expect(page.after).toBeNull();
  });

  test("an answer without `before`, as the contract allows, is a page", async () => {
    const body = { object: "list", data: [event(1)], list_metadata: { after: null } };
    const { client } = await logOf((_request, response) => json(response, body));
    expect((await client.events.page({ events: names })).events).toHaveLength(1);
  });

  test("an event with a name and fields nobody knows passes through as it is", async () => {
    const unknown = event(1, { event: "dsync.robot.built", data: { id: "r1", arms: 4 }, later: true });
    const { client } = await logOf((_request, response) => json(response, listBody([unknown])));
    expect((await client.events.page({ events: names })).events[0]).toEqual(unknown);
  });
});

describe("the time at which a page was given", () => {
  const whenDated = async (date: string | undefined): Promise<number | null> => {
    const { client } = await logOf((_request, response) => {
      response.sendDate = false;
      json(response, listBody([event(1)]), 200, date === undefined ? {} : { date });
    });
    return (await client.events.page({ events: names })).answeredAtMs;
  };

  test.each([
    ["is the service's own", "Thu, 15 Jan 2026 12:00:07 GMT", Date.parse("2026-01-15T12:00:07Z")],
    ["is unknown where the service does not tell", undefined, null],
    ["is unknown where the service tells it in no known way", "2026-01-15", null],
  ])("%s", async (_name, date, expected) => {
    expect(await whenDated(date)).toBe(expected);
  });
});

describe("what can be salvaged of a page", () => {
  test("are its events, and apart from them what is none, as it came", async () => {
    const bad = event(2, { created_at: 7 });
    const long = event(4, { id: "x".repeat(300) });
    const data = [event(1), bad, event(3), long, "no event", { name: "no id" }];
    const { client } = await logOf((_request, response) => json(response, listBody(data, "event_9")));
    const page = await client.events.salvage({ events: names });
    expect(page).toMatchObject({ events: [event(1), event(3)], after: "event_9" });
    expect(page.refused).toMatchObject([
      { index: 1, id: "event_2", value: bad, issues: [{ path: "data.1.created_at" }] },
      { index: 3, id: long.id, value: long, issues: [{ path: "data.3.id" }] },
      { index: 4, id: null, value: "no event", issues: [{}] },
      { index: 5, id: null, value: { name: "no id" }, issues: [{}, {}, {}, {}] },
    ]);
  });

  test.each([
    ["is no list", { object: "list" }, "contract_broken"],
    ["runs from new to old", listBody([event(2), { id: "bad" }, event(1)]), "descending_page"],
    ["repeats the cursor", listBody([event(0), { id: "bad" }]), "cursor_ignored"],
  ])("is nothing where the page %s", async (_name, body, code) => {
    const { client } = await logOf((_request, response) => json(response, body));
    await expect(client.events.salvage({ events: names, after: "event_0" })).rejects.toMatchObject({ code });
  });
});

describe("an argument that would read the wrong part of the log is refused before a request", () => {
  test.each([
    ["names left out, as JavaScript lets one", {} as { events: string[] }, "events"],
    ["no event names", { events: [] }, "events"],
    ["an empty event name", { events: [""] }, "events"],
    ["an empty after, which must never mean the beginning", { events: names, after: "" }, "after"],
    ["an empty range_start", { events: names, range_start: "" }, "range_start"],
    ["after and range_start together", { events: names, after: "e", range_start: "2026-01-15" }, "range_start"],
    ["a limit of zero", { events: names, limit: 0 }, "limit"],
    ["a limit above the service's", { events: names, limit: 101 }, "limit"],
    ["half a limit", { events: names, limit: 1.5 }, "limit"],
  ])("%s", async (_name, params, where) => {
    const { server, client } = await logOf((_request, response) => json(response, listBody([event(1)])));
    expect(await failure(client.events.page(params))).toMatchObject({ name: "ConfigError", where });
    expect(await failure(client.events.list(params).page())).toMatchObject({ name: "ConfigError", where });
    expect(server.requests).toHaveLength(0);
  });
});

describe("a page that cannot be followed is refused", () => {
  test.each([
    ["newest first", [event(3), event(2), event(1)]],
    ["newest first among equals", [event(3), event(3), event(2)]],
    ["newest first by a second", [event(1), event(1, { created_at: "2026-01-15T12:00:00.000Z" })]],
    [
      "newest first by milliseconds, time after time",
      [7, 5, 4, 2].map((ms) => event(ms, { created_at: `2026-01-15T12:00:00.00${ms}Z` })),
    ],
    [
      "newest first in old stamps without a zone",
      [event(1, { created_at: "2023-04-28 20:05:31.093" }), event(2, { created_at: "2023-04-28 20:05:30.000" })],
    ],
  ])("%s", async (_name, data) => {
    expect(await pageFailure(data)).toMatchObject({ code: "descending_page", retryable: false, name: "ContractError" });
  });

  test.each([
    ["oldest first", [event(1), event(2)]],
    ["with equal stamps", [event(1), event(1, { id: "event_1b" })]],
    ["of one event", [event(1)]],
    ["of none", []],
    [
      "of two whose clocks differ by milliseconds: a log is in order of commit",
      [event(1), event(2, { created_at: "2026-01-15T12:00:00.998Z" })],
    ],
    ["with one step back among steps forward", [event(1), event(3), event(2), event(4)]],
    ["with a stamp that cannot be read", [event(2, { created_at: "yesterday" }), event(1)]],
    [
      "with a zone and without one, read as UTC",
      [event(1, { created_at: "2026-01-15 11:59:00" }), event(2, { created_at: "2026-01-15T13:00:00+01:00" })],
    ],
  ])("but not one %s", async (_name, data) => {
    expect(await pageFailure(data)).toBeUndefined();
  });

  test("because it repeats the cursor: the service has overlooked it", async () => {
    expect(await pageFailure([event(1), event(2)], "event_1")).toMatchObject({
      name: "ContractError",
      code: "cursor_ignored",
      retryable: false,
    });
  });
});

describe("one event without a whole envelope refuses its page and is named", () => {
  test.each([
    ["no id", { id: undefined }, "data.1.id"],
    ["an empty id", { id: "" }, "data.1.id"],
    ["an endless id", { id: "x".repeat(257) }, "data.1.id"],
    ["no name", { event: undefined }, "data.1.event"],
    ["no data", { data: undefined }, "data.1.data"],
    ["data that is a list", { data: [] }, "data.1.data"],
    ["no created_at", { created_at: undefined }, "data.1.created_at"],
  ])("%s", async (_name, changes, path) => {
    const error = await pageFailure([event(1), event(2, changes), event(3)]);
    expect(error).toMatchObject({ name: "ContractError", code: "contract_broken", issues: [{ path }] });
    expect((error as Error).message).toContain(path);
  });

  test.each([
    ["null", null],
    ["a string", "event"],
    ["a list", []],
  ])("%s in place of an event", async (_name, item) => {
    expect(await pageFailure([event(1), item])).toMatchObject({ issues: [{ path: "data.1" }] });
  });

  test.each([
    ["no list", { id: "x" }, "object"],
    ["no data", { object: "list", list_metadata: { after: null } }, "data"],
    ["no metadata", { object: "list", data: [] }, "list_metadata"],
    ["an empty cursor", { object: "list", data: [], list_metadata: { after: "" } }, "list_metadata.after"],
    ["a list", [], ""],
  ])("and so does an answer that is %s", async (_name, body, path) => {
    const { client } = await logOf((_request, response) => json(response, body));
    const error = await failure(client.events.page({ events: names }));
    expect(error).toMatchObject({ issues: expect.arrayContaining([expect.objectContaining({ path })]) as unknown });
  });
});

const lost: readonly (readonly [string, number, unknown])[] = [
  ["our server's code", 400, { code: "event_cursor_not_found", message: "No such event." }],
  ["a code for cursors", 422, { code: "invalid_cursor", message: "Bad cursor." }],
  ["a message with the id", 400, { message: "Event 'event_7' is not in this environment." }],
  ["a message without the id", 404, { message: "Event not found." }],
  ["a message in capitals", 404, { message: "EVENT NOT FOUND" }],
  ["a message about the cursor", 410, { message: "The cursor has expired." }],
  ["a message that nothing was found", 400, { message: "Could not find event." }],
  ["a field", 422, { message: "Validation failed.", errors: [{ code: "invalid", field: "after" }] }],
];

const notLost: readonly (readonly [string, number, unknown])[] = [
  [
    "a bad event name",
    400,
    { code: "invalid_events_request", message: "Invalid name parameter, received: 'event_7'." },
  ],
  ["a code that rules it out", 400, { code: "invalid_events_request", message: "Not found: event_7." }],
  ["a bad event name without its code", 400, { message: "Event type not found: 'x.y'." }],
  ["a missing field", 422, { message: "Validation failed.", errors: [{ code: "required", field: "events" }] }],
  ["an unknown organization", 404, { message: "Organization not found: 'org_1'." }],
  ["a router that has no such path", 404, { message: "Cannot GET /events?events=x&after=event_7" }],
  ["a bare 404", 404, ""],
  ["a wrong key", 401, { message: "Event not found" }],
  ["a failing service", 500, { message: "Event not found: event_7" }],
  ["a rate limit", 429, "Ratelimited"],
];

describe("a refused cursor", () => {
  test.each(lost)("surfaces as CursorExpiredError: %s (%i)", async (_name, status, body) => {
    const { server, client } = await logOf((_request, response) => json(response, body, status));
    const error = await failure(client.events.page({ events: names, after: "event_7" }));
    expect(error).toBeInstanceOf(CursorExpiredError);
    expect(error).toMatchObject({ code: "cursor_expired", cursor: "event_7", retryable: false, cause: { status } });
    expect(server.requests).toHaveLength(1);
  });

  test.each(notLost)("is not what this is: %s (%i) stays an ApiError", async (_name, status, body) => {
    const { client } = await logOf((_request, response) => json(response, body, status));
    const error = await failure(client.events.page({ events: names, after: "event_7" }));
    expect(error).toMatchObject({ name: "ApiError", status });
  });

  test("cannot happen where none was sent", async () => {
    const { client } = await logOf((_request, response) => json(response, { message: "Event not found." }, 404));
    expect(await failure(client.events.page({ events: names }))).toMatchObject({ name: "ApiError", status: 404 });
  });

  test("surfaces from a walk too; the walk never starts again by itself", async () => {
    const { server, client } = await logOf((request, response) => {
      if (!request.query.has("after")) return json(response, listBody([event(1)], "event_1"));
      return json(response, { message: "Event not found." }, 400);
    });
    const seen: string[] = [];
    const walk = async (): Promise<void> => {
      for await (const { id } of client.events.list({ events: names })) seen.push(id);
    };
    expect(await failure(walk())).toMatchObject({ name: "CursorExpiredError", cursor: "event_1" });
    expect(seen).toEqual(["event_1"]);
    expect(server.requests).toHaveLength(2);
  });
});
