import type { DirectoryEvent, List } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { fields, runtimeWith, startServer } from "../fixtures/running-server.ts";
import type { Answer } from "../fixtures/running-server.ts";
import { serviceEventNames } from "./service-events.ts";

const page = (answer: Answer) => answer.body as List<DirectoryEvent>;
const ids = (answer: Answer) => page(answer).data.map((event) => event.id);

/** A server whose log holds dsync.activated and five dsync.user.created, one second apart. */
async function withLog() {
  const clock = { ms: Date.UTC(2026, 10, 23, 12) };
  const running = await startServer({ runtime: runtimeWith({ now: () => clock.ms }) });
  const directory = await running.createDirectory();
  for (let index = 0; index < 5; index += 1) {
    clock.ms += 1_000;
    await directory.scim("/Users", { method: "POST", body: { userName: `u${String(index)}@x.test` } });
  }
  const log = await running.events();
  return { running, directory, log, logIds: log.map((event) => event.id), clock };
}

const both = ["dsync.activated", "dsync.user.created"];

describe("the events filter", () => {
  test.each([
    ["a comma list", "events=dsync.activated,dsync.user.created"],
    ["an encoded comma list", "events=dsync.activated%2Cdsync.user.created"],
    ["repeated", "events=dsync.activated&events=dsync.user.created"],
    ["with brackets", "events[]=dsync.activated&events[]=dsync.user.created"],
    ["with encoded brackets", "events%5B%5D=dsync.activated&events%5B%5D=dsync.user.created"],
    ["indexed", "events[0]=dsync.activated&events[1]=dsync.user.created"],
    ["a mixture", "events[]=dsync.activated&events=dsync.user.created,dsync.deleted&events=dsync.activated"],
  ])("%s", async (_name, query) => {
    const { running, logIds } = await withLog();
    expect(ids(await running.api(`/events?${query}`))).toEqual(logIds);
  });

  test("gives the named types only", async () => {
    const { running, logIds } = await withLog();
    expect(ids(await running.api("/events?events=dsync.activated"))).toEqual(logIds.slice(0, 1));
    expect(ids(await running.api("/events?events=dsync.group.created,dsync.token.revoked"))).toEqual([]);
  });

  test.each([["events="], ["events=,"], [""], ["events[]="], ["event=dsync.activated"]])(
    "%j is a 422: the filter is required",
    async (query) => {
      const running = await startServer();
      const answer = await running.api(`/events?${query}`);
      expect([answer.status, answer.body]).toEqual([
        422,
        { message: "Validation failed.", errors: [{ code: "required", field: "events" }] },
      ]);
    },
  );

  test("takes names of the service that never occur here, beside others and alone", async () => {
    const { running, logIds } = await withLog();
    const ask = (names: readonly string[], rest = "") => running.api(`/events?events[]=${names.join(",")}${rest}`);
    expect(ids(await ask(["user.created", ...both, "vault.data.read"]))).toEqual(logIds);
    expect(ids(await ask(serviceEventNames))).toHaveLength(logIds.length + 1);
    const alone = await ask(["user.created", "session.revoked"]);
    expect([alone.status, ids(alone)]).toEqual([200, []]);
    const lost = await ask(["user.created"], "&after=event_01HZZZZZZZZZZZZZZZZZZZZZZZ");
    expect([lost.status, lost.body]).toMatchObject([400, { code: "event_cursor_not_found" }]);
  });

  test("one unknown name refuses the whole request", async () => {
    const running = await startServer();
    const answer = await running.api("/events?events=dsync.activated,user.created,dsync.user.exploded");
    expect([answer.status, answer.body]).toEqual([
      400,
      {
        code: "invalid_events_request",
        message: "Invalid name parameter, received: 'dsync.user.exploded'. You must pass in valid event names",
      },
    ]);
  });
});

