import { describe, expect, test } from "vitest";
import { startServer } from "../fixtures/running-server.ts";
import type { Answer, RunningDirectory, RunningServer } from "../fixtures/running-server.ts";

const badge = "urn:acme:params:scim:schemas:extension:acme:2.0:User";

describe("attributes that a directory maps itself", () => {
  test.each([
    ["an extension's attribute", `${badge}:badge`, "B-9"],
    ["a core attribute under another name", "title", "Engineer"],
    ["a part of a name", "name.middleName", "Q"],
    ["a part of the element that a filter picks", 'addresses[type eq "work"].locality', "Umea"],
    ["a part of the primary element", "phoneNumbers.value", "+46 2"],
    ["the value of the element that a filter picks", 'phoneNumbers[type eq "work"]', "+46 1"],
    [
      "a whole list",
      "phoneNumbers",
      [
        { type: "work", value: "+46 1" },
        { type: "mobile", value: "+46 2", primary: true },
      ],
    ],
    ["a path that leads nowhere", "nickName", null],
    ["a filter that nothing meets", 'addresses[type eq "home"].locality', null],
  ])("%s", async (_name, path, value) => {
    const { server, directory, mapping } = await started();
    await directory.scim("/Users", { method: "POST", body: ann });
    expect((await mapping({ custom_attributes: { mapped: path } })).status).toBe(200);
    expect(await customOf(server)).toMatchObject({ mapped: value });
  });

  test("everybody who looks different by it gets one event, nobody else any; taken away, it goes", async () => {
    const { server, directory, mapping } = await started();
    await directory.scim("/Users", { method: "POST", body: ann });
    await directory.scim("/Users", { method: "POST", body: { ...bob, nickName: "Bo" } });
    await mapping({ custom_attributes: { nick: "nickName" } });
    await mapping({ custom_attributes: { nick: "nickName" } });
    await mapping({ custom_attributes: {} });
    const told = (await updates(server)).map(({ data }) => [data["email"], data["previous_attributes"]]);
    expect(told).toEqual([
      ["bob@acme.test", { custom_attributes: { nick: null } }],
      ["bob@acme.test", { custom_attributes: { nick: "Bo" } }],
    ]);
  });

  test("a change of the mapped attribute is an event, and the user in a list is the user of the last event", async () => {
    const { server, directory, mapping } = await started();
    const { id } = (await directory.scim("/Users", { method: "POST", body: ann })).body as { id: string };
    await mapping({ custom_attributes: { office: 'addresses[type eq "work"].locality' } });
    const operations = [{ op: "Replace", path: 'addresses[type eq "work"].locality', value: "Lund" }];
    await directory.scim(`/Users/${id}`, { method: "PATCH", body: { Operations: operations } });
    const last = (await updates(server)).at(-1);
    const { previous_attributes: previous, ...shown } = last?.data ?? {};
    expect(previous).toMatchObject({ custom_attributes: { office: "Umea" } });
    expect((await server.api(`/directory_users/${id}`)).body).toMatchObject({ ...shown, groups: [] });
  });
});

