import { brotliCompressSync, gzipSync } from "node:zlib";
import { SelfHosted } from "@dirsync/sdk/self-hosted";
import { describe, expect, test } from "vitest";
import { ann, bob, cid, personOf, row, started, tell } from "../fixtures/import-rig.ts";
import { apiKey } from "../fixtures/running-server.ts";

describe("an import", () => {
  test("makes, changes and switches off people and memberships, with the events SCIM would have", async () => {
    const { server, run } = await started();
    await run([row(ann, ["Team"]), row(bob, ["Team"])]);
    const before = (await server.events()).length;
    const answer = await run([row({ ...ann, title: "Lead" }, ["Team", "Board"]), row(cid)]);
    expect(answer.body).toMatchObject({ created: 1, updated: 1, unchanged: 0, removals: 1, events_total: 6 });
    expect((await server.events()).slice(before).map(tell)).toEqual([
      "dsync.user.updated ann@acme.test active",
      "dsync.user.created cid@acme.test active",
      "dsync.user.updated bob@acme.test inactive",
      "dsync.group.created Board",
      "dsync.group.user_removed bob@acme.test Team",
      "dsync.group.user_added ann@acme.test Board",
    ]);
  });

  test("of the same file again changes nothing and tells nothing; what it has no column for stays", async () => {
    const { server, scim, run } = await started();
    await run([row({ ...ann, "name.givenName": "Ann" })]);
    const { Resources: [found] = [] } = (await scim("/Users")).body as { Resources?: { id: string }[] };
    const operations = [{ op: "add", value: { nickName: "Annie", "name.familyName": "Lee" } }];
    await scim(`/Users/${found?.id ?? ""}`, { method: "PATCH", body: { Operations: operations } });
    const before = await server.events();
    const again = await run([row({ ...ann, "name.givenName": "Ann" })]);
    expect(again.body).toMatchObject({ created: 0, updated: 0, unchanged: 1, events_total: 0 });
    expect(await server.events()).toEqual(before);
    const after = await scim(`/Users/${found?.id ?? ""}`);
    expect(after.body).toMatchObject({ nickName: "Annie", name: { givenName: "Ann", familyName: "Lee" } });
  });

  test("takes away what the file says there is none of, and tells it once", async () => {
    const { server, run } = await started();
    await run([row({ ...ann, title: "Lead", "name.givenName": "Ann", "name.familyName": "Lee" })]);
    for (const _again of [1, 2]) await run([row({ ...ann, title: null, "name.givenName": null, nickName: null })]);
    const told = (await server.events()).slice(2).map(({ data }) => data["previous_attributes"]);
    expect(told).toEqual([{ first_name: "Ann", name: "Ann Lee", custom_attributes: { job_title: "Lead" } }]);
  });

  test("may come packed with gzip, and with nothing else", async () => {
    const { server, path } = await started();
    const send = async (body: Uint8Array, encoding: string) =>
      await fetch(server.url + path, {
        method: "POST",
        body: new Uint8Array(body),
        headers: { Authorization: `Bearer ${apiKey}`, "Content-Encoding": encoding },
      });
    const text = JSON.stringify({ mode: "apply", people: [row(ann), row(bob)] });
    const refused = await send(brotliCompressSync(text), "br");
    expect([refused.status, refused.headers.get("accept-encoding")]).toEqual([415, "gzip"]);
    expect(await refused.json()).toMatchObject({ code: "body_unknown_encoding" });
    const broken = await send(gzipSync(text).subarray(0, 40), "gzip");
    expect([broken.status, await broken.json()]).toMatchObject([400, { code: "body_malformed" }]);
    const bomb = await send(gzipSync(Buffer.alloc(33 * 1024 * 1024, 32)), "gzip");
    expect([bomb.status, await bomb.json()]).toMatchObject([413, { code: "body_too_large" }]);
    const done = await send(gzipSync(text), "gzip");
    expect([done.status, await done.json()]).toMatchObject([200, { created: 2 }]);
  });

  test("of many people comes packed from our client", async () => {
    const { server, path } = await started();
    const client = new SelfHosted({ baseUrl: server.url, apiKey });
    const people = Array.from({ length: 500 }, (_, index) => row(personOf(`p${String(index)}`)));
    const id = path.split("/")[2] ?? "";
    expect(await client.directories.import(id, { mode: "apply", people })).toMatchObject({ created: 500 });
  });

  test("planned tells exactly what the import then does, and keeps nothing", async () => {
    const { server, run } = await started();
    await run([row(ann, ["Team"]), row(bob)]);
    const before = await server.events();
    const rows = [row({ ...ann, title: "Lead" }), row(cid, ["Team"])];
    const plan = await run(rows, { mode: "plan" });
    expect(await server.events()).toEqual(before);
    const done = await run(rows, { mode: "apply" });
    expect({ ...(plan.body as object), mode: "" }).toEqual({ ...(done.body as object), mode: "" });
  });
});

