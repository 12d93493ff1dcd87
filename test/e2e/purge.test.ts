/** `dirsync purge`: nothing of a person is left in the state file. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

/** The files beside the state file that have a text in them. */
function filesWith(rig: Rig, text: string): readonly string[] {
  return readdirSync(rig.folder).filter(
    (name) => name.startsWith("tail.db") && readFileSync(`${rig.folder}/${name}`, "latin1").includes(text),
  );
}

describe.concurrent("dirsync purge", () => {
  test.for([
    ["--user", "id"],
    ["--email", "email"],
    ["--subject", "id"],
    ["--subject", "email"],
  ] as const)(
    "%s with an %s leaves nothing of that person, and everything of the others",
    async ([flag, by], { rig }) => {
      expect(await rig.run(["tail", "--once", "--stdout"])).toMatchObject({ code: 0 });
      const [, person, other] = (await rig.company.log()).map(({ data }) => ({ id: data["id"], email: data["email"] }));
      const email = String(person?.email);
      expect(filesWith(rig, email)).not.toEqual([]);
      const exit = await rig.run(["purge", flag, String(person?.[by]), "--json"]);
      expect(exit).toMatchObject({ code: 0, stderr: "" });
      expect(JSON.parse(exit.stdout)).toEqual({ events: 1, dead_letters: 0, refused: 0, waiting: 0 });
      expect(filesWith(rig, email)).toEqual([]);
      expect(filesWith(rig, String(other?.email))).not.toEqual([]);
      // The file is still one that a tail goes on with.
      await rig.company.hire(1);
      expect(await rig.run(["tail", "--once", "--stdout"])).toMatchObject({ code: 0 });
      expect(rig.delivered()).toEqual(await rig.logged());
    },
  );

  test("leaves what a sink has still to get, and ends with 75", async ({ rig }) => {
    const hook = rig.write("busy.sh", "#!/bin/sh\nexit 78\n", 0o755);
    expect(await rig.run(["tail", "--once", "--exec", hook])).toMatchObject({ code: 3 });
    const [, person] = await rig.company.log();
    const exit = await rig.run(["purge", "--user", String(person?.data["id"])]);
    expect(exit.code).toBe(75);
    expect(exit.stdout).toMatch(/^0 events made blank, .*\nStill to be delivered, and left: 1 event\./);
    expect(filesWith(rig, String(person?.data["email"]))).not.toEqual([]);
  });

  test("--sink forgets a sink that is no longer used, which a tail says, so that a person can be purged again", async ({
    rig,
  }) => {
    expect(await rig.run(["tail", "--once", "--stdout"])).toMatchObject({ code: 0 });
    await rig.company.hire(1);
    const hook = rig.write("take.sh", "#!/bin/sh\ncat >/dev/null\n", 0o755);
    const moved = await rig.run(["tail", "--once", "--exec", hook]);
    expect(moved.stderr).toMatch(/"unused":"stdout".*kept for sinks that are not configured; `dirsync purge --sink`/);
    const hired = (await rig.company.log()).at(-1);
    const person = ["purge", "--user", String(hired?.data["id"])];
    const held = await rig.run(person);
    expect(held.code).toBe(75);
    expect(held.stdout).toMatch(/if a sink waits for it that is no longer used.* forget that one with --sink/);
    const forgot = await rig.run(["purge", "--sink", "stdout"]);
    expect(forgot).toMatchObject({ code: 0, stdout: "Forgot stdout: 1 event waited for it, and 0 dead letters.\n" });
    expect(await rig.run(person)).toMatchObject({ code: 0 });
    expect(filesWith(rig, String(hired?.data["email"]))).toEqual([]);
    expect((await rig.run(["tail", "--once", "--exec", hook])).stderr).not.toMatch(/unused/);
  });

  test("--sink leaves a sink that is used, is not there, or has a tail at work", async ({ rig }) => {
    const hook = rig.write("take.sh", "#!/bin/sh\necho taken >> taken\n", 0o755);
    const tail = rig.start(["tail", "--exec", hook]);
    // Says that it is tailing before its sink is in the state file.
    await until(() => rig.lines("taken").length > 0, { what: "a delivery", check: () => tail.mustRun() });
    expect((await rig.run(["purge", "--sink", "exec"])).code).toBe(73);
    tail.signal("SIGTERM");
    await tail.exit;
    const configured = await rig.run(["purge", "--sink", "exec"], { DIRSYNC_EXEC: hook });
    expect(configured.code).toBe(78);
    expect(configured.stderr).toMatch(/The sink exec is configured\. Take it out first/);
    const unknown = await rig.run(["purge", "--sink", "none"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/There is no sink none\. `dirsync status`/);
    expect((await rig.run(["purge", "--sink", "exec", "--email", "a@x.test"])).code).toBe(2);
  });

  test("of nobody is refused", async ({ rig }) => {
    const exit = await rig.run(["purge"]);
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    expect(exit.stderr).toMatch(/Say whose data: --subject ID or ADDRESS, or --user ID and --email ADDRESS/);
    const twice = await rig.run(["purge", "--subject", "directory_user_1", "--email", "a@x.test"]);
    expect(twice).toMatchObject({ code: 2, stdout: "" });
    expect(twice.stderr).toMatch(/--subject says whose data; with it, give neither --user nor --email/);
  });
});

test("--retention 0s forgets what every sink has finished", async ({ rig }) => {
  expect(await rig.run(["tail", "--once", "--stdout"])).toMatchObject({ code: 0 });
  const [, person, , , , last] = await rig.company.log();
  const flags = ["--once", "--stdout", "--retention", "0s"];
  expect(await rig.run(["tail", ...flags])).toMatchObject({ code: 0 });
  const replayed = await rig.run(["replay", "--sink", "stdout", "--event", person?.id ?? "", "--dry-run"]);
  expect(replayed.stderr).toMatch(/The state file has no event .* It forgets events/);
  // The one at the position stays, by which the log is recognised.
  const kept = await rig.run(["replay", "--sink", "stdout", "--event", last?.id ?? "", "--dry-run", "--json"]);
  expect(JSON.parse(kept.stdout)).toMatchObject({ count: 1 });
});
