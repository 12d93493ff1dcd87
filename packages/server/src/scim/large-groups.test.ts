import { get } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connect, send } from "../fixtures/in-process.ts";
import type { Connected } from "../fixtures/in-process.ts";
import { apiKey } from "../fixtures/running-server.ts";
import { createServer } from "../index.ts";
import type { DirsyncServer } from "../index.ts";
import { pageOfGroups } from "./lists/group-list.ts";
import { parseProjection } from "./lists/projection.ts";

/*
 * Groups with more members than an answer is held for as a whole: their members are sent while they are read. The reader
 * here takes one piece at a time, so what happens between two of them is no matter of luck.
 */

const membersMade = 2_500;

interface GroupBody {
  readonly id: string;
  readonly displayName: string;
  readonly members: readonly { readonly value: string; readonly display?: string; readonly $ref?: string }[];
  readonly meta: { readonly version: string };
}

let server: DirsyncServer;
let directory: Connected;
let userIds: string[];
let group: { id: string; displayName: string; version: string };
let groups = 0;
let url: string;

async function made(path: string, body: unknown): Promise<GroupBody> {
  return (await send(server, `POST ${directory.path}${path}`, { token: directory.token, body })) as GroupBody;
}

function ask(path: string, call: RequestInit = {}): Promise<Response> {
  const headers = { Authorization: `Bearer ${directory.token}` };
  return server.fetch(new Request(`http://x.test${directory.path}${path}`, { ...call, headers }));
}

const read = async (path: string): Promise<GroupBody> => (await (await ask(path)).json()) as GroupBody;

const patch = (path: string, ...operations: readonly unknown[]): Promise<Response> =>
  ask(path, { method: "PATCH", body: JSON.stringify({ Operations: operations }) });

/** Takes the first piece of an answer and is gone. */
async function hangUpOn(address: string, headers: Readonly<Record<string, string>>): Promise<void> {
  await new Promise<void>((resolve) => {
    get(address, { headers }, (response) => {
      response.once("data", () => {
        response.destroy();
        resolve();
      });
    });
  });
}

const idsOf = (body: Pick<GroupBody, "members">): string[] => body.members.map(({ value }) => value);

