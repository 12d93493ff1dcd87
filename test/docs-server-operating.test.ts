/** What docs/server-operating.md says of metrics, against what a server tells. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createServer } from "@dirsync/server";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { CliProcess } from "./support/cli-process.ts";
import { codeBlocks } from "./support/markdown.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";
import { runWarmCli } from "./support/warm-cli.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = "docs/server-operating.md";
const page = readFileSync(join(root, file), "utf8");

/** Of every metric that is declared, also of those that have no value yet. */
let told: ReadonlyMap<string, string>;

beforeAll(async () => {
  const server = await createServer({ dataFile: ":memory:", apiKey: "sk_test_docs" });
  const text = await server.metrics();
  await server.close();
  told = new Map([...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name = "", type = ""]) => [name, type]));
});

test("the table of metrics has every metric that the server has, and no other", () => {
  const rows = [...page.matchAll(/^\| `(dirsync_server_\w+)`/gm)].map(([, name = ""]) => name);
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.sort()).toEqual([...told.keys()].sort());
});

test("rules name metrics and parts of histograms that there are", () => {
  const series = [...told].flatMap(([name, type]) =>
    type === "histogram" ? ["_bucket", "_sum", "_count"].map((part) => `${name}${part}`) : [name],
  );
  const rules = codeBlocks(root, file).filter(({ language }) => language === "yml");
  const named = rules.flatMap(({ code }) => [...code.matchAll(/\bdirsync_server_\w+/g)].map(([name]) => name));
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !series.includes(name))).toEqual([]);
});

test("labels that the table names are those that the server writes", async () => {
  const server = await createServer({ dataFile: ":memory:", apiKey: "sk_test_docs" });
  await server.fetch(new Request("http://localhost/scim/v2.0/none/Users"));
  const text = await server.metrics();
  await server.close();
  const labels = /^dirsync_server_requests_total\{(.*)\} /m.exec(text)?.[1]?.match(/\w+(?==)/g) ?? [];
  const row = /^\| `dirsync_server_requests_total`.*$/m.exec(page)?.[0] ?? "";
  expect(labels.length).toBeGreaterThan(1);
  expect(labels.filter((label) => !row.includes(`\`${label}\``))).toEqual([]);
});

test("the image starts a server that its own check finds healthy, and that others may reach", async () => {
  const image = codeBlocks(root, file).find(({ language }) => language === "dockerfile")?.code ?? "";
  const lineOf = (instruction: string) => new RegExp(`^${instruction} (.*)$`, "mu").exec(image)?.[1] ?? "";
  const folder = temporaryFolder(onTestFinished);
  for (const name of ["api-key", "encryption-key"]) writeFileSync(join(folder, name), `${name}-of-it`, { mode: 0o600 });
  const variables = [...image.matchAll(/^ENV (.*)$/gmu)].flatMap(([, line = ""]) => line.split(" "));
  const environment = Object.fromEntries(
    variables.map((pair) => pair.replace(/\/(?:data|run\/secrets)\//u, `${folder}/`).split("=", 2) as [string, string]),
  );
  const [program, ...args] = JSON.parse(lineOf("CMD")) as readonly string[];
  expect(program).toBe("dirsync");
  const server = new CliProcess([...args, "--port", "0", "--json"], { environment });
  const { url } = JSON.parse(await server.output("stdout", /^\{.*\}$/mu)) as { url: string };
  expect(url).toMatch(/^http:\/\/0\.0\.0\.0:/u);
  const check = lineOf("HEALTHCHECK")
    .replace(/^CMD /u, "")
    .replace("127.0.0.1:4400", `127.0.0.1:${new URL(url).port}`);
  const [, ...script] = JSON.parse(check) as readonly string[];
  await promisify(execFile)(process.execPath, script);
  server.signal("SIGTERM");
  expect(await server.exit).toMatchObject({ code: 0 });
  await expect(promisify(execFile)(process.execPath, script)).rejects.toMatchObject({ code: 1 });
  expect(readdirSync(folder)).toContain("server.db");
});

test("the unit for systemd starts a server with both keys, its data where the page says, and its public address", async () => {
  const unit = codeBlocks(root, file).find(({ language }) => language === "ini")?.code ?? "";
  const valuesOf = (name: string) =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gmu"))].map(([, value = ""]) => value);
  const folder = temporaryFolder(onTestFinished);
  for (const credential of valuesOf("LoadCredential")) {
    writeFileSync(join(folder, credential.split(":")[0] ?? ""), `key-of-${credential}`, { mode: 0o600 });
  }
  const environment = Object.fromEntries(
    valuesOf("Environment").map((line) => line.replace("%d", folder).split("=", 2) as [string, string]),
  );
  expect(page).toContain(`/var/lib/${valuesOf("StateDirectory")[0] ?? ""}/server.db`);
  const [program, ...args] = (valuesOf("ExecStart")[0] ?? "").split(" ");
  expect(program).toMatch(/\/dirsync$/u);
  const free = args.map((arg) => arg.replace(/:\d+$/u, ":0"));
  const server = new CliProcess([...free, "--port", "0", "--json"], {
    environment: { ...environment, STATE_DIRECTORY: folder },
  });
  const { url } = JSON.parse(await server.output("stdout", /^\{.*\}$/mu)) as { url: string };
  const asked = { DIRSYNC_BASE_URL: url, DIRSYNC_API_KEY_FILE: environment["DIRSYNC_API_KEY_FILE"] ?? "" };
  const made = await runWarmCli(["directories", "create", "Acme", "--json"], { environment: asked });
  expect(made.code).toBe(0);
  expect(made.stdout).toContain(`"base_url":"${environment["DIRSYNC_PUBLIC_URL"] ?? ""}/scim/v2.0/`);
  server.signal("SIGTERM");
  expect(await server.exit).toMatchObject({ code: 0 });
  const checked = await runWarmCli([
    "server",
    "backup",
    "--data",
    join(folder, "server.db"),
    "--out",
    join(folder, "b.db"),
  ]);
  expect(checked.code).toBe(0);
});
