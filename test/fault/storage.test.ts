/**
 * What the disk does to `dirsync tail`: it fills up and is emptied, it takes nothing at all, it is set back to a backup; and
 * what `dirsync serve` tells its probes when it fills up.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { expectNothingLost, onceToStdout } from "../support/catching-up.ts";
import { CliProcess } from "../support/cli-process.ts";
import { eventIds, test } from "../support/rig.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
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

test.concurrent("a full disk under a server is told by its probes and its metrics, and is over without a change that finds out", async ({
  onTestFinished,
}) => {
  const environment = { DIRSYNC_API_KEY: "sk_test_full" };
  const data = join(temporaryFolder(onTestFinished), "server.db");
  // As above, with room for an empty database and a few hundred changes.
  const shell = `trap '' XFSZ; ulimit -S -f 2048; exec "$0" "$@"`;
  const flags = ["serve", "--port", "0", "--data", data, "--metrics", "127.0.0.1:0", "--json"];
  const served = new CliProcess(flags, { environment, shell });
  onTestFinished(() => served.kill());
  const line = await served.output("stdout", /^\{.*"metrics_url".*\}$/mu);
  const { url, metrics_url: metricsUrl } = JSON.parse(line) as { url: string; metrics_url: string };
  const told = async () => {
    const health = await fetch(`${url}/healthz`);
    const ready = await fetch(metricsUrl.replace("/metrics", "/readyz"));
    const { problems } = (await ready.json()) as { problems: string[] };
    const metrics = await (await fetch(metricsUrl)).text();
    const [, refuses] = /^dirsync_server_data_file_refuses_writes (.)$/mu.exec(metrics) ?? [];
    return { health: [health.status, await health.json()], ready: ready.status, problems: problems.join(), refuses };
  };
  const fine = { health: [200, { status: "ok" }], ready: 200, problems: "", refuses: "0" };
  const headers = { Authorization: "Bearer sk_test_full", "Content-Type": "application/json" };
  const body = JSON.stringify({ name: "x".repeat(200), type: "okta scim v2.0" });
  const change = async () => (await fetch(`${url}/directories`, { method: "POST", headers, body })).status;
  expect(await told()).toEqual(fine);
  let status = 201;
  while (status === 201) status = await change();
  expect(status).toBe(503);
  expect(await told()).toEqual({
    // A restart mends nothing, and what is stored can still be read.
    health: [200, { status: "read_only" }],
    ready: 503,
    problems: expect.stringMatching(/cannot be written.*free its disk/) as unknown,
    refuses: "1",
  });
  expect((await fetch(`${url}/directories`, { headers })).status).toBe(200);
  execFileSync("prlimit", ["--pid", String(served.pid), "--fsize=unlimited:unlimited"]);
  expect(await told()).toEqual(fine);
  expect(await change()).toBe(201);
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
