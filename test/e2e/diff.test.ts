/** `dirsync diff`: people of the directories against the rows of an app's own database. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect } from "vitest";
import { postgresBinaries, ThrowawayPostgres } from "../support/postgres.ts";
import { markMirrorComplete } from "../support/state-file.ts";
import { type Rig, test } from "../support/rig.ts";

interface Person {
  readonly email: string;
  readonly first: string;
}

async function people(rig: Rig): Promise<readonly Person[]> {
  const users = await rig.company.client.users.list({ order: "asc" }).toArray({ max: 10 });
  return users.map((user) => ({ email: String(user.email), first: String(user.first_name) }));
}

/** An app's database in which the first person is called something else, the second is missing, and one is its own. */
function appRows([first, , ...rest]: readonly Person[]): readonly Person[] {
  return [
    { email: first?.email.toUpperCase() ?? "", first: "Somebody" },
    ...rest,
    { email: "own@acme.test", first: "Own" },
  ];
}

function sqliteApp(rig: Rig, rows: readonly Person[]): string {
  const path = join(rig.folder, "app.db");
  const database = new Database(path);
  database.exec("CREATE TABLE account (mail TEXT, first_name TEXT, enabled INTEGER NOT NULL DEFAULT 1)");
  const insert = database.prepare("INSERT INTO account (mail, first_name) VALUES (?, ?)");
  for (const { email, first } of rows) insert.run(email, first);
  database.close();
  return path;
}

const query = "sql:select mail as email, first_name from account";
const flags = ["diff", "--service", "--key", "email", "--against", query];
const lines = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

describe.concurrent("dirsync diff", () => {
  test("says who is missing, who is there alone and what is different, and changes nothing", async ({ rig }) => {
    const all = await people(rig);
    const sqlite = sqliteApp(rig, appRows(all));
    const before = readFileSync(sqlite);
    const exit = await rig.run([...flags, "--sqlite", sqlite]);
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(exit.stdout).toMatch(/^DRIFT +WHO +FIELD +DIRECTORY +APP\n/);
    expect(exit.stdout).toContain("1 missing in the app, 1 in the app alone, 1 different.\n");
    const json = await rig.run([...flags, "--sqlite", sqlite, "--json", "--exit-code"]);
    expect(json).toMatchObject({ code: 5, stderr: "" });
    const first = { field: "first_name", directory: all[0]?.first, app: "Somebody" };
    expect(lines(json.stdout)).toEqual([
      { kind: "different", key: all[0]?.email.toLowerCase(), fields: [first] },
      { kind: "extra", key: "own@acme.test" },
      { kind: "missing", key: all[1]?.email.toLowerCase() },
      {
        kind: "summary",
        people: 5,
        rows: 5,
        missing: 1,
        extra: 1,
        different: 1,
        ambiguous: 0,
        duplicate: 0,
        without_key: 0,
      },
    ]);
    const hidden = await rig.run([...flags, "--sqlite", sqlite, "--hide-values"]);
    expect(hidden.stdout).not.toContain("Somebody");
    expect(hidden.stdout).toContain("first_name");
    expect(readFileSync(sqlite).equals(before)).toBe(true);
  });

  test("is done with 0 where both sides agree, and finds who has left when only the active count", async ({ rig }) => {
    const sqlite = sqliteApp(rig, await people(rig));
    const compare = [...flags, "--sqlite", sqlite, "--exit-code"];
    expect(await rig.run(compare)).toMatchObject({ code: 0, stderr: "" });
    await rig.company.dismissFirst();
    expect(await rig.run(compare)).toMatchObject({ code: 0 });
    const exit = await rig.run([...compare, "--active"]);
    expect(exit.code).toBe(5);
    expect(exit.stdout).toContain("1 in the app alone.\n");
  });

  test("compares with the mirror without asking the service, of one directory or organization", async ({ rig }) => {
    const all = await people(rig);
    const sqlite = sqliteApp(rig, appRows(all));
    expect(await rig.run(["tail", "--once", "--stdout"])).toMatchObject({ code: 0 });
    markMirrorComplete(rig.state);
    const before = rig.proxy.arrivals.length;
    const compare = ["diff", "--key", "email", "--against", query, "--sqlite", sqlite, "--json"];
    const summary = async (...more: string[]) => lines((await rig.run([...compare, ...more])).stdout).at(-1);
    expect(await summary()).toMatchObject({ people: 5, rows: 5, missing: 1, extra: 1, different: 1 });
    const [directory] = await rig.company.client.directories.list().toArray({ max: 1 });
    const { id = "", organization_id: organization = "" } = directory ?? {};
    expect(await summary("--directory", id)).toMatchObject({ people: 5, extra: 1 });
    expect(await summary("--organization", String(organization))).toMatchObject({ people: 5, extra: 1 });
    expect(rig.proxy.arrivals).toHaveLength(before);
    // Of what is misspelt there is nobody, and everybody in the app would look like one who has left.
    for (const stranger of [
      ["--directory", "directory_other"],
      ["--organization", "org_other"],
      ["--organization", "org_other", "--service"],
    ]) {
      const exit = await rig.run([...compare, ...stranger]);
      expect([exit.code, exit.stdout, exit.stderr]).toEqual([78, "", expect.stringContaining(String(stranger[1]))]);
    }
  });

  test("refuses what it cannot answer by", async ({ rig }) => {
    const sqlite = ["--sqlite", sqliteApp(rig, await people(rig))];
    const against = (sql: string) => ["diff", "--service", "--key", "email", "--against", sql, ...sqlite];
    const cases: readonly (readonly [readonly string[], number, string])[] = [
      [against("select mail from account"), 2, "--against takes sql: and a query"],
      [against("sql:select mail from account"), 2, "--key email is no column of the query, which has mail."],
      [against("sql:select mail as email, mail as email from account"), 2, "two columns called email"],
      [against("sql:select mail as email, enabled from account"), 2, "Nobody in the directories has enabled."],
      [against("sql:delete from account returning mail as email"), 78, "SQLite does not take the query"],
      [against("sql:select mail as email from account; delete from account"), 78, "SQLite does not take the query"],
      [against("sql:nonsense"), 78, "SQLite does not take the query"],
      // SQLite finds out with the third row.
      [
        against("sql:select mail as email, abs(iif(rowid = 3, -9223372036854775807 - 1, 1)) as id from account"),
        78,
        "overflow",
      ],
      [against("sql:select mail as employee_numbr, mail as email from account"), 2, "has employee_numbr."],
      [[...flags, "--sqlite", "nowhere.db"], 78, "There is no database at nowhere.db."],
      [[...flags, "--sqlite", rig.folder], 78, `SQLite cannot open ${rig.folder}`],
      [flags, 78, "No database."],
    ];
    for (const [command, code, said] of cases) {
      const exit = await rig.run(command);
      expect([command, exit.code, exit.stderr]).toEqual([command, code, expect.stringContaining(said)]);
    }
    const database = new Database(sqlite[1]);
    expect(database.prepare("SELECT count(*) FROM account").pluck().get()).toBe(5);
    database.close();
  });

  test("by a key that nobody has is refused: else the whole app would look like people who have left", async ({
    rig,
  }) => {
    const sqlite = sqliteApp(rig, await people(rig));
    const against = ["--against", "sql:select mail as employee_numbr from account", "--sqlite", sqlite];
    const exit = await rig.run(["diff", "--service", "--key", "employee_numbr", ...against]);
    expect(exit.code).toBe(2);
    expect(exit.stderr).toContain("Nobody in the directories has employee_numbr");
  });

  test("takes whole numbers for what they are, however long", async ({ rig }) => {
    const sqlite = sqliteApp(rig, await people(rig));
    const against = ["--against", "sql:select 9007199254740993 as id, 1 as active", "--sqlite", sqlite];
    const exit = await rig.run(["diff", "--service", "--key", "id", "--json", ...against]);
    expect(lines(exit.stdout)[0]).toEqual({ kind: "extra", key: "9007199254740993" });
  });
});

