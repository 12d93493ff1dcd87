/** The list endpoints of a real service as a scan reads them, one page or one thing at a time, while people come and go. */
import { type ListedRow, listsApiSource, type ListsSource, walkList } from "@dirsync/consumer";
import { DirectorySync } from "@dirsync/sdk";
import { createServer, type DirsyncServer } from "@dirsync/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, type Fault, FaultProxy } from "../support/fault-proxy.ts";
import { requestBy, requests, type ScimAccess } from "../support/scim-request.ts";

const apiKey = "sk_test_lists";
const signal = new AbortController().signal;

let server: DirsyncServer;
let proxy: FaultProxy;
let client: DirectorySync;
let source: ListsSource;
let directoryId: string;
let scim: ScimAccess;

beforeEach(async () => {
  server = await createServer({ dataFile: ":memory:", apiKey });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  proxy = await FaultProxy.start(url);
  client = new DirectorySync({ apiKey, baseUrl: proxy.url, retriesMax: 0 });
  source = listsApiSource(client);
  const created = await client.directories.create({ name: "Acme", type: "generic scim v2.0", soft_delete: false });
  directoryId = created.id;
  scim = { scimUrl: created.scim.base_url, token: created.scim.bearer_token };
});

afterEach(async () => {
  await proxy.close();
  await server.close();
});

async function make(call: ReturnType<typeof requests.createGroup>): Promise<string> {
  const { status, body } = await requestBy(scim, call);
  expect(status).toBe(201);
  return (JSON.parse(body) as { readonly id: string }).id;
}

async function hire(count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let hired = 0; hired < count; hired += 1) {
    ids.push(await make(requests.createUser(`u${hired}@acme.test`, "Engineer")));
  }
  return ids;
}

async function remove(kind: "Users" | "Groups", id: string): Promise<void> {
  expect(await requestBy(scim, requests.delete(kind, id))).toMatchObject({ status: 204 });
}

const idsOf = (rows: readonly ListedRow[]): readonly string[] => rows.map(({ id }) => id);

describe("the client's walk of a list", () => {
  test.each([
    ["asc", {}, [0, 1, 2, 3, 4]],
    ["asc", { after: 2 }, [3, 4]],
    ["asc", { before: 2 }, [1, 0]],
    ["desc", {}, [4, 3, 2, 1, 0]],
    ["desc", { after: 2 }, [1, 0]],
    ["desc", { before: 2 }, [3, 4]],
    ["normal", {}, [4, 3, 2, 1, 0]],
    ["normal", { after: 2 }, [3, 4]],
    ["normal", { before: 2 }, [1, 0]],
  ] as const)("in order %s from %j reaches its end", async (order, from, expected) => {
    const ids = await hire(5);
    const cursor = Object.fromEntries(Object.entries(from).map(([name, index]) => [name, ids[index]]));
    const users = client.users.list({ directory: directoryId, order, limit: 1, ...cursor });
    expect((await users.toArray({ max: 10 })).map(({ id }) => ids.indexOf(id))).toEqual(expected);
  });
});

describe("a page", () => {
  test("of each list has what the service lists, oldest first", async () => {
    const [first = "", second = ""] = await hire(2);
    const group = await make(requests.createGroup("Sales"));
    const empty = await make(requests.createGroup("Empty"));
    await requestBy(scim, requests.addMembers(group, [second]));
    const read = async (collection: Parameters<ListsSource["page"]>[0]) =>
      idsOf((await source.page(collection, null, signal)).rows);
    const organizationId = String((await client.directories.get(directoryId)).organization_id);
    expect(await read({ kind: "directory" })).toEqual([directoryId]);
    expect(await read({ kind: "directory", organizationId })).toEqual([directoryId]);
    expect(await read({ kind: "directory", organizationId: "org_other" })).toEqual([]);
    expect(await read({ kind: "user", directoryId })).toEqual([first, second]);
    expect(await read({ kind: "group", directoryId })).toEqual([group, empty]);
    expect(await read({ kind: "membership", directoryId, groupId: group })).toEqual([second]);
    expect(await read({ kind: "membership", directoryId, groupId: empty })).toEqual([]);
    expect(source.identity).toBe(proxy.url);
  });

  test.each([
    ["a directory", () => source.page({ kind: "user", directoryId: "directory_gone" }, null, signal), 404],
    [
      "a group",
      () => source.page({ kind: "membership", directoryId, groupId: "directory_group_gone" }, null, signal),
      404,
    ],
    ["a cursor", () => source.page({ kind: "user", directoryId }, "directory_user_gone", signal), 400],
  ])("after %s that the service does not know is an error with its status", async (_name, read, status) => {
    await expect(read()).rejects.toMatchObject({ name: "ApiError", status });
  });
});