describe("roles from groups", () => {
  const roles = {
    default_role: "member",
    groups: [
      { group: "Admins", role: "admin" },
      { group: "editors", role: "editor" },
    ],
  };

  test("follow every way into and out of a group, each with its own event after that of the membership", async () => {
    const { server, directory, mapping } = await started();
    await mapping({ role_assignment: roles });
    const user = await idOf(directory.scim("/Users", { method: "POST", body: ann }));
    const editors = await idOf(directory.scim("/Groups", { method: "POST", body: { displayName: "Editors" } }));
    const admins = await idOf(directory.scim("/Groups", { method: "POST", body: { displayName: "Admins" } }));
    await join(directory, editors, user);
    await join(directory, admins, user);
    await directory.scim(`/Groups/${admins}`, { method: "PUT", body: { displayName: "Former admins" } });
    await directory.scim(`/Groups/${editors}`, { method: "DELETE" });
    expect(await storyOf(server)).toEqual([
      "dsync.user.created member",
      "dsync.group.created",
      "dsync.group.created",
      "dsync.group.user_added member",
      "dsync.user.updated editor",
      "dsync.group.user_added editor",
      "dsync.user.updated admin",
      "dsync.group.updated",
      "dsync.user.updated editor",
      "dsync.group.deleted",
      "dsync.user.updated member",
    ]);
  });

  test("of a group that gives one under its old name and another one under the new are the new one's", async () => {
    const { server, directory, mapping } = await started();
    await mapping({ role_assignment: roles });
    const user = await idOf(directory.scim("/Users", { method: "POST", body: ann }));
    const group = await idOf(directory.scim("/Groups", { method: "POST", body: { displayName: "Admins" } }));
    await join(directory, group, user);
    await directory.scim(`/Groups/${group}`, { method: "PUT", body: { displayName: "Editors" } });
    expect((await storyOf(server)).slice(-2)).toEqual(["dsync.group.updated", "dsync.user.updated editor"]);
  });

  test("are those that the members have when all of a request is done: who leaves with a new name never had its role", async () => {
    const { server, directory, mapping } = await started();
    await mapping({ role_assignment: roles });
    const user = await idOf(directory.scim("/Users", { method: "POST", body: ann }));
    const group = await idOf(directory.scim("/Groups", { method: "POST", body: { displayName: "Staff" } }));
    await join(directory, group, user);
    const renamed = (name: string, value: readonly object[]) => [
      { op: "replace", path: "displayName", value: name },
      { op: "replace", path: "members", value },
    ];
    const patch = (operations: readonly object[]) =>
      directory.scim(`/Groups/${group}`, { method: "PATCH", body: { Operations: operations } });
    await patch(renamed("Admins", []));
    await patch(renamed("Editors", [{ value: user }]));
    await patch(renamed("Staff", []));
    expect((await storyOf(server)).slice(3)).toEqual([
      "dsync.group.updated",
      "dsync.group.user_removed member",
      "dsync.group.updated",
      "dsync.group.user_added member",
      "dsync.user.updated editor",
      "dsync.group.updated",
      "dsync.group.user_removed editor",
      "dsync.user.updated member",
    ]);
  });

  test("keep the order of the mapping where a group comes by its new name to the same role in another place", async () => {
    const { server, directory, mapping } = await started();
    const also = [...roles.groups, { group: "Owners", role: "admin" }];
    await mapping({ role_assignment: { ...roles, groups: also, mode: "multiple" } });
    const user = await idOf(directory.scim("/Users", { method: "POST", body: ann }));
    const [admins] = [
      await idOf(
        directory.scim("/Groups", { method: "POST", body: { displayName: "Admins", members: [{ value: user }] } }),
      ),
      await idOf(
        directory.scim("/Groups", { method: "POST", body: { displayName: "Editors", members: [{ value: user }] } }),
      ),
    ];
    await directory.scim(`/Groups/${admins}`, {
      method: "PUT",
      body: { displayName: "Owners", members: [{ value: user }] },
    });
    expect((await updates(server)).at(-1)?.data).toMatchObject({ roles: [{ slug: "editor" }, { slug: "admin" }] });
  });

  test("several of them, the highest first, where the directory wants all; none of it where it assigns none", async () => {
    const { server, directory, mapping } = await started();
    const user = await idOf(directory.scim("/Users", { method: "POST", body: ann }));
    for (const displayName of ["Editors", "Admins"]) {
      const group = await idOf(directory.scim("/Groups", { method: "POST", body: { displayName } }));
      await join(directory, group, user);
    }
    await mapping({ role_assignment: { ...roles, mode: "multiple" } });
    await mapping({ role_assignment: { ...roles, mode: "multiple", default_role: null } });
    await mapping({ role_assignment: null });
    const [given, taken, ...others] = await updates(server);
    expect(others).toEqual([]);
    expect(given?.data).toMatchObject({
      role: { slug: "admin" },
      roles: [{ slug: "admin" }, { slug: "editor" }],
      previous_attributes: { role: null, roles: null },
    });
    expect(taken?.data).not.toHaveProperty("role");
    expect(taken?.data).toMatchObject({ previous_attributes: { role: { slug: "admin" } } });
  });

  test("a group is also named by its id, and a move that changes no role is no event of its own", async () => {
    const { server, directory, mapping } = await started();
    const user = await idOf(directory.scim("/Users", { method: "POST", body: ann }));
    const [one, two] = [
      await idOf(directory.scim("/Groups", { method: "POST", body: { displayName: "One" } })),
      await idOf(directory.scim("/Groups", { method: "POST", body: { displayName: "Two" } })),
    ];
    const groups = [one, two].map((group) => ({ group, role: "editor" }));
    await mapping({ role_assignment: { groups } });
    await join(directory, one, user);
    await join(directory, two, user);
    expect((await updates(server)).map(({ data }) => data["roles"])).toEqual([[], [{ slug: "editor" }]]);
  });
});

