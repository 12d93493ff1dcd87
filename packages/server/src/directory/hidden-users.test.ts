import { describe, expect, test } from "vitest";
import { fields, startServer, text } from "../fixtures/running-server.ts";

/* Directories with soft_delete false: docs/adr/0002. */

const active = (value: boolean) => ({
  method: "PATCH",
  body: { Operations: [{ op: "replace", path: "active", value }] },
});

async function connect(softDelete = false) {
  const running = await startServer();
  const { scim, created } = await running.createDirectory({ soft_delete: softDelete });
  const user = await scim("/Users", { method: "POST", body: { userName: "ada@x.test", name: { givenName: "Ada" } } });
  const id = text(user, "id");
  const groups: string[] = [];
  for (const displayName of ["A", "B"]) {
    groups.push(text(await scim("/Groups", { method: "POST", body: { displayName, members: [{ value: id }] } }), "id"));
  }
  const before = (await running.events()).length;
  const news = async () => (await running.events()).slice(before);
  const names = async () => (await news()).map((event) => event.event.replace("dsync.", ""));
  return { running, scim, created, id, groups, news, names };
}

describe("a user that becomes inactive where inactive users are not kept", () => {
  test("is deleted for the log and the lists, and still there for SCIM under the same id", async () => {
    const { running, scim, created, id, groups, news } = await connect();
    const answer = await scim(`/Users/${id}`, active(false));
    expect(answer.body).toMatchObject({ id, active: false });
    expect(await news()).toMatchObject([{ event: "dsync.user.deleted", data: { id, state: "inactive" } }]);
    expect((await running.api(`/directory_users/${id}`)).status).toBe(404);
    for (const query of [
      `directory=${created.id}`,
      `group=${groups[0] ?? ""}`,
      `directory=${created.id}&email=ada@x.test`,
      `directory=${created.id}&idp_id=ada@x.test`,
      "",
    ]) {
      expect(fields(await running.api(`/directory_users?${query}`))["data"]).toEqual([]);
    }
    expect((await running.api(`/directory_groups?user=${id}`)).status).toBe(404);
    expect((await scim(`/Users/${id}`)).body).toMatchObject({ id, active: false });
    expect(fields(await scim('/Users?filter=userName eq "ADA@x.test"'))["totalResults"]).toBe(1);
    expect(fields(await scim("/Users"))["totalResults"]).toBe(1);
    expect(fields(await scim(`/Groups/${groups[0] ?? ""}`))["members"]).toMatchObject([{ value: id }]);
    const directory = await running.api(`/directories/${created.id}`);
    expect(fields(directory)["metadata"]).toEqual({ users: { active: 0, inactive: 0 }, groups: 2 });
  });

  test("comes back under the same id, as it is now, with the memberships it has now", async () => {
    const { scim, id, groups, news, names } = await connect();
    await scim(`/Users/${id}`, active(false));
    const other = { Operations: [{ op: "replace", path: "name.givenName", value: "Augusta" }] };
    await scim(`/Users/${id}`, { method: "PATCH", body: other });
    const remove = { Operations: [{ op: "remove", path: "members", value: [{ value: id }] }] };
    await scim(`/Groups/${groups[0] ?? ""}`, { method: "PATCH", body: remove });
    const added = await scim("/Groups", { method: "POST", body: { displayName: "C", members: [{ value: id }] } });
    expect(await names()).toEqual(["user.deleted", "group.created"]);
    await scim(`/Users/${id}`, active(true));
    expect((await news()).slice(2)).toMatchObject([
      { event: "dsync.user.created", data: { id, first_name: "Augusta", state: "active" } },
      { event: "dsync.group.user_added", data: { user: { id, state: "active" }, group: { id: groups[1] } } },
      { event: "dsync.group.user_added", data: { user: { id }, group: { id: text(added, "id") } } },
    ]);
  });

  test("says nothing more when it is removed for good, and frees its name", async () => {
    const { running, scim, created, id, names } = await connect();
    await scim(`/Users/${id}`, active(false));
    expect((await scim(`/Users/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await scim(`/Users/${id}`)).status).toBe(404);
    expect(await names()).toEqual(["user.deleted"]);
    expect((await scim("/Users", { method: "POST", body: { userName: "ada@x.test" } })).status).toBe(201);
    const directory = await running.api(`/directories/${created.id}`);
    expect(fields(directory)["metadata"]).toEqual({ users: { active: 1, inactive: 0 }, groups: 2 });
  });

  test("is taken over by a POST of its name: same id, everything replaced, announced with its memberships", async () => {
    const { running, scim, created, id, groups, news } = await connect();
    await scim(`/Users/${id}`, active(false));
    const body = { userName: "ADA@x.test", externalId: "a1", name: { familyName: "King" } };
    const answer = await scim("/Users", { method: "POST", body });
    expect(answer).toMatchObject({ status: 201, body: { id, ...body } });
    expect(fields(answer)["name"]).toEqual({ familyName: "King" });
    const state = { id, idp_id: "a1", first_name: null, last_name: "King", state: "active" };
    expect((await news()).slice(1)).toMatchObject([
      { event: "dsync.user.created", data: state },
      { event: "dsync.group.user_added", data: { user: { id }, group: { id: groups[0] } } },
      { event: "dsync.group.user_added", data: { user: { id }, group: { id: groups[1] } } },
    ]);
    const directory = await running.api(`/directories/${created.id}`);
    expect(fields(directory)["metadata"]).toEqual({ users: { active: 1, inactive: 0 }, groups: 2 });
    expect((await scim("/Users", { method: "POST", body })).status).toBe(409);
  });

  test("stays hidden when the POST that takes it over is inactive itself", async () => {
    const { scim, id, names } = await connect();
    await scim(`/Users/${id}`, active(false));
    const body = { userName: "ada@x.test", title: "Countess", active: false };
    const answer = await scim("/Users", { method: "POST", body });
    expect(answer).toMatchObject({ status: 201, body: { id, ...body } });
    expect(await names()).toEqual(["user.deleted"]);
  });

  test("keeps its name from a user that is renamed", async () => {
    const { scim, id } = await connect();
    await scim(`/Users/${id}`, active(false));
    const other = text(await scim("/Users", { method: "POST", body: { userName: "bob@x.test" } }), "id");
    const rename = { method: "PUT", body: { userName: "ada@x.test" } };
    expect((await scim(`/Users/${other}`, rename)).status).toBe(409);
  });

  test("going inactive twice says it once", async () => {
    const { scim, id, names } = await connect();
    for (let round = 0; round < 2; round += 1) await scim(`/Users/${id}`, active(false));
    await scim(`/Users/${id}`, { method: "PUT", body: { userName: "ada@x.test", active: false, title: "x" } });
    expect(await names()).toEqual(["user.deleted"]);
  });

  test("created inactive is announced when it becomes active", async () => {
    const { scim, names } = await connect();
    const user = await scim("/Users", { method: "POST", body: { userName: "bob@x.test", active: false } });
    expect(user.status).toBe(201);
    expect(await names()).toEqual([]);
    await scim(`/Users/${text(user, "id")}`, active(true));
    expect(await names()).toEqual(["user.created"]);
  });

  test("stays the cursor of a reader that stood on it", async () => {
    const { running, scim, created, id } = await connect();
    await scim("/Users", { method: "POST", body: { userName: "bob@x.test" } });
    await scim(`/Users/${id}`, active(false));
    const page = await running.api(`/directory_users?directory=${created.id}&order=asc&after=${id}`);
    expect(fields(page)["data"]).toMatchObject([{ email: "bob@x.test" }]);
  });
});

test("where inactive users are kept, inactive is an update, memberships stay, and a removal is a deletion", async () => {
  const { running, scim, created, id, groups, news } = await connect(true);
  await scim(`/Users/${id}`, active(false));
  expect((await scim("/Users", { method: "POST", body: { userName: "ada@x.test" } })).status).toBe(409);
  expect(await news()).toMatchObject([
    { event: "dsync.user.updated", data: { id, state: "inactive", previous_attributes: { state: "active" } } },
  ]);
  const user = await running.api(`/directory_users/${id}`);
  expect(user.body).toMatchObject({ state: "inactive", groups: groups.map((group) => ({ id: group })) });
  const directory = await running.api(`/directories/${created.id}`);
  expect(fields(directory)["metadata"]).toEqual({ users: { active: 0, inactive: 1 }, groups: 2 });
  await scim(`/Users/${id}`, { method: "DELETE" });
  expect((await news()).at(-1)).toMatchObject({ event: "dsync.user.deleted", data: { id, state: "inactive" } });
});
