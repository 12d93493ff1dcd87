/** The config file, as `dirsync` finds it and goes by it. */
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { type Rig, test } from "../support/rig.ts";

const hook = '#!/bin/sh\necho "$DIRSYNC_EVENT_ID $LABEL" >> hooked\n';
const handlers = `import { appendFileSync } from "node:fs";
export default { "*": ({ id }: { id: string }) => appendFileSync("handled", id + "\\n") };`;

/** What all three forms of the file below say. */
const yaml = `
poll: 50ms
sinks:
  app:
    handlers: ./src/handlers.ts
  audit:
    exec: ./bin/hook.sh
    hookEnv: LABEL
`;
const json = JSON.stringify({
  poll: "50ms",
  sinks: { app: { handlers: "./src/handlers.ts" }, audit: { exec: "./bin/hook.sh", hookEnv: ["LABEL"] } },
});
const typescript = `import { defineConfig } from "@dirsync/cli";
const hookEnv: readonly string[] = ["LABEL"];
export default defineConfig({
  poll: "50ms",
  sinks: { app: { handlers: "./src/handlers.ts" }, audit: { exec: "./bin/hook.sh", hookEnv } },
});`;

function writeApp(rig: Rig): void {
  rig.write("app/src/handlers.ts", handlers);
  rig.write("app/bin/hook.sh", hook, 0o755);
}

describe.concurrent("dirsync tail", () => {
  test.for([
    ["dirsync.config.yaml", yaml],
    ["dirsync.config.json", json],
    ["dirsync.config.ts", typescript],
    ["dirsync.config.mjs", typescript.replace(": readonly string[]", "")],
  ] as const)("goes by %s: several sinks, each with its name and settings", async ([name, content], { rig }) => {
    writeApp(rig);
    const config = rig.write(`app/${name}`, content);
    const exit = await rig.run(["tail", "--once", "--config", config], { LABEL: "passed-on" });
    expect({ code: exit.code, stderr: exit.code === 0 ? "" : exit.stderr }).toEqual({ code: 0, stderr: "" });
    const log = await rig.logged();
    expect(rig.lines("handled")).toEqual(log);
    expect(rig.lines("hooked")).toEqual(log.map((id) => `${id} passed-on`));
    const { stdout } = await rig.run(["status", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ sinks: [{ name: "app" }, { name: "audit" }] });
  });

  test("finds the file above the folder it is started in; sinks on the command line replace its own", async ({
    rig,
  }) => {
    writeApp(rig);
    rig.write("dirsync.config.yaml", "sinks: { audit: { exec: ./app/bin/hook.sh } }");
    mkdirSync(join(rig.folder, "deep/down"), { recursive: true });
    const keyed = { DIRSYNC_API_KEY: rig.key };
    const inside = await rig.runWithoutKey(["tail", "--once"], keyed, join(rig.folder, "deep/down"));
    expect(inside.code).toBe(0);
    expect(rig.lines("deep/down/hooked")).toHaveLength(6);
    const exit = await rig.run(["tail", "--once", "--stdout"]);
    expect(exit.code).toBe(0);
    expect(rig.lines("hooked")).toEqual([]);
    expect(rig.delivered()).toEqual(await rig.logged());
  });

  test("takes the key, address and state from it, and so do the other commands", async ({ rig }) => {
    rig.write("secrets/key", `${rig.key}\n`, 0o600);
    const lines = [`baseUrl: ${rig.proxy.url}`, "apiKeyFile: ./secrets/key", "state: ./kept/tail.db"];
    rig.write("dirsync.config.yml", lines.join("\n"));
    const bare = { DIRSYNC_BASE_URL: "", DIRSYNC_STATE: "" };
    const exit = await rig.runWithoutKey(["tail", "--once", "--stdout"], bare);
    expect({ code: exit.code, stderr: exit.code === 0 ? "" : exit.stderr }).toEqual({ code: 0, stderr: "" });
    const status = await rig.runWithoutKey(["status", "--json"], bare);
    expect(JSON.parse(status.stdout)).toMatchObject({ state: join(rig.folder, "kept/tail.db"), head_seq: 6 });
    expect(await rig.runWithoutKey(["users", "list"], bare)).toMatchObject({ code: 0 });
    // The rig looks for the key in every file when the test is over; this one is meant to hold it.
    rig.write("secrets/key", "gone");
  });
});

