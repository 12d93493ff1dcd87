import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SinkError } from "@dirsync/sdk";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { gone, isRunning, linesOf } from "../fixtures/processes.ts";
import { temporaryFolder } from "../fixtures/state-file.ts";
import type { Attempt, Sink } from "../model.ts";
import { commandSink, type CommandSinkOptions } from "./command.ts";

const path = process.env["PATH"] ?? "";
const event = makeEvent(1);

interface Try {
  readonly delivering: Promise<void>;
  /** Cuts the try off, as a dispatcher does. */
  readonly cut: (code?: string) => void;
}

function deliver(command: CommandSinkOptions["command"], given: Partial<CommandSinkOptions> = {}, sent = event): Try {
  return tryWith(commandSink({ command, environment: { PATH: path }, instanceId: "journal-1", ...given }), sent);
}

function tryWith(sink: Sink, sent = event): Try {
  const controller = new AbortController();
  const attempt: Attempt = {
    number: 3,
    seq: 42,
    epoch: 5,
    lane: "directory:d1",
    replay: false,
    signal: controller.signal,
  };
  const delivering = sink.deliver(sent, attempt);
  // Asked for below; until then it must not count as unhandled.
  delivering.catch(() => undefined);
  return {
    delivering,
    cut: (code = "sink_timeout") => controller.abort(new SinkError("cut off", { verdict: "retry", code })),
  };
}

const shell = (script: string): CommandSinkOptions["command"] => ["sh", "-c", script];

describe("a hook that is ended because nobody reads what it writes", () => {
  // Ends as a shell does that writes to a closed pipe, unless what it writes is dropped.
  const script = 'echo >> "$1"; [ "$(readlink /proc/$$/fd/2)" = /dev/null ] || ';
  const runs = (file: string): number => readFileSync(file, "utf8").length;

  test.each([
    ["kill -PIPE $$", true, 2],
    ["exit 141", true, 2],
    ["kill -PIPE $$", false, 1],
    ["exit 1", true, 1],
  ])("%s: runs again without an output if that is our reader's doing (%s)", async (end, isReaderGone, expected) => {
    const file = join(temporaryFolder(), "runs");
    let isGone = false;
    let asked = 0;
    const find = (): Promise<void> => {
      asked += 1;
      isGone = isReaderGone;
      return Promise.resolve();
    };
    const reader = {
      get isGone() {
        return isGone;
      },
      find,
    };
    const sink = commandSink({
      command: ["sh", "-c", `${script}${end}`, "sh", file],
      environment: { PATH: path },
      instanceId: "journal-1",
      reader,
    });
    const { delivering } = tryWith(sink);
    if (expected === 2) await delivering;
    else await expect(delivering).rejects.toMatchObject({ code: "command_failed", verdict: "retry" });
    expect(runs(file)).toBe(expected);
    if (expected === 1) return;
    await tryWith(sink).delivering;
    expect([runs(file), asked]).toEqual([3, 1]);
  });
});

describe("the exit code is the answer", () => {
  test.each([
    [65, "dead"],
    [78, "halt"],
    [75, "retry"],
    [1, "retry"],
    [127, "retry"],
    [255, "retry"],
  ])("%i: %s", async (code, verdict) => {
    const { delivering } = deliver(shell(`exit ${code}`));
    await expect(delivering).rejects.toMatchObject({ name: "SinkError", code: "command_failed", verdict });
    await expect(delivering).rejects.toThrow(`The command of sink exec exited with ${code}.`);
  });

  test("0: delivered", async () => {
    await expect(deliver(shell("exit 0")).delivering).resolves.toBeUndefined();
  });

  test("a signal: try again", async () => {
    const { delivering } = deliver(shell("kill -SEGV $$"));
    await expect(delivering).rejects.toMatchObject({ verdict: "retry" });
    await expect(delivering).rejects.toThrow("was ended by SIGSEGV");
  });

  test("it is not known when the program cannot be started: try again, and say which program", async () => {
    const { delivering } = deliver(["/nowhere/hook", "secret-argument"]);
    await expect(delivering).rejects.toMatchObject({ code: "command_not_started", verdict: "retry" });
    await expect(delivering).rejects.toThrow(/\/nowhere\/hook/);
    await expect(delivering).rejects.not.toThrow(/secret-argument/);
  });

  test("and nothing waits for the end of the process afterwards", async () => {
    const before = process.listenerCount("exit");
    const tries = [deliver(shell("exit 0")), deliver(shell("exit 1")), deliver(["/no/such/program"])];
    await Promise.allSettled(tries.map(({ delivering }) => delivering));
    expect(process.listenerCount("exit")).toBe(before);
  });

  test("the same for a file that is no program", async () => {
    const file = join(temporaryFolder(), "hook");
    writeFileSync(file, "just text", { mode: 0o644 });
    await expect(deliver([file]).delivering).rejects.toMatchObject({ code: "command_not_started", verdict: "retry" });
  });
});

