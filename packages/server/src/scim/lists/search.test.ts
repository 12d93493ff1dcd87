import { describe, expect, test } from "vitest";
import { fields, startServer } from "../../fixtures/running-server.ts";
import type { Answer, Call, RunningDirectory } from "../../fixtures/running-server.ts";

const schemas = ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"];

interface Listed {
  readonly userName?: string;
  readonly displayName?: string;
}

const names = (answer: Answer): (string | undefined)[] =>
  (fields(answer)["Resources"] as Listed[]).map(({ userName, displayName }) => userName ?? displayName);

async function filled(): Promise<RunningDirectory["scim"]> {
  const { scim } = await (await startServer()).createDirectory();
  for (const name of ["c", "a", "b"])
    await scim("/Users", { method: "POST", body: { userName: `${name}@x.test`, displayName: name } });
  for (const displayName of ["bb", "ab"]) await scim("/Groups", { method: "POST", body: { displayName } });
  return scim;
}

const search = (body: unknown): Call => ({ method: "POST", body });

describe("a search in a body answers as the same list", () => {
  test.each([
    ["everything", "/Users", {}, ""],
    ["a filter", "/Users", { filter: 'userName sw "a"' }, 'filter=userName sw "a"'],
    ["a page", "/Users", { startIndex: 2, count: 1 }, "startIndex=2&count=1"],
    ["an order", "/Users", { sortBy: "userName", sortOrder: "descending" }, "sortBy=userName&sortOrder=descending"],
    ["attributes", "/Users", { attributes: ["userName", "displayName"] }, "attributes=userName,displayName"],
    ["attributes left out", "/Groups", { excludedAttributes: ["members", "meta"] }, "excludedAttributes=members,meta"],
    [
      "names in another case",
      "/Groups",
      { Filter: 'displayName eq "ab"', COUNT: "1" },
      'filter=displayName eq "ab"&count=1',
    ],
    ["null for nothing", "/Users", { filter: null, attributes: null }, ""],
  ])("%s", async (_name, path, body, query) => {
    const scim = await filled();
    const found = await scim(`${path}/.search`, search({ schemas, ...body }));
    expect(found.status).toBe(200);
    expect(found.body).toEqual((await scim(`${path}?${query}`)).body);
  });

  test.each([
    [{ filter: 7 }],
    [{ attributes: "userName", count: true }],
    [{ attributes: [7] }],
    [{ startIndex: [1] }],
    [[]],
    [{ filter: "(" }],
    [{ count: 1.5 }],
  ])("%j is a 400", async (body) => {
    const scim = await filled();
    for (const path of ["/.search", "/Users/.search", "/Groups/.search"]) {
      const answer = await scim(path, search(body));
      expect([answer.status, fields(answer)["status"]]).toEqual([400, "400"]);
    }
  });
});

// Each name is looked for in each resource of a page: a hundred thousand of them held the server up for half a minute.
describe("names of attributes", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `a${String(index)}`);

  test.each(["attributes", "excludedAttributes"])(
    "more than 250 in %s are refused, wherever they stand",
    async (list) => {
      const scim = await filled();
      const calls = [
        (some: string[]) => scim("/Users/.search", search({ [list]: some })),
        (some: string[]) => scim("/Groups/.search", search({ [list]: some.join(",") })),
        (some: string[]) => scim("/.search", search({ [list]: some })),
        (some: string[]) => scim(`/Users?${list}=${some.join(",")}`),
      ];
      for (const call of calls) {
        expect((await call(many(250))).status).toBe(200);
        const refused = await call(many(251));
        expect([refused.status, fields(refused)]).toMatchObject([400, { scimType: "invalidValue" }]);
      }
    },
  );

  test("too many beside a change are refused before it is made", async () => {
    const scim = await filled();
    const path = `/Users?attributes=${many(251).join(",")}`;
    expect((await scim(path, { method: "POST", body: { userName: "d@x.test" } })).status).toBe(400);
    expect(fields(await scim("/Users?count=0"))["totalResults"]).toBe(3);
  });
});

