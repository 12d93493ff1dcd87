import { describe, expect, test } from "vitest";
import { fields, startServer, text } from "../fixtures/running-server.ts";
import type { RunningDirectory, RunningServer } from "../fixtures/running-server.ts";

const patch = (...Operations: readonly unknown[]) => ({ method: "PATCH", body: { Operations } });
const refs = (ids: readonly string[]) => ids.map((value) => ({ value }));

async function connect(users: number) {
  const running = await startServer();
  const directory = await running.createDirectory();
  const ids: string[] = [];
  for (let index = 0; index < users; index += 1) {
    const body = { userName: `u${String(index)}@x.test`, displayName: `User ${String(index)}` };
    ids.push(text(await directory.scim("/Users", { method: "POST", body }), "id"));
  }
  return { running, directory, scim: directory.scim, ids };
}

async function createGroup(scim: RunningDirectory["scim"], body: Record<string, unknown>): Promise<string> {
  return text(await scim("/Groups", { method: "POST", body }), "id");
}

async function memberIds(scim: RunningDirectory["scim"], id: string): Promise<string[]> {
  const members = fields(await scim(`/Groups/${id}`))["members"] as { value: string }[];
  return members.map((member) => member.value);
}

/** Name and user of each event after the users were created. */
async function groupEvents(running: RunningServer): Promise<string[]> {
  return (await running.events())
    .filter((event) => event.event.startsWith("dsync.group."))
    .map((event) => {
      const user = event.data["user"] as { custom_attributes: { username: string } } | undefined;
      const name = event.event.replace("dsync.group.", "");
      return user === undefined ? name : `${name} ${user.custom_attributes.username.slice(0, 2)}`;
    });
}

