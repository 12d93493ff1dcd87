import { describe, expect, test } from "vitest";
import { bodyBytesMax } from "../../http/limits.ts";
import { fields, startServer, text } from "../../fixtures/running-server.ts";
import type { RunningDirectory, RunningServer } from "../../fixtures/running-server.ts";
import { bulkOperationsMax } from "./request.ts";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

interface Result {
  readonly method: string;
  readonly bulkId?: string;
  readonly location?: string;
  readonly version?: string;
  readonly status: string;
  readonly response?: { readonly status: string; readonly scimType?: string; readonly detail: string };
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly bulkId?: string;
  readonly version?: string;
  readonly data?: unknown;
}

const postUser = (name: string, data: object = {}): Sent => ({
  method: "POST",
  path: "/Users",
  bulkId: name,
  data: { userName: `${name}@x.test`, ...data },
});

const postGroup = (name: string, ...members: readonly string[]): Sent => ({
  method: "POST",
  path: "/Groups",
  bulkId: name,
  data: { displayName: name, members: members.map((value) => ({ value })) },
});

const managedBy = (value: string) => ({ [enterprise]: { manager: { value } } });

class Directory {
  constructor(
    readonly running: RunningServer,
    readonly scim: RunningDirectory["scim"],
  ) {}

  async bulk(operations: readonly Sent[], failOnErrors?: number): Promise<readonly Result[]> {
    const body = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      ...(failOnErrors === undefined ? {} : { failOnErrors }),
      Operations: operations,
    };
    const answer = await this.scim("/Bulk", { method: "POST", body });
    expect(answer.status).toBe(200);
    expect(fields(answer)["schemas"]).toEqual(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]);
    return fields(answer)["Operations"] as Result[];
  }

  async at(result: Result | undefined): Promise<Record<string, unknown>> {
    const { pathname } = new URL(result?.location ?? "http://nowhere/Users/none");
    return fields(await this.scim(pathname.replace(/^.*(?=\/(?:Users|Groups))/u, "")));
  }

  async eventNames(): Promise<string[]> {
    return (await this.running.events()).map((event) => event.event.replace("dsync.", "")).slice(1);
  }
}

async function directory(): Promise<Directory> {
  const running = await startServer();
  return new Directory(running, (await running.createDirectory()).scim);
}

const statuses = (results: readonly Result[]): string[] => results.map(({ status }) => status);

const idOf = (result: Result | undefined): string => result?.location?.split("/").at(-1) ?? "none";

