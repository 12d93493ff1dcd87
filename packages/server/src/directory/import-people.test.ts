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
