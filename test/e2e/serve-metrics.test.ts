/** `dirsync serve --metrics`: what a scraper on this machine gets, and who is refused. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CliProcess } from "../support/cli-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runWarmCli } from "../support/warm-cli.ts";

const home = temporaryFolder(afterAll);
const environment = { DIRSYNC_API_KEY: "sk_test_metrics" };
const args = ["serve", "--port", "0", "--data", join(home, "server.db"), "--json"];

test(
  "dirsync serve --metrics tells a scraper of its requests, on an address of its own",
  { timeout: 60_000 },
  async () => {
    const served = new CliProcess([...args, "--metrics", "127.0.0.1:0"], { environment });
    const line = await served.output("stdout", /^\{.*"metrics_url".*\}$/mu);
    const { url, metrics_url: metricsUrl } = JSON.parse(line) as { url: string; metrics_url: string };
    const headers = { Authorization: "Bearer sk_test_metrics" };
    expect((await fetch(`${url}/directories`, { headers })).status).toBe(200);
    const scraped = await fetch(metricsUrl);
    expect(scraped.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/u);
    const counted = 'dirsync_server_requests_total{method="GET",route="/directories",status="200"} 1';
    expect(await scraped.text()).toContain(`${counted}\n`);
    expect((await fetch(metricsUrl.replace("/metrics", "/readyz"))).status).toBe(200);
    // Not where identity providers and apps can ask.
    expect((await fetch(`${url}/metrics`, { headers })).status).toBe(404);
    served.signal("SIGTERM");
    expect(await served.exit).toMatchObject({ code: 0 });
  },
);

test("dirsync serve --metrics refuses an address that other machines can ask", { timeout: 60_000 }, async () => {
  const { code, stderr } = await runWarmCli([...args, "--metrics", "0.0.0.0:0"], { environment });
  expect(code).toBe(78);
  expect(stderr).toContain("--insecure-metrics-exposed");
});

test("an insecure setting of dirsync serve is named at its start, and by /readyz while it is on", async () => {
  const flags = ["--data", join(home, "insecure.db"), "--metrics", "127.0.0.1:0"];
  const key = join(home, "key");
  writeFileSync(key, "sk_test_metrics", { mode: 0o644 });
  const refused = await runWarmCli([...args, ...flags, "--api-key-file", key]);
  expect(refused).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/read by everybody.*--insecure-secret-files/) as unknown,
  });
  const insecure = ["--api-key-file", key, "--insecure-secret-files", "--insecure-metrics-exposed"];
  const served = new CliProcess([...args, ...flags, ...insecure], {});
  const line = await served.output("stdout", /^\{.*"metrics_url".*\}$/mu);
  const { metrics_url: metricsUrl } = JSON.parse(line) as { metrics_url: string };
  const ready = (await (await fetch(metricsUrl.replace("/metrics", "/readyz"))).json()) as { warnings: string[] };
  expect(ready.warnings).toEqual(["insecureMetricsExposed is on", "insecureSecretFiles is on"]);
  served.signal("SIGTERM");
  const { stderr } = await served.exit;
  for (const name of ["insecureMetricsExposed", "insecureSecretFiles"])
    expect(stderr).toMatch(new RegExp(`"level":"warn".*"${name}".*an insecure setting is on`, "u"));
});
