import { describe, expect, test } from "vitest";
import { fields, startServer, text } from "../fixtures/running-server.ts";
import type { Answer, RunningDirectory, RunningServer } from "../fixtures/running-server.ts";

/*
 * What a strict directory refuses is what WorkOS documents that it refuses (contract of the SCIM input rules); what a lenient
 * one takes is what identity providers and Microsoft's test collection send.
 */

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

interface Target {
  readonly running: RunningServer;
  readonly scim: RunningDirectory["scim"];
}

async function directory(settings: object, softDelete = true): Promise<Target> {
  const running = await startServer();
  const { scim, created } = await running.createDirectory({ soft_delete: softDelete });
  const path = `/directories/${created.id}/scim`;
  const answer = await running.api(path, { method: "PUT", body: settings });
  expect([answer.status, (await running.api(path)).body]).toEqual([200, answer.body]);
  return { running, scim };
}

const post = (scim: Target["scim"], body: object): Promise<Answer> => scim("/Users", { method: "POST", body });

const outcome = (answer: Answer): unknown[] => [answer.status, fields(answer)["scimType"]];

const person = (name: string, more: object = {}) => ({
  userName: name,
  emails: [{ value: "one@x.test", primary: true }],
  ...more,
});

const off = { Operations: [{ op: "Replace", path: "active", value: "False" }] };
const on = { Operations: [{ op: "Replace", path: "active", value: "True" }] };

describe("values of a wrong type, and null", () => {
  const bodies: readonly [string, object][] = [
    ["a boolean as text", person("ann", { active: "True" })],
    ["empty text for a boolean", person("ann", { active: "" })],
    ["one object for a list", person("ann", { emails: { value: "one@x.test" } })],
    ["a manager as a list", person("ann", { [enterprise]: { manager: [{ value: "boss" }] } })],
    ["a department as an object", person("ann", { [enterprise]: { department: { value: "R" } } })],
    ["a number for text", person("ann", { title: 7 })],
    ["null for text", person("ann", { title: null })],
    ["null inside a value", person("ann", { name: { givenName: null } })],
    ["null inside a list", person("ann", { phoneNumbers: [{ value: "1", type: null }] })],
  ];

  test.each(bodies)("%s is taken by a lenient directory and refused by a strict one", async (_name, body) => {
    const lenient = await directory({});
    const id = text(await post(lenient.scim, body), "id");
    expect((await lenient.scim(`/Users/${id}`, { method: "PUT", body })).status).toBe(200);
    const strict = await directory({ mode: "strict" });
    expect(outcome(await post(strict.scim, body))).toEqual([400, "invalidSyntax"]);
    const there = text(await post(strict.scim, person("ann")), "id");
    expect(outcome(await strict.scim(`/Users/${there}`, { method: "PUT", body }))).toEqual([400, "invalidSyntax"]);
    expect((await strict.running.events()).map(({ event }) => event).slice(1)).toEqual(["dsync.user.created"]);
  });

  test("a strict directory takes a PATCH as providers send it, and what the service sets itself", async () => {
    const { scim } = await directory({ mode: "strict" });
    const echo = { meta: { version: null, created: 7 }, groups: "none", id: 7 };
    expect(outcome(await post(scim, person("ann", echo)))).toEqual([400, "invalidSyntax"]);
    const made = await post(scim, person("ann", { groups: "none", id: 7 }));
    expect(made.status).toBe(201);
    const answer = await scim(`/Users/${text(made, "id")}`, { method: "PATCH", body: off });
    expect(fields(answer)["active"]).toBe(false);
  });

  test.each([["boss"], [""]])(
    "the manager %j, as Entra sends one with every user, is taken by both",
    async (manager) => {
      for (const mode of ["lenient", "strict"]) {
        const { scim } = await directory({ mode });
        const made = await post(scim, person("ann", { [enterprise]: { department: "R", manager } }));
        expect(made.status).toBe(201);
        const shown = manager === "" ? { department: "R" } : { department: "R", manager: { value: manager } };
        expect(fields(made)[enterprise]).toEqual(shown);
      }
    },
  );

  test("each can be decided alone, whatever the mode", async () => {
    const nulls = await directory({ nulls: "refuse" });
    expect((await post(nulls.scim, person("ann", { active: "True" }))).status).toBe(201);
    expect((await post(nulls.scim, person("bob", { title: null }))).status).toBe(400);
    const types = await directory({ mode: "strict", nulls: "unset" });
    expect((await post(types.scim, person("ann", { title: null }))).status).toBe(201);
    expect((await post(types.scim, person("bob", { active: "True" }))).status).toBe(400);
  });
});