describe("a search at the root", () => {
  test("shows users and groups, in creation order or sorted together, in pages", async () => {
    const scim = await filled();
    const all = ["c@x.test", "a@x.test", "b@x.test", "bb", "ab"];
    expect(names(await scim("/"))).toEqual(all);
    for (let startIndex = 1; startIndex <= 6; startIndex += 1) {
      const page = await scim("/.search", search({ startIndex, count: 2 }));
      expect(fields(page)["totalResults"]).toBe(5);
      expect(names(page)).toEqual(all.slice(startIndex - 1, startIndex + 1));
    }
    const sorted = await scim("/.search", search({ sortBy: "displayName", startIndex: 2, count: 3 }));
    expect(names(sorted)).toEqual(["ab", "b@x.test", "bb"]);
    expect(fields(sorted)).toMatchObject({ totalResults: 5, startIndex: 2, itemsPerPage: 3 });
  });

  test("has users before groups of the same key, whatever other directories hold", async () => {
    const running = await startServer();
    const other = await running.createDirectory();
    const { scim } = await running.createDirectory();
    // So that the first user of the second directory is the third of the server.
    for (const userName of ["x@x.test", "y@x.test"]) await other.scim("/Users", { method: "POST", body: { userName } });
    await scim("/Groups", { method: "POST", body: { displayName: "Same" } });
    await scim("/Users", { method: "POST", body: { userName: "a@x.test", displayName: "same" } });
    const types = async (sortOrder: string) => {
      const found = fields(await scim("/.search", search({ sortBy: "displayName", sortOrder })))["Resources"];
      return (found as { meta: { resourceType: string } }[]).map(({ meta }) => meta.resourceType);
    };
    expect(await types("ascending")).toEqual(["User", "Group"]);
    expect(await types("descending")).toEqual(["Group", "User"]);
  });

  test("filters by what either has", async () => {
    const scim = await filled();
    expect(names(await scim('/?filter=meta.resourceType eq "Group"'))).toEqual(["bb", "ab"]);
    expect(names(await scim('/?filter=displayName eq "ab" or userName sw "c"'))).toEqual(["c@x.test", "ab"]);
  });
});

describe("addresses that are not there, and methods that an address does not take", () => {
  test("/Me is a 501: a directory is no person", async () => {
    const scim = await filled();
    for (const method of ["GET", "PUT", "PATCH", "DELETE", "POST"]) {
      const answer = await scim("/Me", { method });
      expect([answer.status, fields(answer)["status"]]).toEqual([501, "501"]);
    }
  });

  test.each([
    ["DELETE", "/Users", "GET, POST"],
    ["PATCH", "/Groups", "GET, POST"],
    ["POST", "/Users/x", "GET, PUT, PATCH, DELETE"],
    ["POST", "/Groups/x", "GET, PUT, PATCH, DELETE"],
    ["GET", "/.search", "POST"],
    ["PUT", "/Users/.search", "POST"],
    ["POST", "/Schemas", "GET"],
    ["DELETE", "/ServiceProviderConfig", "GET"],
    ["PUT", "/ResourceTypes/User", "GET"],
    ["POST", "/", "GET"],
    ["DELETE", "", "GET"],
  ])("%s %s is a 405 that names %s", async (method, path, allowed) => {
    const scim = await filled();
    const answer = await scim(path, { method });
    expect([answer.status, answer.headers.get("allow"), fields(answer)["status"]]).toEqual([405, allowed, "405"]);
  });

  test.each([["/Schemas"], ["/ResourceTypes"], ["/ServiceProviderConfig"]])("%s cannot be filtered", async (path) => {
    const scim = await filled();
    expect((await scim(`${path}?filter=id pr`)).status).toBe(403);
  });
});