describe.skipIf(postgresBinaries() === null)("with PostgreSQL", () => {
  test("says the same, reads only, takes one statement, and tells nobody the password", async ({ rig }) => {
    const all = await people(rig);
    const postgres = await ThrowawayPostgres.start();
    try {
      const rows = appRows(all).map(({ email, first }) => `('${email}', '${first}')`);
      const many =
        "INSERT INTO account SELECT 'many' || i || '@acme.test', 'Many', true FROM generate_series(1, 2500) i";
      await postgres.run(
        `CREATE TABLE account (mail text, first_name text, enabled boolean DEFAULT true); INSERT INTO account (mail, first_name) VALUES ${rows.join(", ")}; ${many}`,
      );
      const password = "pg_canary_0123456789";
      const url = rig.write("url", postgres.url.replace("@", `:${password}@`), 0o600);
      const environment = { DIRSYNC_DATABASE_URL_FILE: url };
      const exit = await rig.run([...flags, "--json", "--exit-code"], environment);
      expect(exit).toMatchObject({ code: 5, stderr: "" });
      expect(lines(exit.stdout).at(-1)).toMatchObject({
        people: 5,
        rows: 2_505,
        missing: 1,
        extra: 2_501,
        different: 1,
      });
      for (const sql of [
        "select mail as email from account; drop table account",
        "delete from account returning mail as email",
        "select mail as email, pg_advisory_lock(1), set_config('a.b', 'c', false) from nowhere",
      ]) {
        const refused = await rig.run(["diff", "--service", "--key", "email", "--against", `sql:${sql}`], environment);
        expect([sql, refused.code, refused.stderr]).toEqual([
          sql,
          78,
          expect.stringContaining("PostgreSQL does not take"),
        ]);
      }
      const late = "select 'p' || i as email, 1 / (2000 - i) as id from generate_series(1, 2500) i";
      const exitLate = await rig.run(["diff", "--service", "--key", "email", "--against", `sql:${late}`], environment);
      expect(exitLate.code).toBe(78);
      expect(exitLate.stderr).toContain("division by zero");
      expect(exitLate.stderr).not.toContain("bug");
      const gone =
        "select 'p' || i as email, pg_terminate_backend(case when i = 2000 then pg_backend_pid() end)::text as id from generate_series(1, 2500) i";
      const exitGone = await rig.run(["diff", "--service", "--key", "email", "--against", `sql:${gone}`], environment);
      expect(exitGone.code).toBe(69);
      expect(exitGone.stderr).toContain("has gone away");
      expect(await postgres.run("SELECT count(*) FROM account")).toContain("2505");
    } finally {
      await postgres.end();
    }
    const away = await rig.run(flags, { DATABASE_URL: "postgres://app:pg_canary_0123456789@127.0.0.1:1/app" });
    expect(away).toMatchObject({ code: 69, stdout: "" });
    expect(away.stderr).toContain("takes no connection");
    expect(away.stderr).not.toContain("canary");
  });
});