describe("one address of two active users", () => {
  test("is their own affair in a lenient directory", async () => {
    const { scim } = await directory({});
    expect((await post(scim, person("ann"))).status).toBe(201);
    expect((await post(scim, person("bob"))).status).toBe(201);
  });

  test("is a 409 in a strict one, by whichever request it comes about", async () => {
    const { running, scim } = await directory({ mode: "strict" });
    const ann = `/Users/${text(await post(scim, person("ann")), "id")}`;
    const upper = { emails: [{ value: "ONE@x.test", primary: true }] };
    expect(outcome(await post(scim, person("bob", upper)))).toEqual([409, "uniqueness"]);
    expect((await post(scim, { userName: "ONE@X.test" })).status).toBe(409);
    const inactive = await post(scim, person("bob", { active: false }));
    const bob = `/Users/${text(inactive, "id")}`;
    expect(inactive.status).toBe(201);
    expect(outcome(await scim(bob, { method: "PATCH", body: on }))).toEqual([409, "uniqueness"]);
    expect((await scim(bob, { method: "PUT", body: person("bob", { active: true }) })).status).toBe(409);
    expect((await scim(ann, { method: "PUT", body: person("ann", { title: "Lead" }) })).status).toBe(200);
    expect((await scim(ann, { method: "PATCH", body: off })).status).toBe(200);
    expect((await scim(bob, { method: "PATCH", body: on })).status).toBe(200);
    const events = (await running.events()).map(({ event }) => event.replace("dsync.user.", "")).slice(1);
    expect(events).toEqual(["created", "created", "updated", "updated", "updated"]);
  });

  test("leaves those who shared it before changeable", async () => {
    const running = await startServer();
    const { scim, created } = await running.createDirectory();
    const id = text(await post(scim, person("ann")), "id");
    await post(scim, person("bob"));
    await running.api(`/directories/${created.id}/scim`, { method: "PUT", body: { mode: "strict" } });
    const title = { Operations: [{ op: "add", path: "title", value: "Lead" }] };
    expect((await scim(`/Users/${id}`, { method: "PATCH", body: title })).status).toBe(200);
  });
});

test("a user created inactive where such users do not stay is hidden, or refused by a strict directory", async () => {
  const body = person("ann", { active: false });
  const lenient = await directory({}, false);
  expect((await post(lenient.scim, body)).status).toBe(201);
  expect(await lenient.running.events()).toHaveLength(1);
  const strict = await directory({ mode: "strict" }, false);
  expect(outcome(await post(strict.scim, body))).toEqual([400, undefined]);
  expect(fields(await strict.scim("/Users"))["totalResults"]).toBe(0);
  // Nor is it where somebody of that name has left, whom an active one would bring back.
  const id = text(await post(strict.scim, person("ann")), "id");
  const off = { Operations: [{ op: "replace", path: "active", value: false }] };
  await strict.scim(`/Users/${id}`, { method: "PATCH", body: off });
  expect(outcome(await post(strict.scim, body))).toEqual([400, undefined]);
  expect((await post(strict.scim, person("ann"))).body).toMatchObject({ id, active: true });
});