describe("the process gets", () => {
  test("the event on standard input, byte for byte", async () => {
    const file = join(temporaryFolder(), "body");
    const sent = makeEvent(1, { data: { text: "quotes ' \" $(id) `id` \\ \u0000 𝄞\nline" } });
    await deliver(shell(`cat > ${file}`), {}, sent).delivering;
    expect(readFileSync(file, "utf8")).toBe(JSON.stringify(sent));
  });

  test("exactly the environment it was given and its place, and nothing of ours", async () => {
    const file = join(temporaryFolder(), "environment");
    process.env["DIRSYNC_TEST_SECRET"] = "sk_live_1";
    onTestFinished(() => void delete process.env["DIRSYNC_TEST_SECRET"]);
    const write = 'require("fs").writeFileSync(process.argv[1], JSON.stringify(process.env))';
    await deliver([process.execPath, "-e", write, file], { environment: { GREETING: "hello" } }).delivering;
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      GREETING: "hello",
      DIRSYNC_JOURNAL: "journal-1",
      DIRSYNC_PROCESS: expect.stringMatching(/^[\da-f-]{36}$/) as unknown,
      DIRSYNC_EVENT_ID: "event_000001",
      DIRSYNC_EVENT_TYPE: "dsync.user.updated",
      DIRSYNC_EVENT_SEQ: "42",
      DIRSYNC_EVENT_ATTEMPT: "3",
      DIRSYNC_EVENT_LANE: "directory:d1",
      DIRSYNC_EVENT_EPOCH: "5",
    });
  });

  test("its arguments as they are: no shell looks at them", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "arguments");
    const write = 'require("fs").writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)))';
    const odd = ["$(touch made)", "`touch made`", "; touch made", "two words", "--flag", ""];
    await deliver([process.execPath, "-e", write, file, ...odd]).delivering;
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(odd);
    expect(existsSync("made")).toBe(false);
  });
});

describe("an event of a megabyte", () => {
  const big = makeEvent(1, { data: { text: "x".repeat(1_000_000) } });

  test("arrives whole", async () => {
    const file = join(temporaryFolder(), "size");
    await deliver(shell(`wc -c > ${file}`), {}, big).delivering;
    expect(Number(readFileSync(file, "utf8"))).toBe(JSON.stringify(big).length);
  });

  test.each([
    ["succeeds", "exit 0", undefined],
    ["fails", "exit 1", "retry"],
    ["closes its input first and succeeds", "exec 0<&-; exit 0", undefined],
  ])("may be ignored by a hook that %s", async (_name, script, verdict) => {
    const { delivering } = deliver(shell(script), {}, big);
    if (verdict === undefined) await expect(delivering).resolves.toBeUndefined();
    else await expect(delivering).rejects.toMatchObject({ verdict });
  });
});