describe("a bulk request", () => {
  test("does each operation, and says of each what became of it", async () => {
    const target = await directory();
    const made = await target.bulk([postUser("ann"), postUser("bob")]);
    const [ann, bob] = made;
    const done = await target.bulk([
      { method: "PUT", path: `/Users/${idOf(ann)}`, data: { userName: "ann@x.test", title: "Lead" } },
      {
        method: "patch",
        path: `/Users/${idOf(ann)}`,
        data: { Operations: [{ op: "add", path: "nickName", value: "A" }] },
      },
      { method: "DELETE", path: `/Users/${idOf(bob)}` },
      { method: "DELETE", path: `/Users/${idOf(bob)}` },
      postUser("ann"),
      { method: "POST", path: "/Groups", bulkId: "g", data: {} },
    ]);
    expect(made.map(({ bulkId, method, status }) => [bulkId, method, status])).toEqual([
      ["ann", "POST", "201"],
      ["bob", "POST", "201"],
    ]);
    expect(statuses(done)).toEqual(["200", "200", "204", "404", "409", "400"]);
    expect(await target.at(ann)).toMatchObject({ title: "Lead", nickName: "A", meta: { version: done[1]?.version } });
    expect(done[3]).toMatchObject({ location: bob?.location, response: { status: "404" } });
    expect(done[4]).toMatchObject({ bulkId: "ann", response: { scimType: "uniqueness" } });
    expect(done[5]).not.toHaveProperty("location");
    expect(await target.eventNames()).toEqual([
      "user.created",
      "user.created",
      "user.updated",
      "user.updated",
      "user.deleted",
    ]);
  });

  test("lets an operation refer to what one before it, or after it, makes", async () => {
    const target = await directory();
    const results = await target.bulk([
      postGroup("sales", "bulkId:ann", "bulkId:bob"),
      postUser("ann", managedBy("bulkId:bob")),
      postUser("bob"),
      {
        method: "PATCH",
        path: "/Groups/bulkId:sales",
        data: { Operations: [{ op: "remove", path: "members", value: [{ value: "bulkId:bob" }] }] },
      },
    ]);
    expect(statuses(results)).toEqual(["201", "201", "201", "200"]);
    const [sales, ann, bob] = results;
    expect(await target.at(sales)).toMatchObject({ members: [{ value: idOf(ann) }] });
    expect(await target.at(ann)).toMatchObject(managedBy(idOf(bob)));
    expect(results[3]?.location).toBe(sales?.location);
    expect((await target.eventNames()).filter((name) => name === "user.updated")).toEqual([]);
  });

  test("resolves references that go round in a circle, and to itself", async () => {
    const target = await directory();
    const results = await target.bulk([
      postUser("ann", managedBy("bulkId:bob")),
      postUser("bob", managedBy("bulkId:cat")),
      postUser("cat", managedBy("bulkId:ann")),
      postUser("own", managedBy("bulkId:own")),
      postGroup("all", "bulkId:all", "bulkId:ann"),
    ]);
    expect(statuses(results)).toEqual(Array(5).fill("201"));
    const [ann, bob, cat, own, all] = results;
    expect(await target.at(ann)).toMatchObject(managedBy(idOf(bob)));
    expect(await target.at(bob)).toMatchObject(managedBy(idOf(cat)));
    expect(await target.at(cat)).toMatchObject(managedBy(idOf(ann)));
    expect(await target.at(own)).toMatchObject(managedBy(idOf(own)));
    expect(await target.at(all)).toMatchObject({ members: [{ value: idOf(ann) }] });
    for (const result of results) expect(await target.at(result)).toMatchObject({ meta: { version: result.version } });
  });

  test("refuses what refers to an operation that failed, or to none", async () => {
    const target = await directory();
    const results = await target.bulk([
      { method: "POST", path: "/Users", bulkId: "bad", data: {} },
      postGroup("sales", "bulkId:bad"),
      postGroup("support", "bulkId:nobody"),
      { method: "DELETE", path: "/Users/bulkId:bad" },
      postUser("twice"),
      { ...postUser("other"), bulkId: "twice" },
    ]);
    expect(statuses(results)).toEqual(["400", "409", "400", "409", "201", "400"]);
    expect(await target.eventNames()).toEqual(["user.created"]);
  });

  test.each([
    [1, ["400"]],
    [2, ["400", "201", "400"]],
    [3, ["400", "201", "400", "201", "404"]],
    [4, ["400", "201", "400", "201", "404", "201"]],
  ])("with failOnErrors %i begins no operation after as many have failed", async (failOnErrors, expected) => {
    const target = await directory();
    const bad = { method: "POST", path: "/Users", data: {} };
    const gone = { method: "DELETE", path: "/Users/none" };
    const results = await target.bulk([bad, postUser("a"), bad, postUser("b"), gone, postUser("c")], failOnErrors);
    expect(statuses(results)).toEqual(expected);
    const made = expected.filter((status) => status === "201").length;
    expect(await target.eventNames()).toHaveLength(made);
  });

  test("keeps to the version that an operation names", async () => {
    const target = await directory();
    const [ann] = await target.bulk([postUser("ann")]);
    const patch = (version: string | undefined, title: string): Sent => ({
      method: "PATCH",
      path: `/Users/${idOf(ann)}`,
      ...(version === undefined ? {} : { version }),
      data: { Operations: [{ op: "replace", path: "title", value: title }] },
    });
    const results = await target.bulk([patch(ann?.version, "a"), patch(ann?.version, "b"), patch(undefined, "c")]);
    expect(statuses(results)).toEqual(["200", "412", "200"]);
  });

  test("takes dialects as every request does", async () => {
    const target = await directory();
    const [ann] = await target.bulk([postUser("ann")]);
    const off = { Operations: [{ op: "Replace", path: "active", value: "False" }] };
    expect(statuses(await target.bulk([{ method: "PATCH", path: `Users/${idOf(ann)}`, data: off }]))).toEqual(["200"]);
    expect(await target.at(ann)).toMatchObject({ active: false });
  });

  test("of as many operations as it may have does all, and of one more none", async () => {
    const target = await directory();
    const operations = Array.from({ length: bulkOperationsMax }, (_, index) => postUser(`u${String(index)}`));
    expect(new Set(statuses(await target.bulk(operations)))).toEqual(new Set(["201"]));
    const body = { Operations: [...operations, postUser("more")] };
    const refused = await target.scim("/Bulk", { method: "POST", body });
    expect([refused.status, fields(refused)["status"]]).toEqual([413, "413"]);
    expect(fields(await target.scim("/Users?count=0"))["totalResults"]).toBe(bulkOperationsMax);
  });

  test("over the size of a body is a 413, and discovery says both limits", async () => {
    const target = await directory();
    const body = JSON.stringify({ Operations: [postUser("x", { title: "x".repeat(bodyBytesMax) })] });
    expect((await target.scim("/Bulk", { method: "POST", body })).status).toBe(413);
    expect(fields(await target.scim("/ServiceProviderConfig"))["bulk"]).toEqual({
      supported: true,
      maxOperations: bulkOperationsMax,
      maxPayloadSize: bodyBytesMax,
    });
  });

  test("carries long chains of references, whichever end comes first", async () => {
    const target = await directory();
    const chain = Array.from({ length: 400 }, (_, index) =>
      postUser(`u${String(index)}`, managedBy(`bulkId:u${String(index + 1)}`)),
    );
    const results = await target.bulk([...chain, postUser("u400")]);
    expect(new Set(statuses(results))).toEqual(new Set(["201"]));
    expect(await target.at(results[7])).toMatchObject(managedBy(idOf(results[8])));
  });
});

