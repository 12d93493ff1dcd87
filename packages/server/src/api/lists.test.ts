import type { List } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { startServer, text } from "../fixtures/running-server.ts";
import type { Answer } from "../fixtures/running-server.ts";

interface Item {
  readonly id: string;
  readonly name?: string;
}

const page = (answer: Answer) => answer.body as List<Item>;
const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u) as string;
const ids = (answer: Answer) => page(answer).data.map((item) => item.id);

/** A server with seven users in creation order. */
async function withUsers(count = 7) {
  const running = await startServer();
  const { scim, created } = await running.createDirectory();
  const users: string[] = [];
  for (let index = 0; index < count; index += 1) {
    users.push(text(await scim("/Users", { method: "POST", body: { userName: `u${String(index)}@x.test` } }), "id"));
  }
  const list = (query: string) => running.api(`/directory_users?directory=${created.id}&${query}`);
  return { running, scim, created, users, list };
}

describe("pages", () => {
  test.each(["asc", "desc", "normal"])(
    "order %s: pages laid end to end are all, forwards and backwards",
    async (order) => {
      const { users, list } = await withUsers();
      const all = order === "asc" ? users : [...users].reverse();
      // With `normal`, `before` leads on and `after` back.
      const [onward, back] = order === "normal" ? (["before", "after"] as const) : (["after", "before"] as const);
      const forwards: string[][] = [];
      let answer = await list(`order=${order}&limit=3`);
      expect(page(answer).list_metadata[back]).toBeNull();
      for (;;) {
        forwards.push(ids(answer));
        const cursor = page(answer).list_metadata[onward];
        if (cursor === null || cursor === undefined) break;
        answer = await list(`order=${order}&limit=3&${onward}=${cursor}`);
      }
      expect(forwards).toEqual([all.slice(0, 3), all.slice(3, 6), all.slice(6)]);
      const backwards: string[][] = [];
      for (;;) {
        const cursor = page(answer).list_metadata[back];
        if (cursor === null || cursor === undefined) break;
        answer = await list(`order=${order}&limit=3&${back}=${cursor}`);
        backwards.push(ids(answer));
      }
      expect(backwards).toEqual([all.slice(3, 6), all.slice(0, 3)]);
    },
  );

  test("newest first and ten of them, when nothing is said", async () => {
    const { running, users, created } = await withUsers(11);
    const answer = await running.api(`/directory_users?directory=${created.id}`);
    expect(ids(answer)).toEqual([...users].reverse().slice(0, 10));
    expect(page(answer).list_metadata.after).toBe(users[1]);
  });

  test("both cursors at once give what lies between", async () => {
    const { users, list } = await withUsers();
    const answer = await list(`order=asc&after=${users[1] ?? ""}&before=${users[5] ?? ""}`);
    expect(ids(answer)).toEqual(users.slice(2, 5));
  });

  test("the last page, full to the brim, says that it is the last", async () => {
    const { list } = await withUsers(6);
    const first = page(await list("order=asc&limit=3"));
    const second = page(await list(`order=asc&limit=3&after=${first.list_metadata.after ?? ""}`));
    expect(second.data).toHaveLength(3);
    expect(second.list_metadata.after).toBeNull();
  });

  test("users that come and go while somebody pages are neither repeated nor do they hide others", async () => {
    const { running, scim, created, users, list } = await withUsers();
    const seen = ids(await list("order=asc&limit=3"));
    for (const gone of [users[2], users[0], users[3]]) await scim(`/Users/${gone ?? ""}`, { method: "DELETE" });
    await scim("/Users", { method: "POST", body: { userName: "late@x.test" } });
    // The cursor itself has been deleted by now.
    const rest = await running.api(`/directory_users?directory=${created.id}&order=asc&after=${seen.at(-1) ?? ""}`);
    expect(ids(rest).slice(0, 3)).toEqual(users.slice(4));
    expect(page(rest).data).toHaveLength(4);
  });

  test.each([
    ["limit=0", 422],
    ["limit=101", 422],
    ["limit=ten", 422],
    ["limit=", 422],
    ["limit=1.5", 422],
    ["limit=-1", 422],
    ["order=up", 422],
    ["after=directory_user_nobody", 400],
    ["before=directory_user_nobody", 400],
    ["after=", 400],
  ])("%s is refused with %i on every list", async (query, status) => {
    const running = await startServer();
    const refusal =
      status === 400
        ? { code: "cursor_not_found" }
        : { message: "Validation failed.", errors: [{ field: query.split("=")[0] }] };
    for (const path of ["/directory_users", "/directory_groups", "/directories", "/organizations"]) {
      const answer = await running.api(`${path}?${query}`);
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.body).toMatchObject(refusal);
    }
  });

  test("an id of another kind is no cursor", async () => {
    const { running, created, list } = await withUsers(1);
    expect((await list(`after=${created.id}`)).status).toBe(400);
    expect((await running.api(`/directories?after=${created.id}`)).status).toBe(200);
  });
});

