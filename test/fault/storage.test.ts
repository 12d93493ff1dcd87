/** What the disk does to `dirsync tail`: it fills up and is emptied, it takes nothing at all, it is set back to a backup. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { describe, expect } from "vitest";
import { expectNothingLost, onceToStdout } from "../support/catching-up.ts";
import { eventIds, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

const suffixes = ["", "-wal", "-shm"];

/** Largest file, in KiB (a shell counts half of that): room for the state file's tables and a page of events, and for little more. */
const fileKibMax = 256;

describe.concurrent("a disk that is full", () => {
  test("is waited for: nothing is delivered that is not on record, and all of it once there is space", async ({
    rig,
  }) => {
    await rig.company.hire(10);
    const hook = rig.write("hook.sh", '#!/bin/sh\necho "$DIRSYNC_EVENT_ID" >> done\n', 0o755);
    // A limit of the process stands in for a full disk: no file of its may grow beyond it. XFSZ would end it.
    const shell = `trap '' XFSZ; ulimit -S -f ${fileKibMax * 2}; exec "$0" "$@"`;
    const tail = rig.startBy(shell, ["tail", "--exec", hook]);
    while (!tail.stderr.includes("the state file refuses writes; waiting")) {
      tail.mustRun();
      await rig.company.hire(5);
    }
    const whenFull = rig.lines("done").length;
    execFileSync("prlimit", ["--pid", String(tail.pid), "--fsize=unlimited:unlimited"]);
    await tail.output("stderr", /the state file takes writes again/);
    const log = await rig.logged();
    await until(() => rig.lines("done").length >= log.length, { what: "everything", check: () => tail.mustRun() });
    tail.signal("SIGTERM");
    expect((await tail.exit).code).toBe(0);
    expect(rig.lines("done")).toEqual(log);
    expect(whenFull).toBeLessThan(log.length);
  });

  test("of the reader halts standard output with 3, and what it did not take comes to the next reader", async ({
    rig,
  }) => {
    const exit = await rig.startBy('exec "$0" "$@" > /dev/full', onceToStdout).exit;
    expect(exit.code).toBe(3);
    expect(exit.stderr).toMatch(/cannot be written to any more.*ENOSPC/);
    await expectNothingLost(rig);
  });
});

test.concurrent("a state file that is set back to a backup repeats what came since, and loses nothing", async ({
  rig,
}) => {
  await expectNothingLost(rig);
  for (const suffix of suffixes)
    if (existsSync(rig.state + suffix)) copyFileSync(rig.state + suffix, `${rig.folder}/backup${suffix}`);
  const before = await rig.logged();
  await rig.company.hire(3);
  await expectNothingLost(rig);
  for (const suffix of suffixes) {
    rmSync(rig.state + suffix, { force: true });
    if (existsSync(`${rig.folder}/backup${suffix}`)) copyFileSync(`${rig.folder}/backup${suffix}`, rig.state + suffix);
  }
  await rig.company.hire(1);
  const exit = await rig.run(onceToStdout);
  expect(exit.code).toBe(0);
  expect(eventIds(exit.stdout)).toEqual((await rig.logged()).slice(before.length));
});