describe("a hook whose time is up", () => {
  const pids: number[] = [];
  afterEach(() => {
    for (const pid of pids.splice(0)) if (isRunning(pid)) process.kill(pid, "SIGKILL");
  });

  /** Starts a hook that writes the pids of its processes to a file, and waits until it has. */
  async function running(script: string, count: number, given: Partial<CommandSinkOptions> = {}): Promise<Try> {
    const file = join(temporaryFolder(), "pids");
    const made = deliver(shell(script.replaceAll("$FILE", file)), given);
    pids.push(...(await linesOf(file, count)).map(Number));
    for (const pid of pids) expect(isRunning(pid)).toBe(true);
    return made;
  }

  test("is asked to end, and may clean up", async () => {
    const file = join(temporaryFolder(), "cleaned");
    const { delivering, cut } = await running(
      `trap 'echo yes > ${file}; exit 75' TERM; echo $$ > $FILE; while :; do sleep 0.02; done`,
      1,
    );
    cut();
    await expect(delivering).rejects.toMatchObject({ verdict: "retry" });
    expect(readFileSync(file, "utf8")).toBe("yes\n");
  });

  test("and succeeds after all counts as delivered", async () => {
    const { delivering, cut } = await running("trap 'exit 0' TERM; echo $$ > $FILE; while :; do sleep 0.02; done", 1);
    cut();
    await expect(delivering).resolves.toBeUndefined();
  });

  test("and does not care is killed, with its children and what holds its output open", async () => {
    const { delivering, cut } = await running(
      "trap '' TERM; echo $$ > $FILE; sleep 60 & echo $! >> $FILE; (trap '' TERM; sleep 60 & echo $! >> $FILE; wait) & wait",
      3,
      { killGraceMs: 150 },
    );
    const begin = Date.now();
    cut();
    await expect(delivering).rejects.toMatchObject({ code: "sink_timeout", verdict: "retry" });
    await expect(delivering).rejects.toThrow("cut off The command of sink exec was ended by SIGKILL.");
    expect(Date.now() - begin).toBeGreaterThanOrEqual(140);
    await Promise.all(pids.map(gone));
  });

  test("takes its children along even when it ends at once itself", async () => {
    const { delivering, cut } = await running(
      "(trap '' TERM; echo $$ > /dev/null; sleep 60 & echo $! >> $FILE; wait) & echo $$ >> $FILE; sleep 60",
      2,
    );
    cut();
    await expect(delivering).rejects.toMatchObject({ verdict: "retry" });
    await Promise.all(pids.map(gone));
  });

  test("because the process is stopping gets a second, whatever its grace", async () => {
    const { delivering, cut } = await running("trap '' TERM; echo $$ > $FILE; while :; do sleep 0.05; done", 1, {
      killGraceMs: 5_000,
    });
    const begin = Date.now();
    cut("sink_stopped");
    await expect(delivering).rejects.toThrow("SIGKILL");
    expect(Date.now() - begin).toBeLessThan(3_000);
  });

  test("before it began is not started at all", async () => {
    const file = join(temporaryFolder(), "started");
    const sink = commandSink({ command: shell(`touch ${file}`), environment: { PATH: path }, instanceId: "j" });
    const signal = AbortSignal.abort(new SinkError("cut off", { verdict: "retry", code: "sink_timeout" }));
    const attempt: Attempt = { number: 1, seq: 1, epoch: 1, lane: "directory:d1", replay: false, signal };
    await expect(sink.deliver(event, attempt)).rejects.toMatchObject({ code: "sink_timeout" });
    expect(existsSync(file)).toBe(false);
  });
});

describe("what a hook leaves running", () => {
  test("does not hold up an event that is delivered, even when it keeps the output open", async () => {
    const file = join(temporaryFolder(), "pid");
    await deliver(shell(`sleep 60 & echo $! > ${file}`)).delivering;
    const pid = Number(readFileSync(file, "utf8"));
    expect(isRunning(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
  });

  test("is ended when the hook failed, so that it does not overlap with the next try", async () => {
    const file = join(temporaryFolder(), "pid");
    await expect(deliver(shell(`sleep 60 & echo $! > ${file}; exit 75`)).delivering).rejects.toThrow("75");
    await gone(Number(readFileSync(file, "utf8")));
  });
});
