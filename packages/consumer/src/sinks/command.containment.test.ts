/** What a hook starts must not outlive a failed try: the next one would overlap with it. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildScript } from "../fixtures/children.ts";
import { makeEvent } from "../fixtures/events.ts";
import { gone, isRunning, linesOf, runningWith } from "../fixtures/processes.ts";
import { temporaryFolder } from "../fixtures/state-file.ts";
import { commandSink, type CommandSinkOptions } from "./command.ts";
import { attemptOf, cutOff } from "./conformance.ts";

const environment = { PATH: process.env["PATH"] ?? "" };

/** Delivers one event to a script of the shell, which finds a file for its pids in $1. */
function deliver(script: string, given: Partial<CommandSinkOptions> = {}) {
  const file = join(temporaryFolder(), "pids");
  const instanceId = randomUUID();
  const command = [script, file] as const;
  const sink = commandSink({ command, shell: true, environment, instanceId, killGraceMs: 200, ...given });
  const cut = new AbortController();
  const delivering = sink.deliver(makeEvent(1), attemptOf(1, cut.signal));
  delivering.catch(() => undefined);
  onTestFinished(() => {
    for (const pid of runningWith(`DIRSYNC_JOURNAL=${instanceId}`)) process.kill(pid, "SIGKILL");
  });
  return { delivering, cut: () => cut.abort(cutOff()), file, instanceId };
}

// Whoever leaves the group is found through /proc.
describe.runIf(process.platform === "linux")("nothing of a failed hook is left", () => {
  const escape = 'setsid sh -c \'echo $$ >> "$0"; exec sleep 60\' "$1" &';

  test("when it started a process that left the group, and then failed", async () => {
    const wait = 'while [ ! -s "$1" ]; do sleep 0.01; done';
    const { delivering, file } = deliver(`${escape} ${wait}; exit 75`);
    await expect(delivering).rejects.toThrow("75");
    expect(isRunning(Number(readFileSync(file, "utf8")))).toBe(false);
  });

  test("when it started one twice removed, ignores TERM and ran out of time", async () => {
    const twice = `setsid sh -c "trap '' TERM HUP; setsid sh -c 'echo \\$\\$ >> $1; sleep 60' & sleep 60" &`;
    const { delivering, cut, file, instanceId } = deliver(
      `trap '' TERM; ${twice} ${escape} while :; do sleep 0.02; done`,
    );
    const pids = (await linesOf(file, 2)).map(Number);
    cut();
    await expect(delivering).rejects.toThrow("SIGKILL");
    for (const pid of pids) expect(isRunning(pid)).toBe(false);
    expect(runningWith(`DIRSYNC_JOURNAL=${instanceId}`)).toEqual([]);
  });

  test("when it starts processes as fast as it can", async () => {
    const fork = "while :; do setsid sleep 60 & done";
    const { delivering, cut, instanceId, file } = deliver(`trap '' TERM; echo x > "$1"; (${fork}) & sleep 60`);
    await linesOf(file);
    cut();
    await expect(delivering).rejects.toThrow("SIGKILL");
    expect(runningWith(`DIRSYNC_JOURNAL=${instanceId}`)).toEqual([]);
  });

  test("and those of another try of the same journal are left alone", async () => {
    const instanceId = randomUUID();
    const other = deliver('echo $$ > "$1"; exec sleep 60', { instanceId });
    const [pid = ""] = await linesOf(other.file);
    const failing = deliver("exit 1", { instanceId });
    await expect(failing.delivering).rejects.toThrow("exited with 1");
    expect(isRunning(Number(pid))).toBe(true);
    other.cut();
    await gone(Number(pid));
  });
});

describe("output", () => {
  let script: string;
  beforeAll(async () => {
    script = await buildScript("deliver-to-hook");
  });

  test("of a hundred megabytes passes by: it never enters this process", async () => {
    const hook = "head -c 104857600 /dev/zero; head -c 1048576 /dev/zero >&2";
    const child = spawn(process.execPath, [script, "journal", hook], { stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let bytes = 0;
    child.stderr.on("data", (chunk: Buffer) => (bytes += chunk.length));
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await new Promise((resolve) => child.once("close", resolve));
    expect(bytes).toBe(101 * 1024 * 1024);
    const { result, growthMiB } = JSON.parse(said) as { result: string; growthMiB: number };
    expect(result).toBe("delivered");
    expect(growthMiB).toBeLessThan(30);
  });
});