describe("what cannot be read", () => {
  test.each([
    [[]],
    [{}],
    [{ Operations: {} }],
    [{ Operations: [], failOnErrors: -1 }],
    [{ Operations: [], failOnErrors: "1" }],
    [{ Operations: [], failOnErrors: 1.5 }],
  ])("%j is refused as a whole", async (body) => {
    const target = await directory();
    const answer = await target.scim("/Bulk", { method: "POST", body });
    expect([answer.status, fields(answer)["status"]]).toEqual([400, "400"]);
  });

  test.each([
    [null, "400"],
    [7, "400"],
    [{}, "400"],
    [{ method: "GET", path: "/Users" }, "400"],
    [{ method: "POST", path: "/Nothing", data: {} }, "404"],
    [{ method: "POST", path: "/Users/x/y", data: {} }, "404"],
    [{ method: "POST", path: "/toString", data: {} }, "404"],
    [{ method: "POST", path: 7, data: {} }, "400"],
    [{ method: "POST", path: "/Users/x", data: { userName: "a@x" } }, "400"],
    [{ method: "PUT", path: "/Users", data: { userName: "a@x" } }, "400"],
    [{ method: "POST", path: "/Users" }, "400"],
    [{ method: "POST", path: "/Users", data: [] }, "400"],
    [{ method: "PATCH", path: "/Users/x", data: [] }, "404"],
    [{ method: "DELETE", path: "/Groups/x" }, "404"],
    [{ method: "POST", path: "/Users", bulkId: "__proto__", data: { userName: "bulkId:__proto__" } }, "400"],
  ])("%j is refused alone", async (operation, status) => {
    const target = await directory();
    const results = await target.bulk([operation as Sent, postUser("fine")]);
    expect(statuses(results)).toEqual([status, "201"]);
    expect(results[0]?.response).toMatchObject({ status });
  });
});

test("a refusal inside a bulk request of one directory says nothing about another", async () => {
  const running = await startServer();
  const other = await running.createDirectory();
  const hidden = text(await other.scim("/Users", { method: "POST", body: { userName: "ann@x.test" } }), "id");
  const target = new Directory(running, (await running.createDirectory()).scim);
  const results = await target.bulk([
    { method: "DELETE", path: `/Users/${hidden}` },
    postGroup("sales", hidden),
    postUser("ann"),
  ]);
  expect(statuses(results)).toEqual(["404", "201", "201"]);
  expect(await target.at(results[1])).toMatchObject({ members: [] });
});