describe("a mapping is refused whole", () => {
  test.each<readonly [string, object, string]>([
    ["a path nobody can read", { custom_attributes: { x: "emails[type eq" } }, "custom_attributes.x"],
    ["a name that is none", { custom_attributes: { "Not a name": "title" } }, "custom_attributes.Not a name"],
    [
      "a way to have roles that nobody knows",
      { role_assignment: { mode: "some", groups: [] } },
      "role_assignment.mode",
    ],
    [
      "a role without a slug",
      { role_assignment: { groups: [{ group: "A", role: "" }] } },
      "role_assignment.groups.0.role",
    ],
  ])("%s", async (_name, body, field) => {
    const { mapping, directory, server } = await started();
    const refused = await mapping(body);
    expect([refused.status, refused.body]).toMatchObject([422, { errors: [{ field }] }]);
    const path = `/directories/${directory.created.id}/mapping`;
    expect((await server.api(path)).body).toEqual({ custom_attributes: {}, role_assignment: null });
  });

  test("for a directory that does not exist: 404", async () => {
    const { server } = await started();
    expect((await server.api("/directories/directory_none/mapping")).status).toBe(404);
  });
});

const ann = {
  userName: "ann@acme.test",
  name: { givenName: "Ann", familyName: "Lee", middleName: "Q" },
  emails: [{ value: "ann@acme.test", type: "work", primary: true }],
  title: "Engineer",
  addresses: [{ type: "work", locality: "Umea" }],
  phoneNumbers: [
    { type: "work", value: "+46 1" },
    { type: "mobile", value: "+46 2", primary: true },
  ],
  [badge]: { badge: "B-9" },
};

const bob = bobBody();

function bobBody() {
  return { userName: "bob@acme.test", emails: [{ value: "bob@acme.test", primary: true }] };
}

async function started() {
  const server = await startServer();
  const directory = await server.createDirectory();
  const mapping = (body: unknown): Promise<Answer> =>
    server.api(`/directories/${directory.created.id}/mapping`, { method: "PATCH", body });
  return { server, directory, mapping };
}

async function idOf(answer: Promise<Answer>): Promise<string> {
  return ((await answer).body as { id: string }).id;
}

async function join(directory: RunningDirectory, group: string, user: string): Promise<void> {
  const operations = [{ op: "add", path: "members", value: [{ value: user }] }];
  await directory.scim(`/Groups/${group}`, { method: "PATCH", body: { Operations: operations } });
}

async function updates(server: RunningServer) {
  return (await server.events()).filter(({ event }) => event === "dsync.user.updated");
}

async function customOf(server: RunningServer): Promise<unknown> {
  const [last] = (await updates(server)).slice(-1);
  if (last !== undefined) return last.data["custom_attributes"];
  // A path that leads nowhere makes nobody look different to the log, yet stands in the list.
  const { data } = (await server.api("/directory_users")).body as { data: readonly { custom_attributes: unknown }[] };
  return data[0]?.custom_attributes;
}

async function storyOf(server: RunningServer): Promise<string[]> {
  return (await server.events()).slice(1).map(({ event, data }) => {
    const user = (event.startsWith("dsync.user.") ? data : data["user"]) as { role?: { slug: string } } | undefined;
    return [event, ...(user?.role === undefined ? [] : [user.role.slug])].join(" ");
  });
}