describe("one thing", () => {
  test("is there or is null, memberships through any number of groups", async () => {
    const [member = "", other = ""] = await hire(2);
    const groups: string[] = [];
    for (let index = 0; index < 5; index += 1) groups.push(await make(requests.createGroup(`G${index}`)));
    for (const group of groups) await requestBy(scim, requests.addMembers(group, [member]));
    proxy.fault = pagesOf(2);
    const groupId = groups.at(-1) ?? "";
    const id = async (reference: Parameters<ListsSource["get"]>[0]) =>
      (await source.get(reference, signal))?.id ?? null;
    expect(await id({ kind: "directory", id: directoryId })).toBe(directoryId);
    expect(await id({ kind: "user", directoryId, id: member })).toBe(member);
    expect(await id({ kind: "group", directoryId, id: groupId })).toBe(groupId);
    expect(await id({ kind: "membership", directoryId, groupId, userId: member })).toBe(member);
    expect(await id({ kind: "membership", directoryId, groupId, userId: other })).toBeNull();
    await remove("Users", member);
    await remove("Groups", groupId);
    expect(await id({ kind: "user", directoryId, id: member })).toBeNull();
    expect(await id({ kind: "membership", directoryId, groupId, userId: member })).toBeNull();
    expect(await id({ kind: "group", directoryId, id: groupId })).toBeNull();
    expect(await id({ kind: "directory", id: "directory_gone" })).toBeNull();
  });

  test("that could not be asked for is an error, and not absent", async () => {
    proxy.fault = answer(503, "{}");
    await expect(source.get({ kind: "user", directoryId, id: "directory_user_1" }, signal)).rejects.toMatchObject({
      status: 503,
    });
  });

  test("is not asked for once the work is called off", async () => {
    await expect(source.get({ kind: "directory", id: directoryId }, AbortSignal.abort())).rejects.toThrow(/aborted/);
    expect(proxy.arrivals).toHaveLength(1);
  });
});

/** What services do with a cursor whose row is gone. Ours keeps the place. */
const dialects: readonly [string, (gone: ReadonlySet<string>) => Fault][] = [
  ["keeps its place", () => pagesOf(3)],
  ["is an error", (gone) => pagesOf(3, { gone, instead: answer(400, '{"message":"No such cursor."}') })],
  ["begins again, silently", (gone) => pagesOf(3, { gone, instead: pagesOf(3, { fromStart: true }) })],
];

describe.each(dialects)("where the cursor of a deleted user %s, a walk", (_name, faultFor) => {
  test("shows everybody who is there all the time, once each", async () => {
    const ids = await hire(12);
    const gone = new Set<string>();
    proxy.fault = faultFor(gone);
    const seen: string[] = [];
    for await (const rows of walkList({ source, collection: { kind: "user", directoryId }, signal })) {
      seen.push(...idsOf(rows));
      // The cursor, and sometimes the one before it.
      for (const id of seen.length === 6 ? [...seen].slice(-2) : [...seen].slice(-1)) {
        gone.add(id);
        await remove("Users", id);
      }
    }
    expect(seen).toEqual(ids);
    expect(gone.size).toBeGreaterThanOrEqual(4);
  });

  test("ends with an error when its whole page is gone, or its directory", async () => {
    await hire(9);
    const gone = new Set<string>();
    proxy.fault = faultFor(gone);
    const walk = walkList({ source, collection: { kind: "user", directoryId }, signal });
    const first = await walk.next();
    for (const id of idsOf(first.value ?? [])) gone.add(id);
    await client.directories.delete(directoryId);
    await expect(walk.next()).rejects.toMatchObject({ status: 404 });
  });
});

test("a walk that finds no way on says that another one may", async () => {
  await hire(6);
  const gone = new Set<string>();
  proxy.fault = pagesOf(3, { gone, instead: answer(400, '{"message":"No such cursor."}') });
  const walk = walkList({ source, collection: { kind: "user", directoryId }, signal });
  for (const id of idsOf((await walk.next()).value ?? [])) gone.add(id);
  await expect(walk.next()).rejects.toMatchObject({ code: "list_lost", retryable: true });
});

interface Dialect {
  readonly gone?: ReadonlySet<string>;
  readonly instead?: Fault;
  readonly fromStart?: boolean;
}

/** The service's own answers, in pages of `rows`; cursors in `gone` are answered by `instead`. */
function pagesOf(rows: number, { gone, instead, fromStart = false }: Dialect = {}): Fault {
  return async (call) => {
    const url = new URL(call.url);
    if (instead !== undefined && gone?.has(url.searchParams.get("after") ?? "") === true) return instead(call);
    if (fromStart) url.searchParams.delete("after");
    if (url.searchParams.has("limit")) url.searchParams.set("limit", String(rows));
    const { status, body } = await call.real(url);
    return answer(status, body)(call);
  };
}