describe("what a PUT leaves out", () => {
  const given = person("ann", { active: false, externalId: "e1", title: "Lead" });
  test.each([
    ["keep", { active: false, externalId: "e1" }, 1],
    ["clear", {}, 0],
  ])("%s", async (omitted, left, members) => {
    const { scim } = await directory({ omitted_on_put: omitted });
    const id = text(await post(scim, given), "id");
    const user = fields(await scim(`/Users/${id}`, { method: "PUT", body: person("ann") }));
    expect({ active: user["active"], externalId: user["externalId"] }).toEqual({
      active: true,
      externalId: undefined,
      ...left,
    });
    expect(user).not.toHaveProperty("title");
    const group = await scim("/Groups", { method: "POST", body: { displayName: "g", members: [{ value: id }] } });
    const replaced = await scim(`/Groups/${text(group, "id")}`, { method: "PUT", body: { displayName: "h" } });
    expect(fields(replaced)["members"]).toHaveLength(members);
  });
});

test.each([
  ["list", { members: [] }],
  ["omit", {}],
])("the members of an empty group: %s", async (empty, shown) => {
  const { scim } = await directory({ empty_members: empty });
  const { members } = fields(await scim("/Groups", { method: "POST", body: { displayName: "g" } }));
  expect(members).toEqual("members" in shown ? shown.members : undefined);
});

test.each([[{ mode: "loose" }], [{ nulls: "keep" }], [{ shared_emails: true }]])("%j is no setting", async (body) => {
  const running = await startServer();
  const { created } = await running.createDirectory();
  expect((await running.api(`/directories/${created.id}/scim`, { method: "PUT", body })).status).toBe(422);
});

describe("a change of some settings", () => {
  const badge = { id: "urn:acme:1.0:Badge", name: "Badge", attributes: [{ name: "number" }] };

  test("leaves the others as they are, and follows the mode in what nobody has decided", async () => {
    const { running, change } = await changeable({ shared_emails: "refuse", schemas: [badge] });
    expect(await change({ mode: "strict" })).toMatchObject({
      mode: "strict",
      wrong_types: "refuse",
      shared_emails: "refuse",
      schemas: [{ id: badge.id }],
    });
    const answer = await change({ mode: "lenient", shared_emails: null, schemas: null, missing_emails: "allow" });
    expect(answer).toMatchObject({
      wrong_types: "coerce",
      shared_emails: "allow",
      missing_emails: "allow",
      schemas: [],
    });
    expect((await running.api(running.path)).body).toEqual(answer);
  });

  test.each([[{ missing_email: "allow" }], [{ mode: "loose" }], [{ nulls: "keep" }], [{ schemas: [{}] }]])(
    "to %j is refused, and changes nothing",
    async (body) => {
      const { running } = await changeable({ mode: "strict" });
      const before = await running.api(running.path);
      expect((await running.api(running.path, { method: "PATCH", body })).status).toBe(422);
      expect((await running.api(running.path)).body).toEqual(before.body);
    },
  );

  test("may name everything that is shown, one by one", async () => {
    const { running, change } = await changeable({ mode: "strict" });
    const { object: _object, base_url: _url, ...shown } = fields(await running.api(running.path));
    for (const [name, value] of Object.entries(shown)) expect(await change({ [name]: value })).toMatchObject(shown);
    expect(Object.keys(shown).length).toBeGreaterThan(8);
  });

  test("of a directory that does not exist is a 404", async () => {
    const running = await startServer();
    expect((await running.api("/directories/directory_none/scim", { method: "PATCH", body: {} })).status).toBe(404);
  });
});

async function changeable(settings: object) {
  const server = await startServer();
  const { created } = await server.createDirectory();
  const running = { ...server, path: `/directories/${created.id}/scim` };
  await running.api(running.path, { method: "PUT", body: settings });
  const change = async (body: object): Promise<unknown> =>
    (await running.api(running.path, { method: "PATCH", body })).body;
  return { running, change };
}
