/** `dirsync export`: everybody, from the service, into a file of one's own. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import Database from "better-sqlite3";
import { answer } from "../support/fault-proxy.ts";
import { Rig, test } from "../support/rig.ts";
import { requestBy, requests } from "../support/scim-request.ts";
import { until } from "../support/until.ts";

interface Listed {
  readonly users: readonly Readonly<Record<string, unknown>>[];
  readonly groups: readonly Readonly<Record<string, unknown>>[];
  readonly memberships: readonly string[];
  readonly directoryId: string;
}

/** What the service lists, read by itself; two groups are made first, one of which nobody is in. */
async function listed(rig: Rig): Promise<Listed> {
  const { client } = rig.company;
  const users = await client.users
    .list({ directory: (await directoryOf(rig)).id, order: "asc" })
    .toArray({ max: 1_000 });
  for (const name of ["Sales", "=cmd|' /C calc'!A0"]) await requestBy(rig.company, requests.createGroup(name));
  const groups = await client.groups
    .list({ directory: (await directoryOf(rig)).id, order: "asc" })
    .toArray({ max: 10 });
  const members = users.slice(0, 3).map(({ id }) => id);
  await requestBy(rig.company, requests.addMembers(groups[0]?.id ?? "", members));
  return {
    users,
    groups,
    memberships: members.map((id) => `${groups[0]?.id} ${id}`),
    directoryId: (await directoryOf(rig)).id,
  };
}

async function directoryOf(rig: Rig) {
  const [directory] = await rig.company.client.directories.list().toArray({ max: 1 });
  if (directory === undefined) throw new Error("The rig has a directory.");
  return directory;
}

const lines = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
const idsOf = (rows: readonly Readonly<Record<string, unknown>>[]) => rows.map(({ id }) => id);
const read = (rig: Rig, ...names: readonly string[]) => readFileSync(join(rig.folder, ...names), "utf8");