describe("a group of thousands", () => {
  beforeAll(async () => {
    server = await createServer({ dataFile: ":memory:", apiKey });
    url = (await server.listen({ port: 0, host: "127.0.0.1" })).url;
    directory = await connect(server);
    const users = Array.from({ length: membersMade }, (_, index) => `u${String(index)}@x.test`);
    userIds = await Promise.all(users.map(async (userName) => (await made("/Users", { userName })).id));
  }, 60_000);
  afterAll(() => server.close());

  beforeEach(async () => {
    const members = userIds.map((value) => ({ value }));
    groups += 1;
    const displayName = `All ${String(groups)}`;
    const created = await made("/Groups", { displayName, members });
    group = { id: created.id, displayName, version: created.meta.version };
  });

  test("is read whole, with its address and version", async () => {
    const answer = await ask(`/Groups/${group.id}`);
    expect(answer.headers.get("content-type")).toBe("application/scim+json");
    expect(answer.headers.get("etag")).toBe(group.version);
    const body = (await answer.json()) as GroupBody;
    expect(answer.headers.get("location")).toContain(`/Groups/${group.id}`);
    expect(answer.headers.get("content-location")).toBe(answer.headers.get("location"));
    expect(body).toMatchObject({ id: group.id, displayName: group.displayName, meta: { version: group.version } });
    expect(idsOf(body)).toEqual(userIds);
    expect(body.members[7]?.display).toBe("u7@x.test");
  });

  test("shows of its members what is asked for", async () => {
    const values = await read(`/Groups/${group.id}?attributes=members.value`);
    expect(values.members).toEqual(userIds.map((value) => ({ value })));
    expect(values.displayName).toBeUndefined();
    const plain = await read(`/Groups/${group.id}?excludedAttributes=members.$ref,meta`);
    expect(Object.keys(plain.members[0] ?? {}).sort()).toEqual(["display", "value"]);
    expect(plain.meta).toBeUndefined();
    expect((await read(`/Groups/${group.id}?excludedAttributes=members`)).members).toBeUndefined();
  });

  test("is the group of one moment, whatever changes while it is read", async () => {
    const answer = await ask(`/Groups/${group.id}`);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const chunks: Uint8Array[] = [];
    const take = async (): Promise<boolean> => {
      const result = await reader.read();
      if (!result.done) chunks.push(result.value);
      return !result.done;
    };
    await take();
    await take();
    const late = await made("/Users", { userName: "late@x.test" });
    await patch(
      `/Groups/${group.id}`,
      { op: "add", path: "members", value: [{ value: late.id }] },
      { op: "remove", path: `members[value eq "${userIds.at(-1) ?? ""}"]` },
    );
    while (await take());
    const body = JSON.parse(Buffer.concat(chunks).toString()) as GroupBody;
    expect(idsOf(body)).toEqual(userIds);
    expect(body.meta.version).toBe(answer.headers.get("etag"));
    const after = await read(`/Groups/${group.id}`);
    expect(idsOf(after)).toEqual([...userIds.slice(0, -1), late.id]);
    expect(after.meta.version).not.toBe(group.version);
  });

  test("that nobody reads to the end stops being made", async () => {
    const answer = await ask(`/Groups/${group.id}`);
    await answer.body?.cancel();
    expect((await ask("/Users?count=1")).status).toBe(200);
  });

  test("stands in a list like any other, and answers a change with all of it where that is asked for", async () => {
    await made("/Groups", { displayName: "None" });
    const path = `/Groups?sortBy=id&sortOrder=descending&count=2`;
    const list = (await (await ask(path)).json()) as { itemsPerPage: number; Resources: GroupBody[] };
    expect(list).toMatchObject({ totalResults: groups + 1, startIndex: 1, itemsPerPage: 2 });
    expect(list.Resources.map((each) => each.members.length)).toEqual([0, membersMade]);
    const root = (await (await ask(`/?filter=displayName eq "${group.displayName}"`)).json()) as {
      Resources: GroupBody[];
    };
    expect(idsOf(root.Resources[0] ?? { members: [] })).toEqual(userIds);
    const renamed = await ask(`/Groups/${group.id}?attributes=members,displayName`, {
      method: "PATCH",
      body: JSON.stringify({ Operations: [{ op: "replace", path: "displayName", value: "Everybody" }] }),
    });
    const body = (await renamed.json()) as GroupBody;
    expect([renamed.status, body.displayName, body.members.length]).toEqual([200, "Everybody", membersMade]);
  });

  test("loses nobody when single members come and go all at once", async () => {
    const path = `/Groups/${group.id}`;
    const leavers = userIds.slice(0, 40);
    const joiners = await Promise.all(
      Array.from(
        { length: 40 },
        async (_, index) => (await made("/Users", { userName: `j${String(index)}` + "@x.test" })).id,
      ),
    );
    const answers = await Promise.all([
      ...leavers.map((id) => patch(path, { op: "remove", path: `members[value eq "${id}"]` })),
      ...joiners.map((id) => patch(path, { op: "Add", path: "members", value: [{ $ref: null, value: id }] })),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    expect(idsOf(await read(path))).toEqual([...userIds.slice(40), ...joiners]);
  });

  test("is sent to its end by a server that closes, and cut where there is nothing left to read it from", async () => {
    const headers = { Authorization: `Bearer ${directory.token}` };
    const address = `${url}${directory.path}/Groups/${group.id}`;
    await hangUpOn(address, headers);
    const begun = await fetch(address, { headers });
    const notBegun = await ask(`/Groups/${group.id}`);
    const closing = server.close();
    expect(idsOf((await begun.json()) as GroupBody)).toEqual(userIds);
    await closing;
    await expect(notBegun.text()).rejects.toThrow("closed");
  });
});

describe("a page of groups", () => {
  const rows = (...counts: readonly number[]) => counts.map((member_count) => ({ member_count }));
  test.each([
    ["all that fit", [50_000, 50_000], 2],
    ["none beyond a hundred thousand members", [60_000, 40_000, 1], 2],
    ["one at least", [250_000, 1], 1],
    ["groups without members at any rate", [100_000, 0, 0], 3],
    ["nothing when there is nothing", [], 0],
  ])("holds %s", (_name, counts, expected) => {
    expect(pageOfGroups(rows(...counts), { mode: "all", paths: [] })).toHaveLength(expected);
    const without = parseProjection("Group", { attributes: null, excludedAttributes: "members" });
    expect(pageOfGroups(rows(...counts), without)).toHaveLength(counts.length);
  });
});
