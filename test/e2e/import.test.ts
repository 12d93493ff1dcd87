/** `dirsync import` of files as people have them, into a directory of a served process' kind. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscribableEventNames } from "@dirsync/sdk";
import { SelfHosted } from "@dirsync/sdk/self-hosted";
import { createServer } from "@dirsync/server";
import type { DirsyncServer } from "@dirsync/server";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runWarmCli } from "../support/warm-cli.ts";

const apiKey = "sk_test_import_command";
const folder = temporaryFolder(afterAll);
const file = join(folder, "people.csv");
let server: DirsyncServer;
let sync: SelfHosted;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await createServer({ dataFile: ":memory:", apiKey });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  environment = { DIRSYNC_API_KEY: apiKey, DIRSYNC_BASE_URL: url };
  sync = new SelfHosted({ apiKey, baseUrl: url });
});

afterAll(async () => {
  await server.close();
});

const heading = "Employee ID,Work Email,First Name,Last Name,Job Title,Status,Groups,Shoe size";
const ann = "7,ann@acme.test,Ann,Lee,Engineer,Active,Team,38";
const bob = '8,bob@acme.test,Bob,"Öz, Jr.",,Active,Team;Board,44';

describe("dirsync import", () => {
  test("plans first, then applies just that, and says what became of each line", async () => {
    const { id, events, run } = await connected();
    const plan = await run([heading, ann, bob]);
    expect(plan.code).toBe(0);
    expect(plan.stdout).toMatch(/^dsync\.user\.created +ann@acme\.test/mu);
    expect(plan.stdout).toContain("Columns not read: Shoe size");
    expect(plan.stdout).toMatch(/2 created · 0 updated · 0 unchanged · 0 deactivated\nA plan; nothing was changed/u);
    expect(await events()).toEqual([]);

    const done = await run([heading, ann, bob], "--apply", "--json");
    expect(JSON.parse(done.stdout)).toMatchObject({
      mode: "apply",
      created: 2,
      people: 2,
      ignored_columns: ["Shoe size"],
    });
    const leaver = await run([heading, `${ann.replace("Engineer", "Lead")}`], "--apply");
    expect(leaver.stdout).toMatch(/0 created · 1 updated · 0 unchanged · 1 deactivated\nDone\./u);
    expect((await events()).slice(-4)).toEqual([
      "dsync.user.updated ann@acme.test active",
      "dsync.user.updated bob@acme.test inactive",
      "dsync.group.user_removed bob@acme.test Team",
      "dsync.group.user_removed bob@acme.test Board",
    ]);
    const [first] = (await sync.users.list({ directory: id, email: "ann@acme.test" }).page()).data;
    expect(first).toMatchObject({ idp_id: "7", custom_attributes: { job_title: "Lead" } });
  });

  test("with one bad line nothing is applied, and each mistake names file, line and column", async () => {
    const { events, run } = await connected();
    const { code, stdout } = await run([heading, ann, "8,bob,Bob,Öz,,gone,,"], "--apply");
    expect(code).toBe(5);
    expect(stdout).toContain(`${file}:3:2: Work Email is no e-mail address`);
    expect(stdout).toContain(`${file}:3:6: Status is neither`);
    expect(stdout).toContain("Nothing was changed.");
    expect(await events()).toEqual([]);
  });

  test("what only the service can know is told by its line, too", async () => {
    const { events, run, seed } = await connected();
    await seed();
    const before = await events();
    const { code, stdout } = await run(["employee id,email", "7,bob@acme.test"], "--apply");
    expect([code, stdout]).toEqual([
      5,
      expect.stringMatching(/people\.csv:2:1: Another user.* already has this userName/u),
    ]);
    expect(await events()).toEqual(before);
  });

  test("the brake holds where everybody would go, until that is allowed", async () => {
    const { events, run, seed } = await connected();
    await seed();
    const before = await events();
    const other = ["email", "new@acme.test"];
    const braked = await run(other, "--apply");
    expect([braked.code, braked.stdout]).toEqual([
      5,
      expect.stringMatching(/deactivate 2 of 2 people.*--allow-removals/su),
    ]);
    expect(await events()).toEqual(before);
    expect((await run(other, "--apply", "--allow-removals")).code).toBe(0);
  });

  test("people, groups and memberships in files of their own are one import, in which a group may be renamed", async () => {
    const { events, run } = await connected();
    const other = (name: string, lines: readonly string[]): string => {
      const path = join(folder, name);
      writeFileSync(path, `${lines.join("\n")}\n`);
      return path;
    };
    const members = ["user_id,group_id", "7,G-1", "8,G-1"];
    const importAll = (title: string) =>
      run(
        ["Employee ID,Work Email", "7,ann@acme.test", "8,bob@acme.test"],
        "--apply",
        "--groups",
        other("groups.csv", ["id,name", `G-1,${title}`, "G-2,Board"]),
        "--memberships",
        other("user_groups.csv", members),
      );
    expect((await importAll("Team")).stdout).toMatch(/2 created .*\nDone\./u);
    const before = (await events()).length;
    members.pop();
    expect((await importAll("Crew")).code).toBe(0);
    expect((await events()).slice(before)).toEqual([
      "dsync.group.updated Crew",
      "dsync.group.user_removed bob@acme.test Crew",
    ]);
    members.push("9,G-1");
    const refused = await importAll("Crew");
    expect([refused.code, refused.stdout]).toEqual([
      5,
      expect.stringMatching(
        /user_groups\.csv:3:1: user_id is nobody of the people file\nNothing was changed/u,
      ) as string,
    ]);
  });

  test("takes other delimiters and headings of one's own", async () => {
    const { run } = await connected();
    const words = ["--delimiter", ";", "--map", "Kennung=email", "--map", "Ausweis=urn:acme:2.0:User:badge", "--json"];
    const { stdout } = await run(["Kennung;Ausweis", "ann@acme.test;B-1"], ...words);
    expect(JSON.parse(stdout)).toMatchObject({ mode: "plan", created: 1, ignored_columns: [] });
  });

  test.each([
    ["a file that is not there", ["nowhere.csv"], 78, /nowhere\.csv/u],
    ["both at once", [file, "--plan", "--apply"], 2, /cannot be used with/u],
    ["a directory that does not exist", [file], 78, /not found/u],
  ])("%s", async (_name, words, exitCode, said) => {
    writeFileSync(file, "email\na@acme.test\n");
    const { code, stderr } = await runWarmCli(["import", ...words, "--directory", "directory_none"], { environment });
    expect(stderr).toMatch(said);
    expect(code).toBe(exitCode);
  });

  test("a file in another encoding is told to be one", async () => {
    const { id } = await connected();
    writeFileSync(file, Buffer.from("email,name\na@acme.test,\u00d6z\n", "latin1"));
    const { code, stderr } = await runWarmCli(["import", file, "--directory", id], { environment });
    expect([code, stderr]).toEqual([78, expect.stringContaining("not UTF-8") as string]);
  });
});

async function connected() {
  const organization = await sync.organizations.create({ name: "Acme" });
  const { id } = await sync.directories.create({ name: "HR", type: "sftp workday", organization_id: organization.id });
  const events = async (): Promise<string[]> => {
    const told: string[] = [];
    const about = { events: subscribableEventNames, organization_id: organization.id };
    for await (const { event, data } of sync.events.list(about)) {
      const facts = data as {
        email?: string;
        state?: string;
        name?: string;
        user?: { email?: string };
        group?: { name: string };
      };
      const rest = facts.group?.name ?? facts.state ?? facts.name;
      if (event !== "dsync.activated")
        told.push([event, facts.user?.email ?? facts.email, rest].filter(Boolean).join(" "));
    }
    return told;
  };
  const run = async (lines: readonly string[], ...flags: readonly string[]) => {
    writeFileSync(file, `${lines.join("\n")}\n`);
    return await runWarmCli(["import", file, "--directory", id, ...flags], { environment });
  };
  const seed = async (): Promise<void> => {
    const people = ["ann", "bob"].map((name, index) => {
      return { user: { userName: `${name}@acme.test`, externalId: String(7 + index) } };
    });
    await sync.directories.import(id, { mode: "apply", people });
  };
  return { id, events, run, seed };
}