describe.concurrent("a configuration that is wrong", () => {
  test("is told whole, with lines, before anything is asked or written", async ({ rig }) => {
    const lines = ["poll: 5", "sinks:", "  app: { handlers: ./no.ts }", "  hook: { exec: ./no.sh, attempts: none }"];
    rig.write("dirsync.config.yaml", lines.join("\n"));
    const exit = await rig.run(["tail", "--once", "--json"], { DIRSYNC_TIMEOUT: "1y", DIRSYNC_API_KEY: "" });
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    const { error } = JSON.parse(exit.stderr) as { error: { code: string; problems: { where: string }[] } };
    expect(error.code).toBe("config_invalid");
    const places = error.problems.map(({ where }) => where.replace(`${rig.folder}/dirsync.config.yaml`, "file"));
    expect(places).toEqual([
      "file:1: poll",
      "file:4: sinks.hook.attempts",
      "DIRSYNC_API_KEY",
      "DIRSYNC_TIMEOUT",
      "file:3: sinks.app.handlers",
      "file:4: sinks.hook.exec",
    ]);
    expect(rig.proxy.arrivals).toEqual([]);
    expect(rig.modes().map(([name]) => name)).toEqual(["dirsync.config.yaml"]);
  });

  test("on the command line only ends with 2, as every wrong flag does", async ({ rig }) => {
    const exit = await rig.run(["tail", "--stdout", "--poll", "5", "--attempts", "0"]);
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    expect(exit.stderr).toMatch(/2 things are wrong.*--poll needs a unit.*--attempts is not a whole number/s);
  });

  test("can be a file that somebody else may have put there", async ({ rig }) => {
    const open = rig.write("open/dirsync.config.yaml", "{}", 0o666);
    const exit = await rig.run(["tail", "--stdout", "--config", open]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/can be changed by everybody\. Run: chmod o-w/);
    rig.write("dirsync.config.json", "{}");
    rig.write("dirsync.config.ts", "process.exit(99)");
    const two = await rig.run(["tail", "--stdout"]);
    expect(two.code).toBe(78);
    expect(two.stderr).toMatch(/There are two config files: .*\.ts and .*\.json\. Keep one/);
    expect((await rig.run(["tail", "--once", "--stdout", "--no-config"])).code).toBe(0);
  });

  test.runIf(process.getuid?.() === 0)("is not taken from another user unless it is named", async ({ rig }) => {
    const path = rig.write("dirsync.config.yaml", "sinks: { stdout: { stdout: true } }");
    chownSync(path, 65_534, 65_534);
    const exit = await rig.run(["tail", "--once"]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/belongs to another user \(65534\)\. If it is meant, name it: --config/);
    expect(await rig.run(["tail", "--once", "--config", path])).toMatchObject({ code: 0 });
  });
});

describe.concurrent("dirsync config", () => {
  test("shows each value and where it comes from, and never a secret", async ({ rig }) => {
    rig.write("dirsync.config.yaml", "poll: 2s\nsinks:\n  audit: { exec: ./audit.sh, attempts: 3 }");
    const { code, stdout } = await rig.run(["config", "--timeout", "5s"], { DIRSYNC_DURABILITY: "full" });
    expect(code).toBe(0);
    const rows = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(rows).toEqual(
      expect.arrayContaining([
        ["apiKey", "[redacted]", "$DIRSYNC_API_KEY"],
        ["poll", "2s", "line 1"],
        ["durability", "full", "$DIRSYNC_DURABILITY"],
        ["drainTimeout", "25s", "default"],
        ["sinks.audit.attempts", "3", "line 3"],
        ["sinks.audit.timeout", "5s", "--timeout"],
      ]),
    );
    const json = await rig.run(["config", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      file: join(rig.folder, "dirsync.config.yaml"),
      secrets: { apiKey: { value: "[redacted]", from: "variable", where: "DIRSYNC_API_KEY" } },
      settings: { poll: { value: "2s", from: "file" }, state: { value: rig.state, from: "variable" } },
      sinks: [{ name: "audit", target: "exec", settings: { attempts: { value: "3" }, timeout: { from: "default" } } }],
      problems: [],
    });
  });

  test("ends with 78 when something is wrong, after showing what is not", async ({ rig }) => {
    rig.write("dirsync.config.yaml", "poll: 2s\ntypo: 1");
    const exit = await rig.run(["config"]);
    expect(exit.code).toBe(78);
    expect(exit.stdout).toMatch(/poll +2s +line 1/);
    expect(exit.stderr).toMatch(/dirsync\.config\.yaml:2: typo is no setting/);
  });
});

describe("an insecure setting", () => {
  test("is named at every start", async ({ rig }) => {
    const key = rig.write("key", rig.key, 0o644);
    const args = ["tail", "--once", "--stdout", "--insecure-secret-files", "--api-key-file", key];
    for (const _start of [1, 2]) {
      const exit = await rig.run(args);
      expect(exit.code).toBe(0);
      expect(exit.stderr).toMatch(/"level":"warn".*"insecureSecretFiles".*an insecure setting is on/);
    }
    rig.write("key", "gone");
  });
});
