/** Handlers that do their worst: only their own process suffers, and nothing is lost. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

/** Writes handlers whose body is run for every event; `say` appends a line to a file. */
function write(rig: Rig, body: string): string {
  const source = `
import { appendFileSync, existsSync } from "node:fs";
const say = (file, line) => appendFileSync(${JSON.stringify(rig.folder)} + "/" + file, line + "\\n");
const isFirst = () => !existsSync(${JSON.stringify(rig.folder)} + "/begun") && (say("begun", "x"), true);
export default { "*": async (event, { signal, log, attempt, effect }) => { ${body} } };`;
  return rig.write("handlers.mjs", source);
}

const take = 'say("taken", event.id);';

/** Blocks its process, without taking the processor from the tests beside it. */
const forEver = "for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);";

/** Processes that belong to a tail of the rig's folder. */
function hostsOf(rig: Rig): readonly number[] {
  const pids = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid));
  return pids.map(Number).filter((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      return environment.includes("DIRSYNC_JOURNAL=") && environment.includes(rig.folder);
    } catch {
      return false;
    }
  });
}

describe.runIf(process.platform === "linux").concurrent("a handler", () => {
  test.for<[string, string, RegExp]>([
    ["ends its process", "process.exit(0);", /exited with 0/],
    ["kills its process", 'process.kill(process.pid, "SIGKILL");', /was ended by SIGKILL/],
    [
      "throws in a callback",
      'setTimeout(() => { throw new Error("late"); }); await new Promise(() => {});',
      /exited with 1/,
    ],
    [
      "uses up its memory",
      "const all = []; for (;;) all.push(new Array(1e6).fill(all.length + 0.5));",
      /was ended by SIG/,
    ],
  ])("that once %s does not end the tail; the event is tried again", async ([, body, message], { rig }) => {
    const handlers = write(rig, `if (isFirst()) { ${body} } ${take}`);
    const limit = { NODE_OPTIONS: "--max-old-space-size=128" };
    const exit = await rig.run(["tail", "--once", "--handlers", handlers, "--stdout"], limit);
    expect(exit.code).toBe(0);
    expect(exit.stderr).toMatch(message);
    expect(rig.lines("taken")).toEqual(await rig.logged());
    expect(rig.delivered()).toEqual(await rig.logged());
    expect(hostsOf(rig)).toEqual([]);
  });

  test("that loops for ever does not keep the tail from answering, nor another sink from delivering", async ({
    rig,
  }) => {
    const handlers = write(rig, `if (isFirst()) ${forEver} ${take}`);
    const flags = ["--handlers", handlers, "--stdout", "--timeout", "6s", "--health", "127.0.0.1:0"];
    const tail = rig.start(["tail", ...flags]);
    await until(() => rig.lines("begun").length === 1, { what: "the handler", check: () => tail.mustRun() });
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await tail.output("stderr", /http:\/\/127\.0\.0\.1:\d+/))?.[0];
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const log = await rig.logged();
    await until(() => rig.delivered().length === log.length, { what: "the other sink", check: () => tail.mustRun() });
    await until(() => rig.lines("taken").length === log.length, { what: "the handler", check: () => tail.mustRun() });
    tail.signal("SIGTERM");
    const exit = await tail.exit;
    expect(exit.code).toBe(0);
    expect(exit.stderr).toMatch(/has been blocked for \d+ s while it had event_/);
    expect(rig.lines("taken")).toEqual(log);
  });

  test("that loops for ever when its tail is killed is ended before the next tail delivers", async ({ rig }) => {
    const handlers = write(rig, `say("pids", process.pid); if (isFirst()) for (;;); ${take}`);
    const tail = rig.start(["tail", "--handlers", handlers]);
    await until(() => rig.lines("begun").length === 1, { what: "the handler", check: () => tail.mustRun() });
    tail.signal("SIGKILL");
    await tail.gone;
    // (control) It outlives its tail, or this would prove nothing.
    expect(hostsOf(rig)).toEqual(rig.lines("pids").map(Number));
    const exit = await rig.run(["tail", "--once", "--handlers", handlers]);
    expect(exit.stderr).toContain("ended hooks that a killed predecessor left running");
    expect(rig.lines("taken")).toEqual(await rig.logged());
    expect(hostsOf(rig)).toEqual([]);
  });

  test("that works when the tail is stopped may finish what it has", async ({ rig }) => {
    const handlers = write(rig, `say("begun", "x"); await new Promise((resolve) => setTimeout(resolve, 500)); ${take}`);
    const tail = rig.start(["tail", "--handlers", handlers]);
    await until(() => rig.lines("begun").length > 0, { what: "the handler", check: () => tail.mustRun() });
    tail.signal("SIGTERM");
    expect((await tail.exit).code).toBe(0);
    expect(rig.lines("taken")).toHaveLength(rig.lines("begun").length);
    expect(hostsOf(rig)).toEqual([]);
  });

  test("has the variables of the tail but not its keys, unless they are named", async ({ rig }) => {
    const handlers = write(rig, 'say("names", Object.keys(process.env).join());');
    rig.write("dirsync.config.yaml", JSON.stringify({ hookEnv: ["WORKOS_API_KEY"], sinks: { app: { handlers } } }));
    const environment = { DATABASE_URL: "x", WORKOS_API_KEY: "sk_other", DIRSYNC_FORWARD_SECRET: "x" };
    expect(await rig.run(["tail", "--once"], environment)).toMatchObject({ code: 0 });
    const [names = ""] = rig.lines("names");
    expect(names.split(",")).toEqual(expect.arrayContaining(["DATABASE_URL", "WORKOS_API_KEY", "HOME"]));
    expect(names).not.toMatch(/DIRSYNC_API_KEY|DIRSYNC_FORWARD_SECRET/);
  });

  test("logs as the tail does, without our key", async ({ rig }) => {
    const key = rig.write("workos.key", rig.key, 0o600);
    const body = `const { readFileSync } = await import("node:fs"); const key = readFileSync(${JSON.stringify(key)}, "utf8");
      log.warn({ key, event_id: event.id }, "look"); console.log(key); ${take}`;
    const flags = ["--once", "--handlers", write(rig, body), "--api-key-file", key];
    const exit = await rig.runWithoutKey(["tail", ...flags]);
    expect(exit).toMatchObject({ code: 0, stdout: "" });
    expect(exit.stderr).toContain('"level":"warn","key":"[redacted]","event_id":"event_');
    expect(exit.stderr).toContain('"line":"[redacted]"');
    rig.write("workos.key", "", 0o600);
  });
});

