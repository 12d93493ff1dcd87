/** `dirsync tail --pipe` with programs that behave, and with programs that do not. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

/** Runs `body` for each line, with the event's id in $id, and with the try's number in $attempt. */
const forEach = (body: string): string =>
  `while IFS= read -r line; do id=\${line#*'"id":"'}; id=\${id%%'"'*}; ` +
  `attempt=\${line#*'"attempt":'}; attempt=\${attempt%%,*}; ${body}; done`;
const take = `echo "$id" >> taken; printf '{"ack":"%s"}\\n' "$id"`;

/** Writes the program and returns the flags for it. */
function pipe(rig: Rig, script: string, ...flags: readonly string[]): readonly string[] {
  const program = rig.write("program.sh", `#!/bin/sh\necho $$ >> pids\n${script}\n`, 0o755);
  return ["tail", "--pipe", program, ...flags];
}

/** Lines of the log with this message. */
function logged(stderr: string, message: string): readonly Record<string, unknown>[] {
  const lines = stderr.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === message);
}

/** Processes whose working directory is the rig's folder: whatever a program has started, wherever it went. */
function leftBy(rig: Rig): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      return (
        /^\d+$/.test(pid) && environment.includes("DIRSYNC_JOURNAL=") && environment.includes(`PWD=${rig.folder}\0`)
      );
    } catch {
      return false;
    }
  });
}

describe.concurrent("--pipe", () => {
  test("gives one program every event, in order", async ({ rig }) => {
    const exit = await rig.run([...pipe(rig, forEach(take)), "--once"]);
    expect({ code: exit.code, stderr: exit.code === 0 ? "" : exit.stderr }).toEqual({ code: 0, stderr: "" });
    expect(rig.lines("taken")).toEqual(await rig.logged());
    expect(rig.lines("pids")).toHaveLength(1);
  });

  test("runs a script with --shell, and further variables with hookEnv, but never our key", async ({ rig }) => {
    const script = `env >> environment; ${forEach(take)}`;
    rig.write(
      "dirsync.config.yaml",
      JSON.stringify({ shell: true, hookEnv: ["GREETING"], sinks: { app: { pipe: script } } }),
    );
    expect(await rig.run(["tail", "--once"], { GREETING: "hello", OTHER: "no" })).toMatchObject({ code: 0 });
    expect(rig.lines("taken")).toEqual(await rig.logged());
    const names = rig.lines("environment").map((line) => line.split("=")[0]);
    expect(names).toContain("GREETING");
    expect(names.filter((name) => /^(?:OTHER|.*KEY|DIRSYNC_(?!JOURNAL|PROCESS).*)$/.test(name ?? ""))).toEqual([]);
  });

  test("logs what it writes to standard error, without our key", async ({ rig }) => {
    const key = rig.write("workos.key", rig.key, 0o600);
    const script = `cat workos.key >&2; echo >&2; ${forEach(take)}`;
    const exit = await rig.runWithoutKey([...pipe(rig, script), "--once", "--api-key-file", key]);
    expect(exit.code).toBe(0);
    const [line] = logged(exit.stderr, "the program says");
    expect(line).toMatchObject({ sink: "pipe", line: "[redacted]" });
    rig.write("workos.key", "", 0o600);
  });

  test.for<[string, string, RegExp]>([
    ["says what is no answer", `echo 'Ada Lovelace'`, /wrote a line of 12 characters that is no JSON object/],
    ["answers for another event", `echo '{"ack":"event_none"}'`, /answered for event_none, which is not with it/],
    ["dies in the middle of a line", `printf '{"ack":"%s' "$id"; kill -9 $$`, /was ended by SIGKILL/],
    ["exits", "exit 7", /exited with 7/],
  ])("when it once %s: the event is tried again, nothing is lost or twice", async ([, fault, message], { rig }) => {
    const once = `[ "$attempt" = 1 ] && [ ! -e faulty ] && touch faulty && { ${fault}; sleep 60; }`;
    const exit = await rig.run([...pipe(rig, forEach(`${once}; ${take}`)), "--once"]);
    expect(exit.code).toBe(0);
    expect(rig.lines("taken")).toEqual(await rig.logged());
    expect(rig.lines("pids")).toHaveLength(2);
    expect(exit.stderr).toMatch(message);
    expect(exit.stderr).not.toContain("Ada");
  });

  test("when it cannot work on one event, gives that one up and goes on", async ({ rig }) => {
    const [, poison = ""] = await rig.logged();
    const script = forEach(`[ "$id" = ${poison} ] && exit 1; ${take}`);
    const exit = await rig.run([...pipe(rig, script, "--attempts", "2"), "--once"]);
    expect(exit.code).toBe(0);
    expect(rig.lines("taken")).toEqual((await rig.logged()).filter((id) => id !== poison));
    const { stdout } = await rig.run(["dead-letters", "list", "--json"]);
    expect(stdout).toContain(poison);
    expect(stdout).toContain("pipe_ended");
  });

  test("halts for a program that says that its configuration is wrong", async ({ rig }) => {
    expect(await rig.run([...pipe(rig, "exit 78"), "--once"])).toMatchObject({ code: 3 });
  });

  test.for<[string, string[], RegExp]>([
    ["is not there", ["--pipe", "./none.sh"], /none\.sh is not an executable file/],
    ["needs a shell", ["--pipe", "cat | wc"], /--pipe runs without a shell/],
    ["is empty", ["--pipe", " "], /--pipe/],
  ])("refuses a program that %s, and doctor tells the same", async ([, flags, message], { rig }) => {
    const tailed = await rig.run(["tail", "--once", ...flags]);
    expect(tailed.stderr).toMatch(message);
    expect([2, 78]).toContain(tailed.code);
    const examined = await rig.run(["doctor", ...flags]);
    expect(examined.stdout + examined.stderr).toMatch(message);
    expect([2, 78]).toContain(examined.code);
  });
});

