import { expect, test } from "vitest";
import { fields, startServer, text } from "../fixtures/running-server.ts";
import type { Answer, RunningDirectory } from "../fixtures/running-server.ts";

const names = (answer: Answer): unknown[] =>
  (fields(answer)["Resources"] as { userName: string }[]).map(({ userName }) => userName);

/** Ann is in two groups, Bob in one, Cat in none. */
async function company(): Promise<{ scim: RunningDirectory["scim"]; base: string; ids: Record<string, string> }> {
  const { scim, created } = await (await startServer()).createDirectory();
  const ids: Record<string, string> = {};
  for (const name of ["ann", "bob", "cat"]) {
    ids[name] = text(await scim("/Users", { method: "POST", body: { userName: `${name}@x.test` } }), "id");
  }
  for (const [displayName, members] of Object.entries({ Sales: ["ann", "bob"], Support: ["ann"] })) {
    const body = { displayName, members: members.map((name) => ({ value: ids[name] })) };
    ids[displayName] = text(await scim("/Groups", { method: "POST", body }), "id");
  }
  return { scim, base: created.scim.base_url, ids };
}

test("the groups of a user are shown to who asks for them, and to nobody else", async () => {
  const { scim, base, ids } = await company();
  const sales = { value: ids["Sales"], $ref: `${base}/Groups/${ids["Sales"] ?? ""}`, display: "Sales", type: "direct" };
  const path = `/Users/${ids["bob"] ?? ""}`;
  expect(fields(await scim(`${path}?attributes=userName,groups`))).toMatchObject({
    userName: "bob@x.test",
    groups: [sales],
  });
  expect(fields(await scim(`${path}?attributes=groups.display`))["groups"]).toEqual([{ display: "Sales" }]);
  for (const query of ["", "?attributes=userName", "?excludedAttributes=meta"]) {
    expect(fields(await scim(`${path}${query}`))).not.toHaveProperty("groups");
  }
  const changed = await scim(`${path}?attributes=groups`, { method: "PATCH", body: { Operations: [] } });
  expect(fields(changed)["groups"]).toEqual([sales]);
});

test("a list shows them, is filtered and sorted by them", async () => {
  const { scim, ids } = await company();
  const list = fields(await scim("/Users?attributes=groups"))["Resources"] as { groups: unknown[] }[];
  expect(list.map(({ groups }) => groups.length)).toEqual([2, 1, 0]);
  expect(names(await scim(`/Users?filter=groups.value eq "${ids["Sales"] ?? ""}"`))).toEqual([
    "ann@x.test",
    "bob@x.test",
  ]);
  expect(names(await scim('/Users?filter=groups[display eq "support"]'))).toEqual(["ann@x.test"]);
  expect(names(await scim("/Users?filter=not (groups pr)"))).toEqual(["cat@x.test"]);
  expect(names(await scim(`/?filter=groups.value eq "${ids["Support"] ?? ""}"`))).toEqual(["ann@x.test"]);
});

test("the schema says that they are shown on request", async () => {
  const { scim } = await company();
  const schema = fields(await scim("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"));
  const groups = (schema["attributes"] as { name: string; returned: string }[]).find(({ name }) => name === "groups");
  expect(groups?.returned).toBe("request");
});
