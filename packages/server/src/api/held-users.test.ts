import { SelfHosted } from "@dirsync/sdk/self-hosted";
import { expect, test } from "vitest";
import { apiKey, fields, startServer, text } from "../fixtures/running-server.ts";

const user = (userName: string, active: boolean) => ({ userName: `${userName}@x.test`, active });

/** A directory that does not keep inactive users. */
async function start() {
  const running = await startServer();
  const { created, scim } = await running.createDirectory({ soft_delete: false });
  const client = new SelfHosted({ baseUrl: running.url, apiKey });
  const hire = async (name: string, active: boolean) =>
    text(await scim("/Users", { method: "POST", body: user(name, active) }), "id");
  const held = async () => await client.directories.heldUsers(created.id).toArray({ max: 100 });
  return { running, created, scim, client, hire, held };
}

test("whoever is inactive in a directory that keeps nobody inactive is held, and says why", async () => {
  const { created, client, scim, hire, held } = await start();
  const [ann, bob] = [await hire("ann", true), await hire("bob", false)];
  expect(await held()).toEqual([
    {
      object: "held_user",
      id: bob,
      directory_id: created.id,
      user_name: "bob@x.test",
      state: "inactive",
      reason: "inactive",
      message: expect.stringContaining("when the identity provider activates it") as string,
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/u) as string,
    },
  ]);
  const off = { Operations: [{ op: "replace", path: "active", value: false }] };
  await scim(`/Users/${ann}`, { method: "PATCH", body: off });
  expect((await held()).map(({ id }) => id)).toEqual([bob, ann]);
  expect(await client.users.list({ directory: created.id }).toArray({ max: 10 })).toEqual([]);
});

test("whoever comes through is held no more, under the id it was held under", async () => {
  const { scim, hire, held, running } = await start();
  const bob = await hire("bob", false);
  await scim(`/Users/${bob}`, { method: "PUT", body: user("bob", true) });
  expect(await held()).toEqual([]);
  expect((await running.events()).at(-1)).toMatchObject({ event: "dsync.user.created", data: { id: bob } });
});

test("the list has pages like any other, and is of one directory", async () => {
  const { running, created, hire } = await start();
  const ids = [await hire("a", false), await hire("b", false), await hire("c", false)];
  const path = `/directories/${created.id}/held_users?order=asc&limit=2`;
  const first = await running.api(path);
  expect(first.body).toMatchObject({ data: [{ id: ids[0] }, { id: ids[1] }], list_metadata: { after: ids[1] } });
  const second = await running.api(`${path}&after=${ids[1] ?? ""}`);
  expect(second.body).toMatchObject({ data: [{ id: ids[2] }], list_metadata: { after: null } });
  const other = await running.createDirectory({ soft_delete: false });
  expect(fields(await running.api(`/directories/${other.created.id}/held_users`))["data"]).toEqual([]);
});

test("(control) a directory that keeps inactive users holds nobody", async () => {
  const running = await startServer();
  const { created, scim } = await running.createDirectory();
  await scim("/Users", { method: "POST", body: user("bob", false) });
  expect(fields(await running.api(`/directories/${created.id}/held_users`))["data"]).toEqual([]);
});

test("there is no list of a directory that there is none of, and none without the key", async () => {
  const { running, created } = await start();
  expect((await running.api("/directories/directory_none/held_users")).status).toBe(404);
  const headers = { Authorization: "Bearer nope" };
  expect((await running.api(`/directories/${created.id}/held_users`, { headers })).status).toBe(401);
});
