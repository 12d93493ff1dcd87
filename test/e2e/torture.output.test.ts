/** `dirsync torture` as people and scripts use it: what it says, how it is stopped, and what it refuses. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CliProcess } from "../support/cli-process.ts";
import { mistakes } from "../support/handler-mistakes.ts";
import { type Change, torturedApp } from "../support/tortured-app.ts";
import { until } from "../support/until.ts";
import { runWarmCli } from "../support/warm-cli.ts";

const patience = { timeout: 300_000 };

let folder: string;
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dirsync-torture-test-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.concurrent("what people read", () => {
  const counter = mistakes["a counter that is incremented"]?.change ?? {};
  const created = "dsync.user.created";
  const insert = mistakes["an insert that fails on a duplicate"]?.change.handlers?.[created] ?? "";

  test(
    "the same seed gives the same report, with the events, the fault, the difference and the command",
    patience,
    async () => {
      const args = ["torture", "--handlers", moduleOf(counter), "--seed", "7", "--only", "2"];
      const [first, second] = await Promise.all([runWarmCli(args), runWarmCli(args)]);
      expect(second.stdout).toBe(first.stdout);
      expect(first.code).toBe(5);
      // How far it is, where it takes longer than a moment.
      expect(first.stderr).toMatch(/^(?:run \d+ of \d+, .*\n)*$/);
      expect(first.stdout).toMatch(/^1\. DUPLICATED {2}dsync\.user\.created\n/);
      expect(first.stdout).toMatch(/\n +# {2}EVENT +ABOUT\n +\d+ {2}dsync\.user\.created {2}\S+@example\.com\n/);
      expect(first.stdout).toMatch(/\n {2}event \d+ {2}delivered twice\n/);
      expect(first.stdout).toMatch(/\n {4}- should be {2}1\n {4}\+ is {9}2\n/);
      expect(first.stdout).toContain(`\n  ${["dirsync", ...args].join(" ")}\n`);
      expect(first.stdout).toMatch(/\nlost 0 · duplicated 1 · out of order 0 · other 0 {2}\(1 runs? .*seed 7\)\n$/);
    },
  );

  test("without a snapshot, strays and failures are found, and it says what to add", patience, async () => {
    const args = ["torture", "--handlers", moduleOf({ handlers: { [created]: insert }, isBare: true }), "--only", "2"];
    const { code, stdout } = await runWarmCli(args);
    expect(code).toBe(5);
    expect(stdout).toMatch(/^1\. FAILS FOR GOOD {2}dsync\.user\.created\n/);
    expect(stdout).toContain("Without a snapshot of the app");
    expect(stdout).toContain("export const torture: TortureHarness = {");
  });

  test("nothing is found in what only prints: that is no effect on the app", patience, async () => {
    const source = `export default {
      "dsync.user.created": (event) => console.log("created", event.data.email),
      "*": async (event) => { console.error(event.id); process.stdout.write("x"); },
    };`;
    const args = ["torture", "--handlers", written(source), "--seed", "1", "--only", "6"];
    expect(await runWarmCli(args)).toMatchObject({ code: 0 });
  });

  test(
    "what is found without a fault is shown, although the snapshot proves nothing because of it",
    patience,
    async () => {
      const source = `${torturedApp({
        isBare: true,
        handlers: { "dsync.user.created": "(event) => { void Promise.reject(new Error('no such column')); }" },
      })}\nexport const torture = { reset() {}, snapshot: () => [] };`;
      const { code, stdout } = await runWarmCli(["torture", "--handlers", written(source)]);
      expect(code).toBe(5);
      expect(stdout).toMatch(/^1\. ERROR THAT NOBODY CATCHES {2}dsync\.user\.created\n[^]*no such column/);
      expect(stdout).toContain("It went no further");
    },
  );

  test("Ctrl-C shows what has been found so far, and leaves no process and no folder behind", patience, async () => {
    const temporary = mkdtempSync(join(folder, "tmp-"));
    // Until it says where it is, it takes its time and not the processor.
    const unhurried = `async (...all) => { await new Promise((resolve) => setTimeout(resolve, 80)); (${insert})(...all); }`;
    const file = moduleOf({ handlers: { [created]: unhurried }, isBare: true });
    const torturing = new CliProcess(["torture", "--handlers", file, "--runs", "2100"], {
      environment: { TMPDIR: temporary },
    });
    await until(() => /[1-9]\d* findings? so far/.test(torturing.stderr) && pidsUnder(torturing.pid).length > 0, {
      what: "a finding",
      patienceMs: 200_000,
      check: () => torturing.mustRun(),
    });
    const children = pidsUnder(torturing.pid);
    torturing.signal("SIGINT");
    const { code, stdout } = await torturing.exit;
    expect(code).toBe(5);
    expect(stdout).toMatch(/^1\. FAILS FOR GOOD/);
    expect(stdout).toContain("It was stopped before all runs were made.");
    expect(children.filter(isAlive)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe.concurrent("a module that proves nothing is refused, with what to do", () => {
  const harness = (reset: string, snapshot: string): string =>
    `${torturedApp({ isBare: true })}\nexport const torture = { reset: ${reset}, snapshot: ${snapshot} };`;

  test.each([
    [
      "a snapshot that differs by itself",
      harness("() => {}", "() => ({ at: process.hrtime.bigint().toString() })"),
      "$.at",
    ],
    ["a snapshot that never changes", harness("() => {}", "() => []"), "the same before and after"],
    [
      "half a harness",
      `${torturedApp({ isBare: true })}\nexport const torture = { reset() {} };`,
      "reset and snapshot",
    ],
    ["a reset that fails", harness("() => { throw new Error('no table') }", "() => []"), "no table"],
    ["a module that does not load", "throw new Error('no such thing');", "no such thing"],
    [
      "a module without handlers",
      "export const torture = { reset() {}, snapshot() {} };",
      "must export an object of handlers",
    ],
  ])("%s", patience, async (_name, source, words) => {
    const { code, stdout, stderr } = await runWarmCli(["torture", "--handlers", written(source), "--runs", "2"]);
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    expect(stderr).toContain(words);
  });

  test.each([
    ["no module", [], 2, "--handlers"],
    ["a module that is not there", ["--handlers", "nowhere.ts"], 78, "nowhere.ts"],
    ["a lane that there is not", ["--handlers", "x.ts", "--lane", "road"], 2, "directory, organization, user"],
    ["a seed that is no number", ["--handlers", "x.ts", "--seed", "lucky"], 2, "whole number"],
    ["a time without a unit", ["--handlers", "x.ts", "--time", "5"], 2, "needs a unit"],
  ])("%s", async (_name, flags, exitCode, words) => {
    const { code, stderr } = await runWarmCli(["torture", ...flags]);
    expect(code).toBe(exitCode);
    expect(stderr).toContain(words);
  });
});

test("the module gets no variable that it was not promised, and knows that it is tortured", patience, async () => {
  const source = `${torturedApp({ isBare: true })}
    import { writeFileSync } from "node:fs";
    writeFileSync(${JSON.stringify(join(folder, "seen.json"))}, JSON.stringify({ ...process.env, folder: process.cwd() }));`;
  const environment = { DATABASE_URL: "postgres://production", TEST_DATABASE_URL: "postgres://test", HOME: folder };
  const flags = ["--runs", "1", "--env", "TEST_DATABASE_URL"];
  await runWarmCli(["torture", "--handlers", written(source), ...flags], { environment });
  const seen = JSON.parse(readFileSync(join(folder, "seen.json"), "utf8")) as Record<string, string>;
  expect(seen).toMatchObject({ DIRSYNC_TORTURE: "1", TEST_DATABASE_URL: "postgres://test", HOME: folder });
  expect(seen).not.toHaveProperty("DATABASE_URL");
  expect(seen["folder"]).toContain("dirsync-torture-");
});

function pidsUnder(parent: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(/^\d+ \(.*\) \S (\d+)/s.exec(statOf(pid))?.[1]) === parent);
}

function isAlive(pid: number): boolean {
  return statOf(pid) !== "";
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

function moduleOf(change: Change): string {
  return written(torturedApp(change));
}

function written(source: string): string {
  files += 1;
  const file = join(folder, `handlers-${files}.mjs`);
  writeFileSync(file, source, { mode: 0o644 });
  return file;
}
