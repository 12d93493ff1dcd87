/** `dirsync replay`: finished events come once more, from the state file and in order. */
import { describe, expect } from "vitest";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

const hook = '#!/bin/sh\necho "$DIRSYNC_EVENT_ID ${DIRSYNC_EVENT_REPLAY:-0}" >> taken\n';

function takeAll(rig: Rig) {
  return rig.run(["tail", "--once", "--exec", rig.write("hook.sh", hook, 0o755)]);
}

/** What the hook was given so far, after a first run over the whole log. */
async function afterFirstRun(rig: Rig): Promise<readonly string[]> {
  expect(await takeAll(rig)).toMatchObject({ code: 0 });
  return rig.logged();
}

describe.concurrent("dirsync replay", () => {
  test("gives a sink everything once more, marked, at the next start, without asking the service for it", async ({
    rig,
  }) => {
    const ids = await afterFirstRun(rig);
    const exit = await rig.run(["replay", "--sink", "exec", "--all", "--json"]);
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(exit.stdout)).toEqual({
      sink: "exec",
      dry_run: false,
      count: 6,
      first_seq: 1,
      last_seq: 6,
      overtaken: 0,
      left_out: 0,
    });
    expect(await takeAll(rig)).toMatchObject({ code: 0 });
    expect(rig.lines("taken")).toEqual([...ids.map((id) => `${id} 0`), ...ids.map((id) => `${id} 1`)]);
    // And not a third time.
    expect(await takeAll(rig)).toMatchObject({ code: 0 });
    expect(rig.lines("taken")).toHaveLength(12);
  });

  test("is noticed by a running tail", async ({ rig }) => {
    const tail = rig.start(["tail", "--exec", rig.write("hook.sh", hook, 0o755)]);
    await until(() => rig.lines("taken").length === 6, { what: "the log" });
    const [, , third = ""] = await rig.logged();
    const exit = await rig.run(["replay", "--sink", "exec", "--event", third]);
    expect(exit).toMatchObject({ code: 0, stdout: "exec gets 1 event once more, 3 to 3 in the journal.\n" });
    await until(() => rig.lines("taken").length === 7, { what: "the event once more" });
    expect(rig.lines("taken").at(-1)).toBe(`${third} 1`);
    tail.signal("SIGTERM");
    expect(await tail.exit).toMatchObject({ code: 0 });
  });

  test("only says what it would be with --dry-run", async ({ rig }) => {
    const ids = await afterFirstRun(rig);
    const flags = ["--from", ids[1] ?? "", "--to", ids[3] ?? "", "--dry-run"];
    const exit = await rig.run(["replay", "--sink", "exec", ...flags]);
    expect(exit.stdout).toBe("exec would get 3 events once more, 2 to 4 in the journal.\n");
    expect(await takeAll(rig)).toMatchObject({ code: 0 });
    expect(rig.lines("taken")).toHaveLength(6);
  });

  test("chooses by person and time", async ({ rig }) => {
    await afterFirstRun(rig);
    const log = await rig.company.log();
    const user = String(log[2]?.data["id"]);
    const one = await rig.run(["replay", "--sink", "exec", "--user", user, "--dry-run", "--json"]);
    expect(JSON.parse(one.stdout)).toMatchObject({ count: 1, first_seq: 3, last_seq: 3 });
    const late = await rig.run(["replay", "--sink", "exec", "--since", "2099-01-01", "--dry-run"]);
    expect(late).toMatchObject({ code: 0, stdout: "exec has finished no such event.\n" });
  });

  test("does not bring somebody back who has left, unless that is insisted on", async ({ rig }) => {
    await rig.company.dismissFirst();
    const ids = await afterFirstRun(rig);
    expect(ids).toHaveLength(7);
    const log = await rig.company.log();
    const left = log.at(-1)?.data["id"];
    const arrival = log.find(({ event, data }) => event === "dsync.user.created" && data["id"] === left)?.id ?? "";
    const refused = await rig.run(["replay", "--sink", "exec", "--event", arrival]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/have overtaken 1 of 1: .* use --force/);
    // With all that came since it is safe.
    expect(await rig.run(["replay", "--sink", "exec", "--from", arrival, "--dry-run"])).toMatchObject({ code: 0 });
    expect(await rig.run(["replay", "--sink", "exec", "--event", arrival, "--force"])).toMatchObject({ code: 0 });
    expect(await takeAll(rig)).toMatchObject({ code: 0 });
    expect(rig.lines("taken").at(-1)).toBe(`${arrival} 1`);
  });

  test.for<[string, RegExp]>([
    ["--sink exec", /Say which events: --since, .*, or --all/],
    ["--sink exec --all --user directory_user_1", /--all and --user exclude each other/],
    ["--sink exec --since yesterday", /--since is not an ISO time/],
    ["--sink exec --event event_none", /The state file has no event event_none/],
    ["--sink nobody --all", /There is no sink nobody\. `dirsync status` shows what there is/],
    ["--all", /required option '--sink <name>' not specified/],
  ])("dirsync replay %s ends with 2 and says why", async ([flags, message], { rig }) => {
    await afterFirstRun(rig);
    const exit = await rig.run(["replay", ...flags.split(" ")]);
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    expect(exit.stderr).toMatch(message);
  });

  test.for(["list", "retry --all", "discard --all"])(
    "dirsync dead-letters %s of a sink that is not there does not look as if nothing were wrong",
    async (act, { rig }) => {
      await afterFirstRun(rig);
      const exit = await rig.run(["dead-letters", ...act.split(" "), "--sink", "nobody"]);
      expect(exit).toMatchObject({ code: 2, stdout: "" });
      expect(exit.stderr).toMatch(/There is no sink nobody\. `dirsync status` shows what there is/);
    },
  );
});
