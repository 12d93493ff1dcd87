import { describe, expect, test } from "vitest";
import { fields, startServer, text } from "../../fixtures/running-server.ts";
import type { Answer, RunningDirectory, RunningServer } from "../../fixtures/running-server.ts";

/*
 * A schema that a directory defines. Its URN and its names are chosen so that nothing but the definition tells where the
 * one ends and the others begin, or what type they are: an attribute ends like a schema, and one URN goes on where another ends.
 */

const urn = "urn:acme:staff";
const longUrn = "urn:acme:staff:extra";
const groupUrn = "urn:acme:team";

const schemas = [
  {
    id: urn,
    name: "Staff",
    description: "People of Acme.",
    attributes: [
      { name: "badge", required: true, caseExact: true },
      { name: "backupUser" },
      { name: "remote", type: "boolean" },
      { name: "level", type: "integer" },
      { name: "since", type: "dateTime" },
      { name: "skills", multiValued: true },
      { name: "desk", type: "complex", subAttributes: [{ name: "floor", type: "integer" }, { name: "room" }] },
      {
        name: "keys",
        type: "complex",
        multiValued: true,
        subAttributes: [{ name: "value" }, { name: "type" }, { name: "primary", type: "boolean" }],
      },
    ],
  },
  { id: longUrn, name: "More", attributes: [{ name: "note" }] },
  { id: groupUrn, name: "Team", resourceType: "Group", attributes: [{ name: "cost", type: "decimal" }] },
];

interface Target {
  readonly running: RunningServer;
  readonly scim: RunningDirectory["scim"];
  readonly path: string;
}

async function directory(): Promise<Target> {
  const running = await startServer();
  const { scim, created } = await running.createDirectory();
  const path = `/directories/${created.id}/scim`;
  const answer = await running.api(path, { method: "PUT", body: { schemas } });
  expect(answer.status).toBe(200);
  return { running, scim, path };
}

const post = (scim: Target["scim"], extension: object): Promise<Answer> =>
  scim("/Users", { method: "POST", body: { userName: "ann@x.test", schemas: [], [urn]: extension } });

const patch = (...Operations: readonly object[]) => ({ method: "PATCH", body: { Operations } });