describe("members", () => {
  test("are announced one by one, after the group, in the order of the request", async () => {
    const { running, scim, ids } = await connect(3);
    await createGroup(scim, { displayName: "G", members: refs([ids[2] ?? "", ids[0] ?? ""]) });
    expect(await groupEvents(running)).toEqual(["created", "user_added u2", "user_added u0"]);
    expect((await running.events()).at(-1)?.data).toMatchObject({
      directory_id: expect.stringMatching(/^directory_/u) as string,
      user: { object: "directory_user", id: ids[0] },
      group: { object: "directory_group", name: "G" },
    });
  });

  test("that nobody knows are passed over, groups and users of another directory among them", async () => {
    const { running, scim, ids } = await connect(1);
    const other = await running.createDirectory();
    const foreign = text(await other.scim("/Users", { method: "POST", body: { userName: "f@x.test" } }), "id");
    const nested = await createGroup(scim, { displayName: "Nested" });
    const id = await createGroup(scim, { displayName: "G", members: refs(["nobody", foreign, nested, ...ids]) });
    await scim(`/Groups/${id}`, patch({ op: "add", path: "members", value: refs([foreign, "nobody"]) }));
    expect(await memberIds(scim, id)).toEqual(ids);
  });

  test("keep their times: being added or removed is not a change of the user", async () => {
    const { running, scim, ids } = await connect(1);
    const before = fields(await running.api(`/directory_users/${ids[0] ?? ""}`))["updated_at"];
    const id = await createGroup(scim, { displayName: "G", members: refs(ids) });
    await scim(`/Groups/${id}`, patch({ op: "remove", path: "members", value: refs(ids) }));
    expect(fields(await running.api(`/directory_users/${ids[0] ?? ""}`))["updated_at"]).toBe(before);
  });

  test.each([
    ["adding a member again", [{ op: "add", path: "members", value: "0" }], ["0", "1"], []],
    ["removing a stranger", [{ op: "remove", path: "members", value: "2" }], ["0", "1"], []],
    ["removing by filter", [{ op: "remove", path: 'members[value eq "0"]' }], ["1"], ["user_removed u0"]],
    ["removing by a value list", [{ op: "Remove", path: "members", value: "1" }], ["0"], ["user_removed u1"]],
    ["removing all", [{ op: "remove", path: "members" }], [], ["user_removed u0", "user_removed u1"]],
    ["replacing", [{ op: "replace", path: "members", value: "12" }], ["1", "2"], ["user_removed u0", "user_added u2"]],
    [
      "replacing with nobody",
      [{ op: "replace", path: "members", value: "" }],
      [],
      ["user_removed u0", "user_removed u1"],
    ],
    [
      "adding and removing in one request",
      [
        { op: "add", path: "members", value: "2" },
        { op: "remove", path: "members", value: "02" },
      ],
      ["1"],
      ["user_removed u0"],
    ],
    [
      "removing all and putting one back",
      [
        { op: "remove", path: "members" },
        { op: "add", path: "members", value: "1" },
      ],
      ["1"],
      ["user_removed u0"],
    ],
  ])("%s", async (_name, operations, left, events) => {
    const { running, scim, ids } = await connect(3);
    const resolve = (digits: string) => [...digits].map((digit) => ids[Number(digit)] ?? "");
    const id = await createGroup(scim, { displayName: "G", members: refs(resolve("01")) });
    const before = (await groupEvents(running)).length;
    const filled = operations.map((operation) => ({
      ...operation,
      path: operation.path.replace(/"(\d)"/u, (_whole, digit: string) => `"${ids[Number(digit)] ?? ""}"`),
      ...("value" in operation ? { value: refs(resolve(operation.value)) } : {}),
    }));
    const answer = await scim(`/Groups/${id}`, patch(...filled));
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(await memberIds(scim, id)).toEqual(left.map((digit) => ids[Number(digit)]));
    expect((await groupEvents(running)).slice(before)).toEqual(events);
  });

  test("PUT with a list replaces, with an empty list empties, and without one keeps", async () => {
    const { running, scim, ids } = await connect(2);
    const id = await createGroup(scim, { displayName: "G", members: refs(ids) });
    const kept = await scim(`/Groups/${id}`, { method: "PUT", body: { displayName: "G" } });
    expect(fields(kept)["members"]).toHaveLength(2);
    await scim(`/Groups/${id}`, { method: "PUT", body: { displayName: "H", members: refs(ids.slice(0, 1)) } });
    expect(await memberIds(scim, id)).toEqual(ids.slice(0, 1));
    await scim(`/Groups/${id}`, { method: "PUT", body: { displayName: "H", members: [] } });
    expect(await memberIds(scim, id)).toEqual([]);
    expect((await groupEvents(running)).slice(3)).toEqual(["updated", "user_removed u1", "user_removed u0"]);
  });

  test("PATCH that replaces with an empty list empties, with null keeps, and without a value is refused", async () => {
    const { running, scim, ids } = await connect(2);
    const id = await createGroup(scim, { displayName: "G", members: refs(ids) });
    const before = (await groupEvents(running)).length;
    const refused = await scim(`/Groups/${id}`, patch({ op: "replace", path: "members" }));
    expect([refused.status, fields(refused)["scimType"]]).toEqual([400, "invalidValue"]);
    await scim(`/Groups/${id}`, patch({ op: "replace", path: "members", value: null }));
    await scim(`/Groups/${id}`, patch({ op: "replace", value: { members: null } }));
    expect(await memberIds(scim, id)).toEqual(ids);
    expect((await groupEvents(running)).slice(before)).toEqual([]);
    await scim(`/Groups/${id}`, patch({ op: "replace", path: "members", value: [] }));
    expect(await memberIds(scim, id)).toEqual([]);
  });

  test("forty requests at once, each adding one, lose nobody", async () => {
    const { running, scim, ids } = await connect(40);
    const id = await createGroup(scim, { displayName: "G" });
    const answers = await Promise.all(
      ids.map((value) => scim(`/Groups/${id}`, patch({ op: "add", path: "members", value: [{ value }] }))),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([204]));
    expect((await memberIds(scim, id)).sort()).toEqual([...ids].sort());
    expect((await groupEvents(running)).filter((name) => name.startsWith("user_added"))).toHaveLength(40);
  });

  test("a deleted group says so alone", async () => {
    const { running, scim, ids } = await connect(2);
    const id = await createGroup(scim, { displayName: "G", members: refs(ids) });
    expect((await scim(`/Groups/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await scim(`/Groups/${id}`, { method: "DELETE" })).status).toBe(404);
    expect((await groupEvents(running)).slice(3)).toEqual(["deleted"]);
    expect(fields(await running.api(`/directory_users/${ids[0] ?? ""}`))["groups"]).toEqual([]);
  });
});

describe("identity", () => {
  test.each([
    ["the same name without externalId", { displayName: "g" }, { displayName: "G" }, 409],
    [
      "the same externalId under another name",
      { displayName: "A", externalId: "1" },
      { displayName: "B", externalId: "1" },
      409,
    ],
    [
      "the same name with another externalId",
      { displayName: "G", externalId: "1" },
      { displayName: "G", externalId: "2" },
      201,
    ],
    [
      "the same name where only one has an externalId",
      { displayName: "G", externalId: "1" },
      { displayName: "G" },
      201,
    ],
    [
      "externalIds that differ in case only",
      { displayName: "A", externalId: "x" },
      { displayName: "B", externalId: "X" },
      201,
    ],
  ])("%s", async (_name, first, second, status) => {
    const { scim } = await connect(0);
    await createGroup(scim, first);
    const answer = await scim("/Groups", { method: "POST", body: second });
    const scimType = status === 409 ? "uniqueness" : undefined;
    expect([answer.status, fields(answer)["scimType"]]).toEqual([status, scimType]);
  });

  test("a rename to a name that is taken is a 409 and changes nothing", async () => {
    const { running, scim, ids } = await connect(1);
    await createGroup(scim, { displayName: "A" });
    const id = await createGroup(scim, { displayName: "B" });
    const answer = await scim(
      `/Groups/${id}`,
      patch({ op: "add", path: "members", value: refs(ids) }, { op: "replace", path: "displayName", value: "a" }),
    );
    expect(answer.status).toBe(409);
    expect(await memberIds(scim, id)).toEqual([]);
    expect(await groupEvents(running)).toEqual(["created", "created"]);
  });

  test("a renamed group is still known by its first name, which no new group takes until it is gone", async () => {
    const { running, scim } = await connect(0);
    const first = await createGroup(scim, { displayName: "A" });
    await scim(`/Groups/${first}`, patch({ op: "replace", path: "displayName", value: "B" }));
    const taken = await scim("/Groups", { method: "POST", body: { displayName: "A" } });
    expect([taken.status, fields(taken)["scimType"]]).toEqual([409, "uniqueness"]);
    const other = await createGroup(scim, { displayName: "C", externalId: "c" });
    const stolen = await scim(`/Groups/${other}`, patch({ op: "replace", path: "externalId", value: "A" }));
    expect(stolen.status).toBe(409);
    expect((await scim(`/Groups/${first}`, patch({ op: "replace", path: "displayName", value: "A" }))).status).toBe(
      204,
    );
    await scim(`/Groups/${first}`, { method: "DELETE" });
    await createGroup(scim, { displayName: "A" });
    expect(await groupEvents(running)).toEqual(["created", "updated", "created", "updated", "deleted", "created"]);
  });

  test("a group that lost its externalId keeps the identity, and others that shared one before stay changeable", async () => {
    const { scim } = await connect(0);
    const first = await createGroup(scim, { displayName: "A", externalId: "x" });
    await scim(`/Groups/${first}`, patch({ op: "remove", path: "externalId" }));
    const again = await scim("/Groups", { method: "POST", body: { displayName: "B", externalId: "x" } });
    expect(again.status).toBe(409);
    const body = { displayName: "A 2", members: [] };
    expect((await scim(`/Groups/${first}`, { method: "PUT", body })).status).toBe(200);
  });

  test("Okta's id and name beside a membership change are neither an error nor a rename", async () => {
    const { running, scim, ids } = await connect(1);
    const id = await createGroup(scim, { displayName: "G" });
    const answer = await scim(`/Groups/${id}`, patch({ op: "replace", value: { id, displayName: "G" } }));
    expect(answer.status).toBe(204);
    await scim(`/Groups/${id}`, patch({ op: "add", path: "members", value: refs(ids) }));
    expect(await groupEvents(running)).toEqual(["created", "user_added u0"]);
  });
});

describe("answers", () => {
  test("a group lists its members with address and name, unless they are not wanted", async () => {
    const { scim, ids, directory } = await connect(1);
    const id = await createGroup(scim, { displayName: "G", members: refs(ids) });
    const userUrl = `${directory.created.scim.base_url}/Users/${ids[0] ?? ""}`;
    expect(fields(await scim(`/Groups/${id}`))["members"]).toEqual([
      { value: ids[0], $ref: userUrl, display: "User 0" },
    ]);
    const without = await scim(`/Groups/${id}?excludedAttributes=members`);
    expect(fields(without)).not.toHaveProperty("members");
    expect((await scim("/Groups?excludedAttributes=members")).text).not.toContain("members");
  });

  test("a PATCH that asks for attributes gets the group as it is afterwards", async () => {
    const { scim, ids } = await connect(1);
    const id = await createGroup(scim, { displayName: "G" });
    const change = patch({ op: "add", path: "members", value: refs(ids) });
    const answer = await scim(`/Groups/${id}?attributes=members`, change);
    expect(answer.body).toMatchObject({ id, members: [{ value: ids[0] }] });
  });
});