describe.concurrent("dirsync export", () => {
  test("writes what the service lists, one object a line, with memberships instead of a user's groups", async ({
    rig,
  }) => {
    const { users, groups, memberships, directoryId } = await listed(rig);
    const exit = await rig.run(["export"]);
    expect(exit.code).toBe(0);
    const rows = lines(exit.stdout);
    const of = (object: string) => rows.filter((row) => row["object"] === object);
    expect(idsOf(of("directory"))).toEqual([directoryId]);
    const shown = users.map(({ groups: _groups, ...user }) => user);
    expect(of("directory_user")).toEqual(shown);
    expect(of("directory_group")).toEqual(groups);
    expect(
      of("directory_group_membership").map((row) => `${String(row["group_id"])} ${String(row["user_id"])}`),
    ).toEqual(memberships);
    expect(rows).toHaveLength(1 + 5 + 2 + 3);
    expect(JSON.parse(exit.stderr)).toMatchObject({ msg: "exported", users: 5, memberships: 3, requests: 5 });
  });

  test("writes a database with the tables of a state file, which only its owner may read", async ({ rig }) => {
    const { users, groups } = await listed(rig);
    const exit = await rig.run(["export", "--to", "sqlite", "--out", "people.db", "--json"]);
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    const counts = { directories: 1, users: 5, groups: 2, memberships: 3, requests: 5 };
    expect(JSON.parse(exit.stdout)).toEqual({ to: "sqlite", files: [join(rig.folder, "people.db")], ...counts });
    const database = new Database(join(rig.folder, "people.db"), { readonly: true });
    const query =
      "SELECT users.email FROM memberships JOIN users ON users.id = user_id ORDER BY users.created_at, users.id";
    expect(database.prepare(query).pluck().all()).toEqual(users.slice(0, 3).map(({ email }) => email));
    expect(database.prepare("SELECT name FROM groups ORDER BY created_at, id").pluck().all()).toEqual(
      groups.map(({ name }) => name),
    );
    const bodies = database.prepare<[], string>("SELECT body FROM users").pluck().all();
    expect(new Set(bodies.map((body) => (JSON.parse(body) as { id: string }).id))).toEqual(new Set(idsOf(users)));
    database.close();
    expect(rig.modes()).toContainEqual(["people.db", "600"]);
  });

  test("writes tables for spreadsheets, in which a name is no formula", async ({ rig }) => {
    const { users } = await listed(rig);
    const exit = await rig.run(["export", "--to", "csv", "--out", "people", "--attributes", "job_title,username"]);
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(exit.stdout).toMatch(/users\.csv.*: 1 directory, 5 users, 2 groups, 3 memberships, in 5 requests\.\n$/);
    expect(readdirSync(join(rig.folder, "people")).sort()).toEqual([
      "directories.csv",
      "groups.csv",
      "memberships.csv",
      "users.csv",
    ]);
    const [heading, first] = read(rig, "people", "users.csv").split("\r\n");
    expect(heading).toMatch(/^id,directory_id,.*,updated_at,job_title,username$/);
    expect(first).toContain(`,${String(users[0]?.["email"])},`);
    expect(read(rig, "people", "groups.csv")).toContain(",'=cmd|' /C calc'!A0,");
    const kept = await rig.run(["export", "--to", "csv", "--only", "groups", "--insecure-formulas"]);
    expect(kept.stdout).toContain(",=cmd|' /C calc'!A0,");
  });

  test("reads no more than what is asked for", async ({ rig }) => {
    const { directoryId } = await listed(rig);
    const other = await rig.company.client.directories.create({ name: "Other", type: "generic scim v2.0" });
    const before = rig.proxy.arrivals.length;
    const exit = await rig.run(["export", "--directory", directoryId, "--only", "users"]);
    expect(lines(exit.stdout)).toHaveLength(5);
    expect(rig.proxy.arrivals.length - before).toBe(2);
    const organization = String(other.organization_id);
    const theirs = await rig.run(["export", "--organization", organization]);
    expect(lines(theirs.stdout)).toMatchObject([{ object: "directory", id: other.id }]);
  });

  test("of nobody says that it is nothing", async ({ rig }) => {
    await rig.company.client.directories.delete((await directoryOf(rig)).id);
    const exit = await rig.run(["export", "--to", "sqlite", "--out", "people.db"]);
    expect(exit.code).toBe(0);
    expect(exit.stdout).toMatch(/\bpeople\.db: nothing, in 1 request\.\n$/);
  });

  test("says how many requests it would make, and makes none of them", async ({ rig }) => {
    await listed(rig);
    const before = rig.proxy.arrivals.length;
    const exit = await rig.run(["export", "--dry-run"]);
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(exit.stdout).toBe(
      "1 directory with 5 users and 2 groups: at least 4 requests.\n" +
        "At the rates that WorkOS allows (4 reads of users or members a second and directory): 1 s.\n",
    );
    expect(rig.proxy.arrivals.length - before).toBe(1);
    const json = await rig.run(["export", "--dry-run", "--only", "users", "--json"]);
    expect(JSON.parse(json.stdout)).toEqual({
      dry_run: true,
      directories: 1,
      users: 5,
      groups: 2,
      requests: 1,
      seconds_at_limit: 1,
    });
  });

  test("that does not get to the end leaves the file of yesterday as it is, and nothing else", async ({ rig }) => {
    await listed(rig);
    rig.write("people.ndjson", "yesterday\n");
    rig.proxy.fault = async (call) => {
      if (call.url.pathname === "/directory_groups") return answer(422, '{"message":"Out of order."}')(call);
      const { status, body } = await call.real();
      return answer(status, body)(call);
    };
    const exit = await rig.run(["export", "--out", "people.ndjson"]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toContain("Out of order.");
    expect(read(rig, "people.ndjson")).toBe("yesterday\n");
    expect(readdirSync(rig.folder)).toEqual(["people.ndjson"]);
  });

  test.each(["sqlite", "ndjson", "csv"])("to %s that is stopped says so and leaves nothing", async (form) => {
    const rig = await Rig.start();
    try {
      await rig.company.hire(1);
      let isAsked = false;
      rig.proxy.fault = async (call) => {
        // Never answered.
        if (call.url.pathname === "/directory_users") isAsked = true;
        else await answer(200, (await call.real()).body)(call);
      };
      const process = rig.start(["export", "--to", form, "--out", join(rig.folder, "people")]);
      await until(() => isAsked, { what: "the users to be asked for" });
      process.signal("SIGINT");
      const exit = await process.exit;
      expect(exit).toMatchObject({ code: 75, stdout: "" });
      expect(exit.stderr).toContain("nothing was written to --out");
      const files = readdirSync(rig.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(files).toEqual([]);
    } finally {
      await rig.end();
    }
  });

  test.each(["sqlite", "ndjson"])(
    "to %s that was killed leaves no file, and the next one takes away what it left",
    async (form) => {
      const rig = await Rig.start();
      try {
        await rig.company.hire(1);
        let isAsked = false;
        rig.proxy.fault = async (call) => {
          if (call.url.pathname === "/directory_users" && !isAsked) isAsked = true;
          else await answer(200, (await call.real()).body)(call);
        };
        const process = rig.start(["export", "--to", form, "--out", join(rig.folder, "people")]);
        await until(() => isAsked, { what: "the users to be asked for" });
        process.signal("SIGKILL");
        await process.exit;
        const [left, ...others] = readdirSync(rig.folder);
        expect([left, others]).toEqual([expect.stringMatching(/^\.people\..*\.partial$/), []]);
        // Of another file, and of a process that is at work.
        for (const name of [".people.2.a.partial", ".people.1.0123456789ab.partial"]) rig.write(name, "");
        const again = await rig.run(["export", "--to", form, "--out", "people"]);
        expect(again).toMatchObject({ code: 0, stderr: "" });
        expect(readdirSync(rig.folder).sort()).toEqual([
          ".people.1.0123456789ab.partial",
          ".people.2.a.partial",
          "people",
        ]);
      } finally {
        await rig.end();
      }
    },
  );

  test("waits out a service that is away for a moment", async ({ rig }) => {
    await listed(rig);
    rig.proxy.next(5, answer(503, "{}", { "retry-after": "0" }));
    const exit = await rig.run(["export", "--only", "users"]);
    expect(exit.code).toBe(0);
    expect(lines(exit.stdout)).toHaveLength(5);
  });

  test("ends quietly when its reader does", async ({ rig }) => {
    await rig.company.hire(400);
    const process = rig.start(["export", "--only", "users"]);
    await process.output("stdout", /\n/);
    process.closeStdout();
    expect(await process.exit).toMatchObject({ code: 0 });
  });

  test("does not begin what it cannot end", async ({ rig }) => {
    const unknown = await rig.run(["export", "--directory", "directory_nope"]);
    expect(unknown).toMatchObject({ code: 78, stdout: "" });
    expect(unknown.stderr).toContain("The service has no directory directory_nope.");
    for (const [out, said] of [
      [".", "is there and is no file"],
      ["no/such/folder/x", "its folder does not exist; make it first"],
    ] as const) {
      const exit = await rig.run(["export", "--out", out]);
      expect(exit).toMatchObject({ code: 78, stdout: "" });
      expect(exit.stderr).toContain(said);
    }
    expect(readdirSync(rig.folder)).toEqual([]);
  });

  test("is what backfill does when it is told the form of a file", async ({ rig }) => {
    await listed(rig);
    const exported = await rig.run(["export"]);
    const exit = await rig.run(["backfill", "--to", "ndjson"]);
    expect(exit).toMatchObject({ code: 0, stdout: exported.stdout });
    for (const form of ["csv", "sqlite"]) {
      const written = await rig.run(["backfill", "--to", form, "--out", form, "--only", "users,groups", "--json"]);
      expect(written).toMatchObject({ code: 0, stderr: "" });
      expect(JSON.parse(written.stdout)).toMatchObject({ to: form, users: 5, groups: 2 });
    }
    expect(read(rig, "csv", "users.csv").split("\r\n")).toHaveLength(1 + 5 + 1);
    const dry = await rig.run(["backfill", "--to", "csv", "--out", "x", "--dry-run", "--json"]);
    expect(JSON.parse(dry.stdout)).toMatchObject({ dry_run: true, requests: 4 });
    // No tail was begun for it.
    expect(readdirSync(rig.folder).sort()).toEqual(["csv", "sqlite"]);
  });

  test.each([
    [["--to", "csv", "--out", "x", "--handlers", "./handlers.ts"], "--handlers would do nothing"],
    [["--to", "csv", "--out", "x", "--state", "./a.db"], "--state would do nothing"],
    [["--out", "people.db"], "say which with --to ndjson, csv or sqlite"],
    [["--to", "xml"], "--to"],
  ])("is not what backfill %j does, which is wrong usage", async (flags, said) => {
    const rig = await Rig.start();
    try {
      const exit = await rig.run(["backfill", ...flags]);
      expect(exit).toMatchObject({ code: 2, stdout: "" });
      expect(exit.stderr).toContain(said);
      expect(rig.proxy.arrivals).toEqual([]);
    } finally {
      await rig.end();
    }
  });
});
