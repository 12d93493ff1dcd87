/** Hooks that cannot be started, fail, or never end. */
import { commandSink, createConsumer, eventsApiSource, openJournal, type Policy } from "@dirsync/consumer";
import { describe, expect } from "vitest";
import { type Rig, test } from "../../support/rig.ts";
import { until } from "../../support/until.ts";

const tailOnce = ["tail", "--once", "--exec"] as const;

describe.concurrent("a hook that cannot be started ends with 78 before anything is touched", () => {
  test.for<[string, string, RegExp]>([
    ["is not there", "./missing.sh", /\.\/missing\.sh is not an executable file/],
    ["is not on the PATH", "no-such-program", /no-such-program is not an executable file/],
    [
      "may not be executed",
      "./plain.txt",
      /\.\/plain\.txt is not an executable file: its mode.*chmod \+x \.\/plain\.txt/,
    ],
    [
      "is named without its folder",
      "plain.txt",
      /plain\.txt is not an executable file.*Write \.\/plain\.txt for the one/,
    ],
    ["is a folder", "./folder", /\.\/folder is not an executable file/],
    ["is a redirection", "cat > events", /runs without a shell, so > has no meaning.*sh -c/],
    ["is a pipe", "cat | wc", /runs without a shell, so \| has no meaning.*sh -c/],
    ["is a list", "true && true", /runs without a shell, so & has no meaning.*sh -c/],
    ["holds a variable", "$HOME/hook.sh", /runs without a shell, so \$ has no meaning.*sh -c/],
    ["holds a backtick", "echo `id`", /runs without a shell, so ` has no meaning.*sh -c/],
    ["has an open quote", "sh -c 'true", /quote ' that is not closed/],
  ])("%s", async ([, command, message], { rig }) => {
    rig.write("plain.txt", "no program");
    rig.write("folder/file", "");
    const exit = await rig.run([...tailOnce, command]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(message);
    expect(rig.proxy.arrivals).toEqual([]);
    expect(rig.lines("tail.db")).toEqual([]);
  });
});

test.concurrent("a hook that is empty is a wrong flag", async ({ rig }) => {
  const exit = await rig.run([...tailOnce, ""]);
  expect(exit).toMatchObject({ code: 2, stdout: "" });
  expect(exit.stderr).toMatch(/--exec is empty/);
  expect(rig.proxy.arrivals).toEqual([]);
});

describe.concurrent("a hook", () => {
  test("is told about the event and nothing secret, and may be given variables by name", async ({ rig }) => {
    // What it writes here is searched for the key when the test is over.
    const hook = rig.write("hook.sh", "#!/bin/sh\nenv >> environment\ncat >> events\necho >> events\n", 0o755);
    const more = { DIRSYNC_HOOK_ENV: "APP_DATABASE", APP_DATABASE: "app.db", APP_SECRET: "hidden" };
    expect(await rig.run([...tailOnce, hook], more)).toMatchObject({ code: 0 });
    const log = await rig.company.log();
    expect(rig.lines("events").map((line) => JSON.parse(line) as unknown)).toEqual(log);
    const environment = rig.lines("environment");
    expect(environment).toEqual(
      expect.arrayContaining([
        `DIRSYNC_EVENT_ID=${log[5]?.id}`,
        "DIRSYNC_EVENT_TYPE=dsync.activated",
        "DIRSYNC_EVENT_SEQ=6",
        "DIRSYNC_EVENT_ATTEMPT=1",
        "APP_DATABASE=app.db",
      ]),
    );
    expect(environment.filter((line) => /APP_SECRET|API_KEY/.test(line))).toEqual([]);
  });

  test("that does not read its input and has a quoted argument is fine", async ({ rig }) => {
    expect(await rig.run([...tailOnce, 'sh -c \'echo "$DIRSYNC_EVENT_ID" >> "done list"\''])).toMatchObject({
      code: 0,
    });
    expect(rig.lines("done list")).toEqual(await rig.logged());
  });

  test("that fails is started again; exit 65 gives the event up, and the others are delivered", async ({ rig }) => {
    const hook = writeHook(
      rig,
      '[ "$DIRSYNC_EVENT_SEQ$DIRSYNC_EVENT_ATTEMPT" = 21 ] && exit 1',
      "[ $DIRSYNC_EVENT_SEQ = 4 ] && exit 65",
    );
    const exit = await rig.run([...tailOnce, hook]);
    expect(exit.code).toBe(0);
    expect(exit.stderr).toMatch(/The command of sink exec exited with 1\b.*will try again/);
    expect(exit.stderr).toMatch(/The command of sink exec exited with 65\b.*gave an event up/);
    const log = await rig.logged();
    expect(rig.lines("done")).toEqual(log.filter((_id, index) => index !== 3));
  });

  test("that exits with 78 halts its sink with 3, and goes on at that event after mending", async ({ rig }) => {
    const hook = writeHook(rig, "[ $DIRSYNC_EVENT_SEQ = 3 ] && exit 78");
    const exit = await rig.run([...tailOnce, hook]);
    expect(exit.code).toBe(3);
    expect(exit.stderr).toMatch(/sink halted; it takes no more events/);
    expect(rig.lines("done")).toHaveLength(2);
    writeHook(rig);
    expect(await rig.run([...tailOnce, hook])).toMatchObject({ code: 0 });
    expect(rig.lines("done")).toEqual(await rig.logged());
  });
});

describe.concurrent("a hook that hangs, with a child that hangs as well", () => {
  test("is ended when its time is up, tried again, and leaves a dead letter that says so", async ({ rig }) => {
    const journal = await openJournal({ path: rig.state, role: "holder" });
    const { instanceId } = journal;
    const environment = { PATH: process.env["PATH"] ?? "" };
    const sink = commandSink({ command: ["sh", hangingHook(rig)], environment, instanceId, killGraceMs: 100 });
    const policy: Partial<Policy> = { timeoutMs: 300, attemptsMax: 2, delayMs: () => 1 };
    const source = eventsApiSource(rig.company.client, { events: ["dsync.activated"] });
    try {
      const { sinks } = await createConsumer({ source, journal, sinks: [{ sink, policy }] }).run({ once: true });
      expect(sinks).toMatchObject([{ delivered: 0, dead: 1 }]);
      const [letter] = await journal.deadLetters();
      expect(letter).toMatchObject({ attempts: 2, failure: { code: "sink_timeout" } });
      expect(letter?.failure.message).toMatch(/took longer than 300 ms/);
    } finally {
      await journal.close();
    }
    expect(rig.lines("pids")).toHaveLength(4);
    await untilGone(rig);
  });

  test("dies with a tail that is told twice to stop, and its event comes again", async ({ rig }) => {
    const tail = rig.start(["tail", "--exec", `sh ${hangingHook(rig)}`]);
    await until(() => rig.lines("pids").length === 2, { what: "the hook" });
    tail.signal("SIGTERM");
    await tail.output("stderr", /a second signal stops at once/);
    tail.signal("SIGTERM");
    await tail.gone;
    await untilGone(rig);
    expect((await tail.exit).code).toBe(143);
    expect(await rig.run([...tailOnce, writeHook(rig)])).toMatchObject({ code: 0 });
    expect(rig.lines("done")).toEqual(await rig.logged());
  });

  test("is ended by the next tail when its own was killed, before the event comes again", async ({ rig }) => {
    const tail = rig.start(["tail", "--exec", `sh ${hangingHook(rig)}`]);
    await until(() => rig.lines("pids").length === 2, { what: "the hook" });
    tail.signal("SIGKILL");
    await tail.gone;
    const exit = await rig.run([...tailOnce, writeHook(rig)]);
    expect(exit.code).toBe(0);
    expect(exit.stderr).toMatch(/ended hooks that a killed predecessor left running/);
    await untilGone(rig);
    expect(rig.lines("done")).toEqual(await rig.logged());
  });
});

/** A hook that runs each line and, when it gets to its end, notes the event as done. */
function writeHook(rig: Rig, ...lines: readonly string[]): string {
  return rig.write("hook.sh", ["#!/bin/sh", ...lines, 'echo "$DIRSYNC_EVENT_ID" >> done', ""].join("\n"), 0o755);
}

/** A hook that does not obey TERM, and neither does its child; both note their process ids. */
function hangingHook(rig: Rig): string {
  const pids = `${rig.folder}/pids`;
  return rig.write("hang.sh", `trap "" TERM\nsleep 60 &\necho $! >> ${pids}\necho $$ >> ${pids}\nwait\n`);
}

async function untilGone(rig: Rig): Promise<void> {
  const what = "the hook and its child to be gone";
  await until(() => rig.lines("pids").every((pid) => !isAlive(Number(pid))), { what, patienceMs: 5_000 });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