describe("the cursor", () => {
  test("walks the log in order, and the end is null", async () => {
    const { running, logIds } = await withLog();
    const pages: string[][] = [];
    let after: string | null = null;
    do {
      const cursor: string = after === null ? "" : `&after=${after}`;
      const answer = await running.api(`/events?events=${both.join()}&limit=4${cursor}`);
      pages.push(ids(answer));
      after = page(answer).list_metadata.after ?? null;
    } while (after !== null);
    expect(pages).toEqual([logIds.slice(0, 4), logIds.slice(4)]);
  });

  test.each(["asc", "desc", "normal"])("order=%s changes nothing, as on the live service", async (order) => {
    const { running, logIds } = await withLog();
    expect(ids(await running.api(`/events?events=${both.join()}&order=${order}`))).toEqual(logIds);
  });

  test("at the end of the log there is nothing, and later what has come since", async () => {
    const { running, directory, logIds } = await withLog();
    const query = `/events?events=${both.join()}&after=${logIds.at(-1) ?? ""}`;
    const end = await running.api(query);
    expect(end.body).toEqual({ object: "list", data: [], list_metadata: { after: null } });
    await directory.scim("/Users", { method: "POST", body: { userName: "late@x.test" } });
    expect(page(await running.api(query)).data).toMatchObject([{ event: "dsync.user.created" }]);
  });

  test("an event that the filter leaves out is a cursor like any other", async () => {
    const { running, logIds } = await withLog();
    const answer = await running.api(`/events?events=dsync.user.created&after=${logIds[0] ?? ""}&limit=2`);
    expect(ids(answer)).toEqual(logIds.slice(1, 3));
  });

  test.each([["event_01ARZ3NDEKTSV4RRFFQ69G5FAV"], ["nonsense"], [""], ["directory_user_01ARZ3NDEKTSV4RRFFQ69G5FAV"]])(
    "%j is refused with a code, never answered with page one",
    async (cursor) => {
      const { running, logIds } = await withLog();
      for (const parameter of ["after", "before"]) {
        const answer = await running.api(`/events?events=${both.join()}&${parameter}=${cursor}`);
        expect(answer.status).toBe(400);
        expect(answer.body).toMatchObject({ code: "event_cursor_not_found", cursor, oldest_event_id: logIds[0] });
      }
    },
  );

  test("before ends the page", async () => {
    const { running, logIds } = await withLog();
    const answer = await running.api(
      `/events?events=${both.join()}&after=${logIds[0] ?? ""}&before=${logIds[3] ?? ""}`,
    );
    expect(ids(answer)).toEqual(logIds.slice(1, 3));
  });

  test.each([["limit=0"], ["limit=101"], ["limit=x"], ["order=up"], ["range_start=yesterday"], ["range_end=x"]])(
    "%s is a 422",
    async (query) => {
      const running = await startServer();
      expect((await running.api(`/events?events=dsync.activated&${query}`)).status).toBe(422);
    },
  );
});

describe("ranges", () => {
  test("the start is included, the end is not", async () => {
    const { running, log, logIds } = await withLog();
    const at = (index: number) => encodeURIComponent(log[index]?.created_at ?? "");
    const range = async (query: string) => ids(await running.api(`/events?events=${both.join()}&${query}`));
    expect(await range(`range_start=${at(2)}&range_end=${at(4)}`)).toEqual(logIds.slice(2, 4));
    expect(await range(`range_start=${at(3)}`)).toEqual(logIds.slice(3));
    expect(await range(`range_end=${at(1)}`)).toEqual(logIds.slice(0, 1));
    expect(await range(`after=${logIds[0] ?? ""}&range_end=${at(2)}`)).toEqual(logIds.slice(1, 2));
    expect(await range("range_start=2000-01-01T00:00:00Z")).toEqual(logIds);
    expect(await range("range_start=2100-01-01T00:00:00Z")).toEqual([]);
    expect(await range(`range_start=${at(4)}&range_end=${at(2)}`)).toEqual([]);
  });

  test.each(["", "0", "1700000000000", "Nov 24, 2026", "2026-02-30", "2026-11-24T01:02:03 02:00"])(
    "%j is no ISO 8601 time, and the refusal names the field",
    async (time) => {
      const running = await startServer();
      for (const field of ["range_start", "range_end"]) {
        const answer = await running.api(`/events?events=dsync.activated&${field}=${encodeURIComponent(time)}`);
        expect(answer).toMatchObject({ status: 422, body: { errors: [{ code: "invalid", field }] } });
      }
    },
  );

  test("a start in time and a cursor exclude each other", async () => {
    const { running, logIds } = await withLog();
    const query = `after=${logIds[0] ?? ""}&range_start=2026-01-01T00:00:00Z`;
    const answer = await running.api(`/events?events=dsync.activated&${query}`);
    expect([answer.status, fields(answer)["code"]]).toEqual([400, "invalid_events_request"]);
  });
});