describe.concurrent("--isolation", () => {
  test.for(["process", "none"])(
    "%s: a side effect is had once, however often its handler is called",
    async (isolation, { rig }) => {
      const handlers = write(
        rig,
        `await effect("mail", event.id, () => say("mails", event.id));
      if (attempt.number === 1) throw new Error("after the mail"); ${take}`,
      );
      expect(await rig.run(["tail", "--once", "--handlers", handlers, "--isolation", isolation])).toMatchObject({
        code: 0,
      });
      expect(rig.lines("taken")).toEqual(await rig.logged());
      expect(rig.lines("mails")).toEqual(await rig.logged());
    },
  );

  test.for<[string, boolean]>([
    ["process", false],
    ["none", true],
  ])("%s", async ([isolation, isOurs], { rig }) => {
    const tail = rig.start([
      "tail",
      "--once",
      "--handlers",
      write(rig, 'say("pids", process.pid);'),
      "--isolation",
      isolation,
    ]);
    expect((await tail.exit).code).toBe(0);
    expect(rig.lines("pids").map((pid) => Number(pid) === tail.pid)).toEqual(rig.lines("pids").map(() => isOurs));
    expect(rig.lines("pids")).toHaveLength((await rig.logged()).length);
  });

  test("(control) without it a handler takes the tail along", async ({ rig }) => {
    const flags = ["--once", "--handlers", write(rig, "process.exit(41);"), "--isolation", "none"];
    expect(await rig.run(["tail", ...flags])).toMatchObject({ code: 41 });
  });
});