describe("a schema of a directory", () => {
  test("is shown by discovery, whole, and by no other directory", async () => {
    const { running, scim } = await directory();
    const shown = fields(await scim(`/Schemas/${urn.toUpperCase()}`));
    expect(shown).toMatchObject({ id: urn, name: "Staff", description: "People of Acme." });
    expect(shown["attributes"]).toContainEqual({
      name: "badge",
      type: "string",
      multiValued: false,
      description: "badge",
      required: true,
      caseExact: true,
      mutability: "readWrite",
      returned: "default",
      uniqueness: "none",
    });
    const ids = (fields(await scim("/Schemas"))["Resources"] as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([urn, longUrn, groupUrn]));
    const extensionsOf = async (name: string) => fields(await scim(`/ResourceTypes/${name}`))["schemaExtensions"];
    expect(await extensionsOf("User")).toContainEqual({ schema: urn, required: false });
    expect(await extensionsOf("Group")).toEqual([{ schema: groupUrn, required: false }]);
    const other = await running.createDirectory();
    expect((await other.scim(`/Schemas/${urn}`)).status).toBe(404);
    expect(fields(await other.scim("/Schemas"))["totalResults"]).toBe(3);
  });

  test("gives values their types and names their spelling", async () => {
    const { scim } = await directory();
    const extension = {
      BADGE: "b1",
      Remote: "True",
      level: "7",
      skills: "sql",
      backupUser: "bob",
      DESK: { Floor: "2" },
    };
    const user = await post(scim, extension);
    expect(user.status).toBe(201);
    expect(fields(user)[urn]).toEqual({
      badge: "b1",
      remote: true,
      level: 7,
      skills: ["sql"],
      backupUser: "bob",
      desk: { floor: 2 },
    });
    expect(fields(user)["schemas"]).toContain(urn);
  });

  test.each([
    [{ badge: "b", remote: "perhaps" }, "invalidSyntax"],
    [{ badge: "b", level: "seven" }, "invalidSyntax"],
    [{ badge: "b", level: 1.5 }, "invalidSyntax"],
    [{ badge: "b", desk: "two" }, "invalidSyntax"],
    [{ remote: true }, "invalidValue"],
  ])("refuses %j", async (extension, scimType) => {
    const { scim } = await directory();
    const answer = await post(scim, extension);
    expect([answer.status, fields(answer)["scimType"]]).toEqual([400, scimType]);
  });

  test("takes a PATCH by every form of path, and one without", async () => {
    const { scim } = await directory();
    const path = `/Users/${text(await post(scim, { badge: "b1" }), "id")}`;
    const changed = await scim(
      path,
      patch(
        { op: "Replace", path: `${urn}:remote`, value: "False" },
        { op: "add", path: `${urn}:backupUser`, value: "bob" },
        { op: "add", path: `${urn}.skills`, value: ["sql", "go", "GO"] },
        { op: "add", path: `${urn}:desk.floor`, value: "3" },
        { op: "add", path: `${urn}:keys[type eq "door"].value`, value: "k1" },
        { op: "add", value: { [`${urn}:level`]: "4", [urn]: { badge: "b2" }, [`${longUrn}:note`]: "hi" } },
        { op: "add", path: `${urn}:skills`, value: ["SQL"] },
        { op: "remove", path: `${urn}:skills`, value: ["Go"] },
      ),
    );
    expect([changed.status, fields(changed)[urn], fields(changed)[longUrn]]).toEqual([
      200,
      {
        badge: "b2",
        remote: false,
        backupUser: "bob",
        skills: ["SQL"],
        desk: { floor: 3 },
        keys: [{ type: "door", value: "k1" }],
        level: 4,
      },
      { note: "hi" },
    ]);
    const refused = await scim(path, patch({ op: "remove", path: `${urn}:badge` }));
    expect([refused.status, fields(refused)["scimType"]]).toEqual([400, "mutability"]);
    const removed = await scim(path, patch({ op: "remove", path: urn }));
    expect(fields(removed)).not.toHaveProperty(urn);
    expect(fields(removed)[longUrn]).toEqual({ note: "hi" });
  });

  test.each([
    [`${urn}:badge eq "B1"`, 0],
    [`${urn}:badge eq "b1"`, 1],
    [`${urn}:backupUser eq "BOB"`, 1],
    [`${urn}:remote eq true`, 1],
    [`${urn}:level gt 6`, 1],
    [`${urn}:level gt 10`, 0],
    [`${urn}:since gt "2026-01-01T00:00:00+01:00"`, 1],
    [`${urn}:desk.floor eq 2`, 1],
    [`${urn}:keys[type eq "door" and value sw "k"]`, 1],
    [`${longUrn}:note pr`, 0],
  ])("answers the filter %s", async (filter, total) => {
    const { scim } = await directory();
    const keys = [{ type: "door", value: "k1" }];
    const more = { backupUser: "bob", remote: true, level: 7, since: "2026-01-01T00:00:00Z", desk: { floor: 2 }, keys };
    expect((await post(scim, { badge: "b1", ...more })).status).toBe(201);
    const answer = await scim(`/Users?filter=${encodeURIComponent(filter)}`);
    expect([answer.status, fields(answer)["totalResults"]]).toEqual([200, total]);
  });

  test("is shown, left out and sorted by as any other attribute", async () => {
    const { scim } = await directory();
    const id = text(await post(scim, { badge: "b1", backupUser: "bob" }), "id");
    await scim("/Users", { method: "POST", body: { userName: "bob@x.test", [urn]: { badge: "a1", level: 10 } } });
    expect(fields(await scim(`/Users/${id}?attributes=${urn}:backupUser`))[urn]).toEqual({ backupUser: "bob" });
    expect(fields(await scim(`/Users/${id}?excludedAttributes=${urn}:backupUser`))[urn]).toEqual({ badge: "b1" });
    const { Resources } = fields(await scim(`/Users?sortBy=${urn}:badge&attributes=userName`));
    expect(Resources).toMatchObject([{ userName: "bob@x.test" }, { userName: "ann@x.test" }]);
  });

  test("extends groups as well, and its values reach the events of users", async () => {
    const { running, scim } = await directory();
    const group = await scim("/Groups", {
      method: "POST",
      body: { displayName: "Sales", [groupUrn]: { cost: "1.5" } },
    });
    expect(fields(group)[groupUrn]).toEqual({ cost: 1.5 });
    await post(scim, { badge: "b1", backupUser: "bob" });
    const created = (await running.events()).find((event) => event.event === "dsync.user.created");
    expect(created?.data).toMatchObject({ custom_attributes: { badge: "b1", backup_user: "bob" } });
  });
});