test("an organization's events are its own, and an unknown one has none", async () => {
  const running = await startServer();
  const [one, other] = [await running.createDirectory(), await running.createDirectory()];
  for (const { scim } of [one, other, one]) {
    await scim("/Users", { method: "POST", body: { userName: `${String(Math.random())}@x.test` } });
  }
  const of = async (organization: string) => {
    const answer = await running.api(`/events?events=${both.join()}&organization_id=${organization}`);
    return page(answer).data.map((event) => event.data["organization_id"]);
  };
  const first = String(one.created.organization_id);
  expect(await of(first)).toEqual([first, first, first]);
  expect(await of(String(other.created.organization_id))).toHaveLength(2);
  expect(await of("org_nope")).toEqual([]);
});

test("every event has the shape of the contract", async () => {
  const running = await startServer();
  const { scim, created } = await running.createDirectory();
  const user = fields(await scim("/Users", { method: "POST", body: { userName: "a@x.test" } }));
  const group = fields(
    await scim("/Groups", { method: "POST", body: { displayName: "G", members: [{ value: user["id"] }] } }),
  );
  const patch = (path: string, value: unknown) =>
    scim(path, { method: "PATCH", body: { Operations: [{ op: "replace", value }] } });
  await patch(`/Users/${String(user["id"])}`, { title: "Lead" });
  await patch(`/Groups/${String(group["id"])}`, { displayName: "H", members: [] });
  await scim(`/Groups/${String(group["id"])}`, { method: "DELETE" });
  await scim(`/Users/${String(user["id"])}`, { method: "DELETE" });
  await running.api(`/directories/${created.id}`, { method: "DELETE" });
  const events = await running.events();
  const names = ["activated", "user.created", "group.created", "group.user_added", "user.updated", "group.updated"];
  const last = ["group.user_removed", "group.deleted", "user.deleted", "deleted"];
  expect(events.map((event) => event.event)).toEqual([...names, ...last].map((name) => `dsync.${name}`));
  for (const event of events) {
    expect(Object.keys(event).sort()).toEqual(["context", "created_at", "data", "event", "id", "object"]);
    expect(event).toMatchObject({ object: "event", context: {} });
    expect(new Date(event.created_at).toISOString()).toBe(event.created_at);
    expect(Object.keys(event.data).sort()).toEqual(keysOf(event.event));
  }
  expect(events[3]?.data).toMatchObject({ user: events[1]?.data, group: events[2]?.data });
  expect(events[0]?.data).toMatchObject({ state: "active", external_key: created.external_key, domains: [] });
});

/** The members of an event's data (contract of the dsync events), sorted. */
function keysOf(name: string): string[] {
  const own = ["id", "object", "organization_id", "created_at", "updated_at"];
  const directory = [...own, "type", "state", "name"];
  const group = [...own, "directory_id", "idp_id", "name", "raw_attributes"];
  const user = [...group, "email", "emails", "first_name", "last_name", "job_title", "username", "state"];
  const keys: Record<string, string[]> = {
    "dsync.activated": [...directory, "domains", "external_key"],
    "dsync.deleted": directory,
    "dsync.group.user_added": ["directory_id", "group", "user"],
    "dsync.group.user_removed": ["directory_id", "group", "user"],
  };
  const object = name.startsWith("dsync.user.") ? [...user, "custom_attributes"] : group;
  const previous = name.endsWith(".updated") ? ["previous_attributes"] : [];
  return (keys[name] ?? [...object, ...previous]).sort();
}