describe("filters", () => {
  test("users by group, by idp_id and by e-mail; groups by user; a user has its groups", async () => {
    const { running, scim, created, users, list } = await withUsers(3);
    const member = users[1] ?? "";
    await scim(`/Users/${member}`, {
      method: "PUT",
      body: { userName: "u1@x.test", externalId: "idp-1", emails: [{ value: "One@x.test", primary: true }] },
    });
    const group = text(
      await scim("/Groups", { method: "POST", body: { displayName: "G", members: [{ value: member }] } }),
      "id",
    );
    expect(ids(await running.api(`/directory_users?group=${group}`))).toEqual([member]);
    expect(ids(await list("email=ONE@x.test"))).toEqual([member]);
    expect(ids(await list("idp_id=idp-1"))).toEqual([member]);
    expect(ids(await list("idp_id=u1@x.test"))).toEqual([]);
    const shown = await running.api(`/directory_users/${member}`);
    expect(shown.body).toMatchObject({ id: member, groups: [{ id: group, name: "G" }] });
    expect(ids(await running.api(`/directory_groups?user=${member}`))).toEqual([group]);
    expect(ids(await running.api(`/directory_groups?user=${users[0] ?? ""}`))).toEqual([]);
    expect(ids(await running.api(`/directory_groups?directory=${created.id}`))).toEqual([group]);
    const listed = (await list("order=asc")).body as List<{ groups: unknown[] }>;
    expect(listed.data.map((user) => user.groups.length)).toEqual([0, 1, 0]);
  });

  test("idp_id and e-mail need a directory", async () => {
    const running = await startServer();
    for (const query of ["idp_id=a", "email=a@x.test"]) {
      const answer = await running.api(`/directory_users?${query}`);
      expect([answer.status, answer.body]).toEqual([
        422,
        { message: "Validation failed.", errors: [{ code: "required", field: "directory" }] },
      ]);
    }
  });

  test.each([
    ["/directory_users?directory=directory_nope", "Directory not found: 'directory_nope'."],
    ["/directory_users?group=directory_group_nope", "Directory Group not found: 'directory_group_nope'."],
    ["/directory_groups?user=directory_user_nope", "Directory User not found: 'directory_user_nope'."],
    ["/directories/directory_nope", "Directory not found: 'directory_nope'."],
    ["/directory_users/directory_user_nope", "Directory User not found: 'directory_user_nope'."],
    ["/directory_groups/directory_group_nope", "Directory Group not found: 'directory_group_nope'."],
    ["/organizations/org_nope", "Organization not found: 'org_nope'."],
    ["/organizations/external_id/x", "Organization not found: 'x'."],
  ])("%s is a 404 that says what was not found", async (path, message) => {
    const running = await startServer();
    const answer = await running.api(path);
    expect([answer.status, answer.body]).toEqual([404, { message }]);
  });

  test("directories by organization and by part of the name, organizations by part of the name", async () => {
    const running = await startServer();
    const one = await running.createDirectory({ name: "Acme Okta" });
    const organizationId = String(one.created.organization_id);
    const two = await running.createDirectory({ name: "Acme Entra", organization_id: organizationId });
    const three = await running.createDirectory({ name: "Umbrella" });
    const directories = async (query: string) => ids(await running.api(`/directories?order=asc&${query}`));
    expect(await directories(`organization_id=${organizationId}`)).toEqual([one.created.id, two.created.id]);
    expect(await directories("organization_id=org_nope")).toEqual([]);
    expect(await directories("search=ACME")).toEqual([one.created.id, two.created.id]);
    expect(await directories(`search=brella&organization_id=${organizationId}`)).toEqual([]);
    expect(ids(await running.api("/organizations?search=umb"))).toEqual([three.created.organization_id]);
  });

  test.each(["Äpfel", "äpfel & birnen", "ÄPFEL"])(
    "a name is found by %s, whatever the case of its umlaut",
    async (part) => {
      const running = await startServer();
      const { created } = await running.createDirectory({ name: "Äpfel & Birnen" });
      const query = `search=${encodeURIComponent(part)}`;
      expect(ids(await running.api(`/directories?${query}`))).toEqual([created.id]);
      expect(ids(await running.api(`/organizations?${query}`))).toEqual([created.organization_id]);
    },
  );
});

test("every object has the shape of the contract", async () => {
  const { running, scim, created, users } = await withUsers(1);
  await scim("/Groups", { method: "POST", body: { displayName: "G", members: [{ value: users[0] }] } });
  const first = async (path: string) => page(await running.api(path)).data[0];
  const own = { id: expect.any(String) as string, created_at: isoTime, updated_at: isoTime };
  const group = {
    ...own,
    object: "directory_group",
    idp_id: "G",
    directory_id: created.id,
    organization_id: created.organization_id,
    name: "G",
    raw_attributes: {},
  };
  expect(await first("/directory_groups")).toEqual(group);
  expect(await first("/directory_users")).toEqual({
    ...own,
    object: "directory_user",
    idp_id: "u0@x.test",
    directory_id: created.id,
    organization_id: created.organization_id,
    email: "u0@x.test",
    first_name: null,
    last_name: null,
    name: null,
    state: "active",
    custom_attributes: { username: "u0@x.test", emails: [{ primary: true, type: "work", value: "u0@x.test" }] },
    groups: [group],
    // Deprecated, and empty since 2026-04-15.
    emails: [],
    job_title: null,
    username: null,
    raw_attributes: {},
  });
  expect(await first("/directories")).toEqual({
    ...own,
    object: "directory",
    organization_id: created.organization_id,
    external_key: created.external_key,
    type: "generic scim v2.0",
    state: "linked",
    name: "Acme",
    metadata: { users: { active: 1, inactive: 0 }, groups: 1 },
  });
  expect(await first("/organizations")).toMatchObject({ ...own, object: "organization", name: "Acme", domains: [] });
});
