import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { ann, bob, cid, personOf, row, started, tell } from "../fixtures/import-rig.ts";
import type { Row } from "../fixtures/import-rig.ts";

describe("an import", () => {
  test("knows a person by their number when the user name changes, and takes somebody back who left", async () => {
    const { server, run } = await started();
    await run([row({ ...ann, externalId: "7" })]);
    await run([row({ ...personOf("anna"), externalId: "7" })]);
    await run([row({ ...personOf("anna"), externalId: "7", active: false })]);
    await run([row({ ...personOf("anna"), externalId: "7" })]);
    const log = (await server.events()).slice(1);
    expect(log.map(tell)).toEqual([
      "dsync.user.created ann@acme.test active",
      "dsync.user.updated anna@acme.test active",
      "dsync.user.updated anna@acme.test inactive",
      "dsync.user.updated anna@acme.test active",
    ]);
    expect(new Set(log.map(({ data }) => data["id"])).size).toBe(1);
  });

  test.each<readonly [string, Row["user"], Row["user"]]>([
    ["the file gives no number", { ...ann, externalId: "1" }, { ...ann }],
    ["they had no number", { ...ann }, { ...ann, externalId: "1" }],
    ["it is theirs", { ...ann, externalId: "1" }, { ...ann, externalId: "1", title: "Lead" }],
  ])("knows a person by the user name where %s", async (_name, before, after) => {
    const { server, run } = await started();
    await run([row(before)]);
    expect((await run([row(after)])).body).toMatchObject({ created: 0, removals: 0 });
    expect((await server.events()).filter(({ event }) => event === "dsync.user.created")).toHaveLength(1);
  });

  test("takes numbers as they are written, and an empty one for none", async () => {
    const { run } = await started();
    const rows = [row({ ...ann, externalId: "a7" }), row({ ...bob, externalId: "A7" })];
    const more = ["dan", "eve"].map((name) => row({ ...personOf(name), externalId: "" }));
    expect((await run([...rows, ...more])).body).toMatchObject({ created: 4 });
    expect((await run([...rows, ...more])).body).toMatchObject({ unchanged: 4, events_total: 0 });
  });
});

describe("nothing is applied", () => {
  test.each<readonly [string, Row["user"], Row["user"], string]>([
    ["the same number", { ...ann, externalId: "7" }, { ...bob, externalId: "7" }, "externalId"],
    ["the same user name", { ...ann, externalId: "7" }, { ...ann, externalId: "8" }, "userName"],
    ["a user name in another case", { ...ann }, { ...bob, userName: "ANN@acme.test" }, "userName"],
  ])("when two rows have %s: both are told", async (_name, one, other, field) => {
    const { server, run } = await started();
    await run([row({ ...ann, externalId: "7" })]);
    const before = await server.events();
    for (const rows of [
      [row(one), row(cid), row(other)],
      [row(other), row(cid), row(one)],
    ]) {
      const refused = await run(rows);
      const told = (index: number) =>
        expect.stringMatching(new RegExp(`people\\.${String(index)} .*${field}`)) as string;
      expect([refused.status, refused.body]).toMatchObject([
        422,
        {
          code: "import_refused",
          errors: [
            { field: "people.0", message: told(2) },
            { field: "people.2", message: told(0) },
          ],
        },
      ]);
    }
    expect(await server.events()).toEqual(before);
  });

  test("when three rows are one person: each is told once", async () => {
    const { run } = await started();
    const refused = await run([row({ ...ann, externalId: "7" }), row({ ...ann, externalId: "7" }), row(ann), row(bob)]);
    const errors = (refused.body as { errors: { field: string }[] }).errors;
    expect(errors.map(({ field }) => field)).toEqual(["people.0", "people.1", "people.2"]);
  });

  test("when a name is taken by somebody else of the directory", async () => {
    const { server, run } = await started();
    await run([row({ ...ann, externalId: "1" }), row({ ...bob, externalId: "2" })]);
    const before = await server.events();
    const refused = await run([row({ ...bob, externalId: "1" })]);
    expect([refused.status, refused.body]).toMatchObject([422, { errors: [{ field: "people.0" }] }]);
    expect(await server.events()).toEqual(before);
  });

  test.each([true, false])(
    "when a new hire has the user name of a leaver with another number (kept: %s)",
    async (soft) => {
      const { server, run } = await started({ soft_delete: soft });
      await run([row({ ...ann, externalId: "1" }), row({ ...bob, externalId: "2" }), row(cid)]);
      const leaver = (await server.events()).find(({ data }) => data["idp_id"] === "1")?.data["id"];
      for (const leaverIsGone of [false, true]) {
        if (leaverIsGone) await run([row({ ...bob, externalId: "2" }), row(cid)]);
        const before = await server.events();
        const refused = await run([row({ ...bob, externalId: "2" }), row(cid), row({ ...ann, externalId: "9" })]);
        const told = expect.stringContaining(`user ${String(leaver)}, whose externalId is another`) as string;
        expect([refused.status, refused.body]).toMatchObject([
          422,
          { code: "import_refused", errors: [{ field: "people.2", message: told }] },
        ]);
        expect(await server.events()).toEqual(before);
      }
      const freed = { ...ann, userName: "ann-left@acme.test", externalId: "1", active: false };
      await run([row(freed), row({ ...bob, externalId: "2" }), row(cid), row({ ...ann, externalId: "9" })]);
      const hired = (await server.events()).find(({ data }) => data["idp_id"] === "9");
      expect(hired?.event).toBe("dsync.user.created");
      expect(hired?.data["id"]).not.toBe(leaver);
    },
  );
});