describe("defining schemas", () => {
  test("with the directory, and a document of /Schemas can be sent back", async () => {
    const { running, scim } = await directory();
    const document = fields(await scim(`/Schemas/${urn}`));
    const created = await running.api("/directories", {
      method: "POST",
      body: { name: "B", type: "generic scim v2.0", scim: { schemas: [document] } },
    });
    expect(created.status).toBe(201);
    const settings = fields(await running.api(`/directories/${text(created, "id")}/scim`));
    expect(settings).toMatchObject({ object: "directory_scim_settings", schemas: [{ id: urn, resourceType: "User" }] });
  });

  test("replaces those there were, and without them values stay and lose their types", async () => {
    const { running, scim, path } = await directory();
    const id = text(await post(scim, { badge: "b1", level: 7 }), "id");
    expect((await running.api(path, { method: "PUT", body: {} })).body).toMatchObject({ schemas: [] });
    expect((await scim(`/Schemas/${urn}`)).status).toBe(404);
    expect(fields(await scim(`/Users/${id}`))[urn]).toEqual({ badge: "b1", level: 7 });
  });

  const off = { op: "replace", path: "active", value: false };
  const body = { userName: "ann@x.test", active: false, [urn]: { note: "n" } };
  test.each([
    ["a PATCH", patch(off)],
    ["a PUT", { method: "PUT", body }],
  ])("asks no leaver for what they lacked when it came, by %s, and nobody may lose it", async (_name, leaving) => {
    const running = await startServer();
    const { scim, created } = await running.createDirectory();
    const lacking = `/Users/${text(await post(scim, { note: "n" }), "id")}`;
    const other = { userName: "bob@x.test", [urn]: { BADGE: "b1", note: "n" } };
    const having = `/Users/${text(await scim("/Users", { method: "POST", body: other }), "id")}`;
    await running.api(`/directories/${created.id}/scim`, { method: "PUT", body: { schemas } });
    expect(fields(await scim(lacking, leaving))).toMatchObject({ active: false });
    expect(fields(await scim(having, patch({ ...off, path: `${urn}:badge`, value: "b2" })))).toHaveProperty("id");
    const without = { method: "PUT", body: { ...body, userName: "bob@x.test" } };
    expect(fields(await scim(having, without))["scimType"]).toBe("invalidValue");
    expect(fields(await scim(having, patch({ op: "remove", path: `${urn}:badge` })))["scimType"]).toBe("mutability");
    expect((await post(scim, { note: "n" })).status).toBe(400);
  });

  test("asks no group for what it lacked when it came, so that its members stay changeable", async () => {
    const running = await startServer();
    const { scim, created } = await running.createDirectory();
    const group = { displayName: "G", [groupUrn]: { note: "n" } };
    const id = text(await scim("/Groups", { method: "POST", body: group }), "id");
    const demanding = [{ ...schemas[2], attributes: [{ name: "cost", required: true }] }];
    await running.api(`/directories/${created.id}/scim`, { method: "PUT", body: { schemas: demanding } });
    expect((await scim(`/Groups/${id}`, patch({ op: "add", path: "members", value: [] }))).status).toBe(204);
    expect((await scim(`/Groups/${id}`, { method: "PUT", body: group })).status).toBe(200);
    expect((await scim("/Groups", { method: "POST", body: { ...group, displayName: "H" } })).status).toBe(400);
  });

  const attributes = [{ name: "a" }];
  const valid = { id: "urn:a:b", name: "B", attributes };
  test.each([
    ["no URN", { ...valid, id: "staff" }],
    ["the URN of a schema that is there", { ...valid, id: "URN:ietf:params:scim:schemas:core:2.0:User" }],
    ["a URN of the standard", { ...valid, id: "urn:ietf:params:scim:schemas:core:2.0:Device" }],
    ["a URN with brackets", { ...valid, id: "urn:a:b[c]" }],
    ["no attributes", { ...valid, attributes: [] }],
    ["one name twice", { ...valid, attributes: [{ name: "a" }, { name: "A" }] }],
    ["a name that every object has", { ...valid, attributes: [{ name: "constructor" }] }],
    ["a name with a dot", { ...valid, attributes: [{ name: "a.b" }] }],
    ["a type nobody knows", { ...valid, attributes: [{ name: "a", type: "text" }] }],
    ["a complex attribute without parts", { ...valid, attributes: [{ name: "a", type: "complex" }] }],
    [
      "a read-only attribute, which nobody could ever set",
      { ...valid, attributes: [{ name: "a", mutability: "readOnly" }] },
    ],
    ["another resource type", { ...valid, resourceType: "Device" }],
    [
      "too many attributes",
      { ...valid, attributes: Array.from({ length: 101 }, (_, index) => ({ name: `a${index}` })) },
    ],
  ])("refuses %s", async (_name, schema) => {
    const { running, path } = await directory();
    const answer = await running.api(path, { method: "PUT", body: { schemas: [schema] } });
    expect(answer.status).toBe(422);
    expect(fields(await running.api(path))["schemas"]).toHaveLength(3);
  });

  test("refuses one URN twice, and an unknown directory", async () => {
    const { running, path } = await directory();
    const twice = [valid, { ...valid, id: "urn:A:b" }];
    expect((await running.api(path, { method: "PUT", body: { schemas: twice } })).status).toBe(422);
    for (const method of ["GET", "PUT"]) {
      const call = method === "PUT" ? { method, body: {} } : { method };
      expect((await running.api("/directories/directory_none/scim", call)).status).toBe(404);
    }
    const unauthorized = { headers: { Authorization: "Bearer nobody" } };
    expect((await running.api(path, unauthorized)).status).toBe(401);
  });
});