describe("groups with ids", () => {
  const team = { id: "G-1", name: "Team" };

  test("are made, also without members, renamed and emptied, and are told by their id", async () => {
    const { server, run } = await started();
    const board = { id: "G-2", name: "Board" };
    await run([row(ann, ["G-1"]), row(bob, ["G-1"])], { groups: [team, board] });
    const before = (await server.events()).length;
    const renamed = { id: "G-1", name: "Crew" };
    await run([row(ann, ["G-1"]), row(bob)], { groups: [renamed, board] });
    const log = await server.events();
    expect(
      log.slice(0, before).flatMap(({ event, data }) => (event === "dsync.group.created" ? [data["idp_id"]] : [])),
    ).toEqual(["G-1", "G-2"]);
    expect(log.slice(before).map(tell)).toEqual([
      "dsync.group.updated Crew",
      "dsync.group.user_removed bob@acme.test Crew",
    ]);
    await run([row(ann), row(bob)], { groups: [board] });
    expect((await server.events()).slice(before + 2).map(tell)).toEqual([
      "dsync.group.user_removed ann@acme.test Crew",
    ]);
    const again = await run([row(ann), row(bob)], { groups: [board] });
    expect(again.body).toMatchObject({ events_total: 0 });
  });

  test("give a role by a new name to who is still in them and to nobody who leaves with it, and take none from who moves", async () => {
    const { server, path, run } = await started();
    const mapping = path.replace(/import$/u, "mapping");
    const roles = { groups: [{ group: "Board", role: "admin" }] };
    expect((await server.api(mapping, { method: "PATCH", body: { role_assignment: roles } })).status).toBe(200);
    await run([row(ann, ["G-1"]), row(bob, ["G-1"])], { groups: [team] });
    await run([row(ann, ["G-1"]), row(bob)], { groups: [{ ...team, name: "Board" }] });
    const told = (await server.events()).filter(({ event }) => event === "dsync.user.updated");
    expect(told.map(({ data }) => [data["email"], data["role"]])).toEqual([["ann@acme.test", { slug: "admin" }]]);
    const moved = { id: "G-2", name: "Crew" };
    const both = [...roles.groups, { group: "Crew", role: "admin" }];
    await server.api(mapping, { method: "PATCH", body: { role_assignment: { groups: both } } });
    await run([row(ann, ["G-2"]), row(bob)], { groups: [{ ...team, name: "Board" }, moved] });
    expect((await server.events()).filter(({ event }) => event === "dsync.user.updated")).toHaveLength(1);
  });

  test("may share a name; one from before there were ids gets its id by its name", async () => {
    const { server, run } = await started();
    await run([row(ann, ["Team"])]);
    const before = (await server.events()).length;
    const twin = { id: "G-9", name: "Team" };
    await run([row(ann, ["G-1"]), row(bob, ["G-9"])], { groups: [team, twin] });
    const told = (await server.events()).slice(before);
    expect(told.map(tell)).toEqual([
      "dsync.user.created bob@acme.test active",
      "dsync.group.updated Team",
      "dsync.group.created Team",
      "dsync.group.user_added bob@acme.test Team",
    ]);
    expect(told[1]?.data).toMatchObject({ idp_id: "G-1", previous_attributes: { idp_id: "Team" } });
  });

  test("refuse who is in one that is not among them, and two with one id", async () => {
    const { server, run } = await started();
    const before = await server.events();
    const unknown = await run([row(ann), row(bob, ["G-1", "G-7"])], { groups: [team] });
    expect([unknown.status, unknown.body]).toMatchObject([
      422,
      { code: "import_refused", errors: [{ field: "people.1", message: expect.stringContaining("G-7") as string }] },
    ]);
    const twins = await run([row(ann)], { groups: [team, { ...team, name: "Other" }] });
    expect([twins.status, twins.body]).toMatchObject([422, { errors: [{ field: "groups.1" }] }]);
    expect(await server.events()).toEqual(before);
  });
});