describe.runIf(process.platform === "linux").concurrent("--pipe with a program that does not want to end", () => {
  const stubborn = `trap '' TERM HUP
setsid sh -c 'trap "" TERM HUP; sleep 600' &
(trap '' TERM; sleep 600) &
${forEach("touch begun; while :; do sleep 0.05; done")}`;

  test("and hangs: its time runs out, it and all it started are killed, and the event is tried again", async ({
    rig,
  }) => {
    const script = `[ -e begun ] && { ${forEach(take)}; exit; }\n${stubborn}`;
    const exit = await rig.run([...pipe(rig, script, "--timeout", "2s"), "--once"]);
    expect(exit.code).toBe(0);
    expect(exit.stderr).toContain("did not answer for");
    expect(rig.lines("taken")).toEqual(await rig.logged());
    expect(leftBy(rig)).toEqual([]);
  });

  test("when the tail is stopped: it ends all the same, and leaves nothing running", async ({ rig }) => {
    const tail = rig.start(pipe(rig, stubborn, "--drain-timeout", "200ms"));
    await until(() => existsSync(join(rig.folder, "begun")), { what: "a first event", check: () => tail.mustRun() });
    tail.signal("SIGTERM");
    expect((await tail.exit).code).toBe(75);
    expect(leftBy(rig)).toEqual([]);
  });

  test("when the tail is killed: the next one ends what is left before it delivers anything", async ({ rig }) => {
    const script = `[ -e begun ] && { ${forEach(take)}; exit; }\n${stubborn}`;
    const tail = rig.start(pipe(rig, script));
    await until(() => existsSync(join(rig.folder, "begun")), { what: "a first event", check: () => tail.mustRun() });
    tail.signal("SIGKILL");
    await tail.gone;
    // (control) They outlive it, or this would prove nothing.
    expect(leftBy(rig).length).toBeGreaterThan(1);
    const exit = await rig.run([...pipe(rig, script), "--once"]);
    expect(exit.code).toBe(0);
    expect(
      Number(logged(exit.stderr, "ended hooks that a killed predecessor left running")[0]?.["orphans"]),
    ).toBeGreaterThan(1);
    expect(rig.lines("taken")).toEqual(await rig.logged());
    expect(leftBy(rig)).toEqual([]);
  });

  test("is not asked to while it works well: SIGTERM lets it answer what it has", async ({ rig }) => {
    const tail = rig.start(pipe(rig, `${forEach(`touch begun; sleep 0.3; ${take}`)}; echo bye >> said`));
    await until(() => existsSync(join(rig.folder, "begun")), { what: "a first event", check: () => tail.mustRun() });
    tail.signal("SIGTERM");
    expect((await tail.exit).code).toBe(0);
    expect(rig.lines("said")).toEqual(["bye"]);
    const before = rig.lines("taken").length;
    expect(await rig.run([...pipe(rig, forEach(take)), "--once"])).toMatchObject({ code: 0 });
    expect(before).toBeGreaterThan(0);
    expect(rig.lines("taken")).toEqual(await rig.logged());
  });
});