describe("user names that change hands, in rows of any order", () => {
  const numbered = (name: string, externalId: string) => row({ ...personOf(name), externalId });
  const company = [numbered("ann", "1"), numbered("bob", "2"), numbered("cid", "3")];

  test.each<readonly [string, "lenient" | "strict", readonly Row[], readonly string[]]>([
    ["two swap", "lenient", [numbered("bob", "1"), numbered("ann", "2")], ["ann was bob", "bob was ann"]],
    ["two swap", "strict", [numbered("bob", "1"), numbered("ann", "2")], ["ann was bob", "bob was ann"]],
    [
      "three go round",
      "strict",
      [numbered("bob", "1"), numbered("cid", "2"), numbered("ann", "3")],
      ["ann was cid", "bob was ann", "cid was bob"],
    ],
    [
      "one moves on, and so two others do",
      "strict",
      [numbered("bob", "1"), numbered("cid", "2"), numbered("dan", "3")],
      ["bob was ann", "cid was bob", "dan was cid"],
    ],
    [
      "a new hire gets a name",
      "strict",
      [numbered("ann", "9"), numbered("ann2", "1"), numbered("bob", "2")],
      ["ann is new", "ann2 was ann"],
    ],
    [
      "somebody without a number gets a name",
      "strict",
      [row(personOf("ann")), numbered("ann2", "1"), numbered("bob", "2")],
      ["ann is new", "ann2 was ann"],
    ],
  ])("where %s in a %s directory, each account keeps its person and tells of it once", async (_, mode, rows, told) => {
    for (const order of permutationsOf(rows)) {
      const { server, run } = await started({ scim: { mode } });
      await run(company);
      const before = await server.events();
      const accounts = new Map(before.map(({ data }) => [data["id"], data["idp_id"]]));
      const plan = await run(order, { mode: "plan", missing: "keep" });
      const done = await run(order, { missing: "keep" });
      expect([done.status, { ...(plan.body as object), mode: "apply" }]).toEqual([200, done.body]);
      const log = (await server.events()).slice(before.length);
      expect(log.map(renamingIn).sort()).toEqual(told);
      for (const { data } of log) {
        if ("previous_attributes" in data) expect(data["idp_id"]).toBe(accounts.get(data["id"]));
        else expect(accounts.has(data["id"])).toBe(false);
      }
      const again = await run(order, { missing: "keep" });
      expect(again.body).toMatchObject({ unchanged: rows.length, events_total: 0 });
    }
  });

  test("not at all where one of them ends up with somebody else's", async () => {
    const { server, run } = await started();
    await run([...company, numbered("eve", "5")]);
    const before = await server.events();
    for (const order of permutationsOf([numbered("bob", "1"), numbered("ann", "2"), numbered("eve", "3")])) {
      const refused = await run(order);
      const place = order.findIndex(({ user }) => user["externalId"] === "3");
      expect([refused.status, refused.body]).toMatchObject([422, { errors: [{ field: `people.${String(place)}` }] }]);
      expect((refused.body as { errors: unknown[] }).errors).toHaveLength(1);
    }
    expect(await server.events()).toEqual(before);
  });

  test("addresses too, where they must differ: of a leaver to a new hire, and never of two who stay", async () => {
    const { server, run } = await started({ scim: { mode: "strict" } });
    await run(company);
    const hired = { ...personOf("dan"), emails: personOf("ann").emails, externalId: "4" };
    const before = await server.events();
    for (const options of [{}, { missing: "keep" }]) {
      const stays = "missing" in options ? [] : company.slice(0, 1);
      const refused = await run([row(hired), ...stays, ...company.slice(1)], options);
      const told = expect.stringContaining("already has this email") as string;
      expect([refused.status, refused.body]).toMatchObject([422, { errors: [{ field: "people.0", message: told }] }]);
    }
    expect(await server.events()).toEqual(before);
    expect((await run([row(hired), ...company.slice(1)])).body).toMatchObject({ created: 1, removals: 1 });
  });
});

function permutationsOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutationsOf(items.filter((_, other) => other !== index)).map((others) => [item, ...others]),
  );
}

/** Who somebody is now, and was. All of it is in what events say: address, user name and what else is made from them. */
function renamingIn({ data }: DirectoryEvent): string {
  const name = (address: unknown) => String(address).replace("@acme.test", "");
  const previous = data["previous_attributes"] as Record<string, unknown> | undefined;
  if (previous === undefined) return `${name(data["email"])} is new`;
  const { email } = previous;
  expect(previous).toEqual({
    email,
    custom_attributes: { username: email, emails: [{ value: email, type: "work", primary: true }] },
  });
  return `${name(data["email"])} was ${name(email)}`;
}