describe("nothing is applied", () => {
  test("when one person cannot be taken, and each is told by their place", async () => {
    const { server, run } = await started();
    const before = await server.events();
    const refused = await run([row(ann), row({ userName: "no address" }), row({ ...ann, active: "maybe" })]);
    expect([refused.status, refused.body]).toMatchObject([
      422,
      { code: "import_refused", errors: [{ field: "people.1" }, { field: "people.2" }] },
    ]);
    expect(await server.events()).toEqual(before);
  });

  test.each<readonly [string, number, number]>([
    ["everybody goes", 2, 2],
    ["more go than fifty and a tenth", 120, 51],
  ])("without being asked when %s", async (_name, count, gone) => {
    const { server, run } = await started();
    const everybody = Array.from({ length: count }, (_, index) => row(personOf(`p${String(index)}`)));
    await run(everybody);
    const before = await server.events();
    const left = [...everybody.slice(gone), row(personOf("new"))];
    const braked = await run(left);
    expect([braked.status, braked.body]).toMatchObject([409, { code: "delete_brake", removals: gone, active: count }]);
    expect(await server.events()).toEqual(before);
    expect((await run(left, { mode: "plan" })).body).toMatchObject({ braked: true, removals: gone });
    expect((await run(left, { allow_removals: true })).status).toBe(200);
    expect((await server.events()).length).toBe(before.length + gone + 1);
  });

  test("to people who are not in the file, where it is said to be a part", async () => {
    const { server, run } = await started();
    await run([row(ann), row(bob)]);
    const before = (await server.events()).length;
    await run([row(cid)], { missing: "keep" });
    expect((await server.events()).slice(before).map(tell)).toEqual(["dsync.user.created cid@acme.test active"]);
  });

  test("to the groups of people who are not in the file, where it is said to be a part", async () => {
    const { server, run } = await started();
    await run([row(ann, ["Team"]), row(bob, ["Team", "Board"])]);
    const before = (await server.events()).length;
    for (const _again of [1, 2]) await run([row(ann, ["Board"]), row(cid, ["Team"])], { missing: "keep" });
    expect((await server.events()).slice(before).map(tell)).toEqual([
      "dsync.user.created cid@acme.test active",
      "dsync.group.user_removed ann@acme.test Team",
      "dsync.group.user_added cid@acme.test Team",
      "dsync.group.user_added ann@acme.test Board",
    ]);
  });

  test.each<readonly [string, object]>([
    ["no people", { mode: "apply", people: [] }],
    ["no mode", { people: [row(ann)] }],
    ["a word it does not know", { mode: "apply", people: [row(ann)], force: true }],
  ])("for a request with %s", async (_name, body) => {
    const { server, path } = await started();
    expect((await server.api(path, { method: "POST", body })).status).toBe(422);
  });
});
