/** `--health`: /livez, /readyz and /metrics of a running tail. */
import { renameSync } from "node:fs";
import { request } from "node:http";
import { describe, expect } from "vitest";
import type { CliProcess } from "../support/cli-process.ts";
import { test } from "../support/rig.ts";
import { until } from "../support/until.ts";

describe.concurrent("a running tail", () => {
  test("is ready once the service answers, and tells where it stands without a secret", async ({ rig }) => {
    const tail = rig.start(["tail", "--stdout", "--poll", "50ms", "--health", "127.0.0.1:0"]);
    const url = await urlOf(tail);
    expect(await (await fetch(`${url}/livez`)).text()).toBe("alive\n");
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, { what: "it to be ready" });
    await until(async () => (await metric(url, 'dirsync_delivered_events{sink="stdout"}')) === 6, { what: "6 events" });
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
      ready: true,
      problems: [],
      source: rig.proxy.url,
      head_seq: 6,
      sinks: [{ name: "stdout", pending: 0, dead_letters: 0 }],
    });
    expect(await metric(url, 'dirsync_lag_events{sink="stdout"}')).toBe(0);
    expect(await metric(url, "dirsync_journal_head")).toBe(6);
    expect(await metric(url, 'dirsync_deliveries_total{sink="stdout",outcome="delivered"}')).toBe(6);
    expect(await metric(url, 'dirsync_delivery_latency_seconds_count{sink="stdout"}')).toBe(6);
    expect(await metric(url, 'dirsync_circuit_open{sink="stdout"}')).toBe(0);
    expect(await metric(url, 'dirsync_requests_total{outcome="ok"}')).toBeGreaterThan(0);
    const month = 30 * 86_400;
    const expiry = (await metric(url, "dirsync_unread_expiry_seconds")) ?? 0;
    expect(expiry).toBeGreaterThan(month - 120);
    expect(expiry).toBeLessThanOrEqual(month);
    expect(await (await fetch(`${url}/metrics`)).text()).not.toMatch(/@|event_|directory_|127\.0\.0\.1/);
    await end(tail);
  });

  test("is alive but not ready while the service is away, and ready again with it", async ({ rig }) => {
    await rig.proxy.close();
    const tail = rig.start(["tail", "--stdout", "--poll", "50ms", "--health", "127.0.0.1:0"]);
    const url = await urlOf(tail);
    await until(async () => ((await metric(url, 'dirsync_requests_total{outcome="unreachable"}')) ?? 0) > 0, {
      what: "a try",
    });
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      ready: false,
      problems: [expect.stringMatching(/has not answered yet/)],
    });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    await rig.proxy.open();
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, { what: "it to be ready" });
    await end(tail);
  });

  test("is not ready while its state file is not at its path, and says what to do", async ({ rig }) => {
    const tail = rig.start(["tail", "--stdout", "--poll", "50ms", "--health", "127.0.0.1:0"]);
    const url = await urlOf(tail);
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, { what: "it to be ready" });
    renameSync(rig.state, `${rig.state}.moved`);
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ problems: [expect.stringMatching(/the state file was deleted/)] });
    expect(await metric(url, "dirsync_state_file_displaced")).toBe(1);
    await tail.output("stderr", /the state file is not at its path any more.*--from /);
    await rig.company.hire(1);
    await tail.output("stdout", /(.*\n){7}/);
    renameSync(`${rig.state}.moved`, rig.state);
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, { what: "it to be ready again" });
    await end(tail);
    expect(await rig.run(["tail", "--once", "--stdout"])).toMatchObject({ code: 0, stdout: "" });
  });

  test("warns of dead letters and of insecure settings", async ({ rig }) => {
    const key = rig.write("key", rig.key, 0o644);
    const hook = rig.write("hook.sh", "#!/bin/sh\nexit 65\n", 0o755);
    const flags = ["--exec", hook, "--api-key-file", key, "--insecure-secret-files", "--health", "127.0.0.1:0"];
    const tail = rig.start(["tail", ...flags]);
    const url = await urlOf(tail);
    await until(async () => (await metric(url, 'dirsync_dead_letters{sink="exec"}')) === 6, { what: "6 dead letters" });
    const { warnings } = (await (await fetch(`${url}/readyz`)).json()) as { warnings: readonly string[] };
    expect(warnings).toEqual([expect.stringMatching(/^6 dead letters/), "insecureSecretFiles is on"]);
    await end(tail);
    rig.write("key", "gone");
  });

  test("answers only GET, only what there is, and no page that had its name point here", async ({ rig }) => {
    const tail = rig.start(["tail", "--stdout", "--health", "127.0.0.1:0"]);
    const url = await urlOf(tail);
    expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${url}/../../etc/passwd`)).status).toBe(404);
    expect(await statusFor(`${url}/metrics`, "evil.example")).toBe(403);
    expect(await statusFor(`${url}/metrics`, "localhost:1")).toBe(200);
    await end(tail);
  });
});

describe.concurrent("an address", () => {
  test("that other machines can reach is refused unless that is insisted on", async ({ rig }) => {
    const exit = await rig.run(["tail", "--once", "--stdout", "--health", "0.0.0.0:0"]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/--health can be asked by other machines.*--insecure-health-exposed/);
    const flags = ["--health", "0.0.0.0:0", "--insecure-health-exposed"];
    const insisted = await rig.run(["tail", "--once", "--stdout", ...flags]);
    expect(insisted.code).toBe(0);
    expect(insisted.stderr).toMatch(/insecureHealthExposed.*an insecure setting is on/);
  });

  test("that is taken ends with 78 and names it", async ({ rig }) => {
    const tail = rig.start(["tail", "--stdout", "--health", "127.0.0.1:0"]);
    const { port } = new URL(await urlOf(tail));
    const flags = ["--state", `${rig.folder}/other.db`, "--health", `:${port}`];
    const exit = await rig.run(["tail", "--once", "--stdout", ...flags]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(new RegExp(`Cannot listen at 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`));
    await end(tail);
  });
});

async function urlOf(tail: CliProcess): Promise<string> {
  const said = await tail.output("stderr", /"url":"[^"]+","msg":"answering/);
  return /"url":"(http:[^"]+)","msg":"answering/.exec(said)?.[1] ?? "";
}

/** The value of a series; undefined while there is none. */
async function metric(url: string, series: string): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

async function end(tail: CliProcess): Promise<void> {
  tail.signal("SIGTERM");
  expect((await tail.exit).code).toBe(0);
}
