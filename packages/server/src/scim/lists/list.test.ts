import { beforeAll, describe, expect, test } from "vitest";
import { apiKey, fields, startServer, text } from "../../fixtures/running-server.ts";
import type { Answer } from "../../fixtures/running-server.ts";
import { createServer } from "../../index.ts";

const names = (answer: Answer) =>
  (fields(answer)["Resources"] as { userName?: string; displayName?: string }[]).map(
    (resource) => resource.userName ?? resource.displayName,
  );

describe("filters that identity providers send", () => {
  let scim: (path: string) => Promise<Answer>;

  // More users than one step of a scan looks at.
  beforeAll(async () => {
    const server = await createServer({ dataFile: ":memory:", apiKey });
    const call = async (token: string, path: string, body?: unknown): Promise<Answer> => {
      const response = await server.fetch(
        new Request(path.startsWith("http") ? path : `http://x.test${path}`, {
          headers: { Authorization: `Bearer ${token}` },
          ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
        }),
      );
      const received = await response.text();
      return { status: response.status, headers: response.headers, text: received, body: JSON.parse(received) };
    };
    const directory = await call(apiKey, "/directories", { name: "Acme", type: "generic scim v2.0" });
    const endpoint = fields(directory)["scim"] as { base_url: string; bearer_token: string };
    const post = (path: string, body: unknown) => call(endpoint.bearer_token, `${endpoint.base_url}${path}`, body);
    const ids: string[] = [];
    for (let index = 0; index < 1_100; index += 1) {
      const number = String(index);
      const user = await post("/Users", {
        userName: `User${number}@x.test`,
        externalId: `E-${number}`,
        displayName: `Person ${String(index % 3)}`,
        emails: [{ value: `Mail${number}@x.test`, type: index % 2 === 0 ? "work" : "home", primary: true }],
        active: index % 10 !== 0,
      });
      ids.push(text(user, "id"));
    }
    const members = ids.slice(0, 2).map((value) => ({ value }));
    await post("/Groups", { displayName: "Sales", externalId: "g1", members });
    await post("/Groups", { displayName: "Sales", externalId: "g2" });
    await post("/Groups", { displayName: "a+b", members: members.slice(1) });
    scim = (path) =>
      call(
        endpoint.bearer_token,
        `${endpoint.base_url}${path.replace(/\{u(\d+)\}/gu, (_, n: string) => ids[Number(n)] ?? "")}`,
      );
  }, 60_000);

  test.each([
    ["nothing", "/Users?count=0", 1_100],
    ["userName in another case", '/Users?filter=userName eq "USER7@x.test"', 1],
    ["an operator in capitals", '/Users?filter=USERNAME EQ "user7@x.test"', 1],
    ["plus-encoded, with an ampersand at the end", "/Users?filter=userName+eq+%22user7%40x.test%22&", 1],
    ["nobody", '/Users?filter=userName eq "d1f2c0e6-5c52-4f6e-9a0c-0d9e4c2b1a77"', 0],
    ["externalId", '/Users?filter=externalId eq "E-9"', 1],
    ["externalId in another case", '/Users?filter=externalId eq "e-9"', 0],
    ["id", '/Users?filter=id eq "{u3}"', 1],
    ["displayName of many", '/Users?filter=displayName eq "person 1"', 367],
    ["an e-mail address", '/Users?filter=emails.value eq "mail5@x.test"', 1],
    ["an e-mail address, short", '/Users?filter=emails eq "mail5@x.test"', 1],
    ["an e-mail address of a type it is not", '/Users?filter=emails[type eq "work"].value eq "mail5@x.test"', 0],
    ["an e-mail address of its type", '/Users?filter=emails[type eq "home"].value eq "mail5@x.test"', 1],
    ["two conditions", '/Users?filter=userName eq "user7@x.test" and active eq true', 1],
    ["two that exclude each other", '/Users?filter=userName eq "user10@x.test" and active eq true', 0],
    ["either of two", '/Users?filter=userName eq "user7@x.test" or externalId eq "E-8"', 2],
    ["a scan over all", "/Users?filter=active eq false", 110],
    ["a prefix", '/Users?filter=userName sw "user109"', 11],
    ["a negation", '/Users?filter=not (displayName eq "Person 1")', 733],
    ["group name in another case", '/Groups?filter=displayName eq "SALES"', 2],
    ["group externalId", '/Groups?filter=externalId eq "g2"', 1],
    ["a plus in a value", "/Groups?filter=displayName%20eq%20%22a%2Bb%22", 1],
    ["groups of a member", '/Groups?filter=members.value eq "{u1}"', 2],
    ["groups of a member, bracketed", '/Groups?filter=members[value eq "{u0}"]', 1],
    ["groups without members", "/Groups?filter=not (members pr)", 1],
  ])("%s", async (_name, path, total) => {
    const answer = await scim(path);
    expect([answer.status, fields(answer)["totalResults"]]).toEqual([200, total]);
    expect(fields(answer)["schemas"]).toEqual(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]);
  });

  test("a scan pages like a list: in creation order, with the whole total", async () => {
    const answer = await scim("/Users?filter=active eq false&startIndex=51&count=3");
    expect(fields(answer)).toMatchObject({ totalResults: 110, startIndex: 51, itemsPerPage: 3 });
    expect(names(answer)).toEqual(["User500@x.test", "User510@x.test", "User520@x.test"]);
  });

  test("pages laid end to end are all users, once each, in creation order", async () => {
    const seen: (string | undefined)[] = [];
    for (let startIndex = 1; startIndex <= 1_100; startIndex += 300) {
      seen.push(...names(await scim(`/Users?startIndex=${String(startIndex)}&count=300&attributes=userName`)));
    }
    expect(seen).toEqual(Array.from({ length: 1_100 }, (_, index) => `User${String(index)}@x.test`));
  });

  test.each([
    ["startIndex below one", "startIndex=0&count=2", { startIndex: 1, itemsPerPage: 2 }],
    ["a negative startIndex", "startIndex=-9&count=2", { startIndex: 1, itemsPerPage: 2 }],
    ["a negative count", "count=-1", { itemsPerPage: 0, totalResults: 1_100 }],
    ["no count", "", { itemsPerPage: 100 }],
    ["a count beyond all bounds", "count=100000", { itemsPerPage: 1_000 }],
    ["the greatest count a client knows", "count=9007199254740991", { itemsPerPage: 1_000 }],
    ["a count of more digits than a number has", `count=${"9".repeat(400)}`, { itemsPerPage: 1_000 }],
    [
      "a start of more digits than a number has",
      `startIndex=${"9".repeat(400)}`,
      { itemsPerPage: 0, totalResults: 1_100 },
    ],
    ["a count below all numbers", `count=-${"9".repeat(400)}`, { itemsPerPage: 0, totalResults: 1_100 }],
    ["a start beyond the end", "startIndex=5000", { itemsPerPage: 0, totalResults: 1_100, Resources: [] }],
    ["empty parameters", "startIndex=&count=&filter=", { itemsPerPage: 100, totalResults: 1_100 }],
  ])("%s", async (_name, query, expected) => {
    expect((await scim(`/Users?${query}`)).body).toMatchObject(expected);
  });

  test.each([["count=ten"], ["startIndex=1.5"], ["filter=userName"], ["filter=userName xx 1"], ["filter=(("]])(
    "%s is a 400",
    async (query) => {
      const answer = await scim(`/Users?${query}`);
      expect([answer.status, fields(answer)["status"]]).toEqual([400, "400"]);
    },
  );
});

test("a filter that makes no sense is refused where there is nobody to run it on", async () => {
  const { scim } = await (await startServer()).createDirectory();
  const answer = await scim("/Users?filter=active gt true");
  expect([answer.status, fields(answer)["scimType"]]).toEqual([400, "invalidFilter"]);
});

test("discovery documents are served under the directory's address", async () => {
  const running = await startServer();
  const { scim, created } = await running.createDirectory();
  const config = await scim("/ServiceProviderConfig");
  expect(config.body).toMatchObject({ patch: { supported: true }, filter: { supported: true } });
  expect(config.text).toContain(created.scim.base_url);
  const urn = "urn:ietf:params:scim:schemas:core:2.0:User";
  expect(fields(await scim(`/Schemas/${urn}`))["id"]).toBe(urn);
  expect(fields(await scim(`/Schemas/${encodeURIComponent(urn)}`))["id"]).toBe(urn);
  expect(fields(await scim("/ResourceTypes/Group"))["endpoint"]).toBe("/Groups");
  expect(fields(await scim("/ResourceTypes"))["totalResults"]).toBe(2);
  expect((await scim("/Schemas/urn:nope")).status).toBe(404);
  expect((await scim("/ResourceTypes/Nope")).status).toBe(404);
});
