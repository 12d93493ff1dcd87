import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type Runtime, systemRuntime } from "@dirsync/sdk";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildScript, startChild } from "../fixtures/children.ts";
import { gone, isRunning, linesOf } from "../fixtures/processes.ts";
import { temporaryFolder } from "../fixtures/state-file.ts";
import { orphanMark, reapOrphans } from "./orphans.ts";

let script: string;
let reaper: string;
beforeAll(async () => {
  [script, reaper] = await Promise.all([buildScript("deliver-to-hook"), buildScript("reap")]);
});

/** Starts a hook under a supervisor, kills the supervisor, and returns the pids of what is left. */
async function leaveOrphans(instanceId: string, hook: string, count: number): Promise<number[]> {
  const file = join(temporaryFolder(), "pids");
  const supervisor = startChild(script, [instanceId, hook.replaceAll("$FILE", file)]);
  const pids = (await linesOf(file, count)).map(Number);
  onTestFinished(() => {
    for (const pid of pids) if (isRunning(pid)) process.kill(pid, "SIGKILL");
  });
  supervisor.process.kill("SIGKILL");
  await supervisor.exited;
  for (const pid of pids) expect(isRunning(pid)).toBe(true);
  return pids;
}

test("a supervisor that ends without waiting for its hooks takes them along, with all they started", async () => {
  const file = join(temporaryFolder(), "pids");
  const hook = `trap '' TERM; echo $$ > ${file}; sleep 60 & echo $! >> ${file}; wait`;
  const supervisor = startChild(script, [randomUUID(), hook]);
  const pids = (await linesOf(file, 2)).map(Number);
  supervisor.process.kill("SIGTERM");
  await expect(supervisor.exited).resolves.toMatchObject({ code: 143 });
  await Promise.all(pids.map(gone));
});

test.runIf(process.platform === "linux")(
  "what an orphan started while it was being ended is ended, too, before anything is delivered again",
  async () => {
    const id = randomUUID();
    const start = (): number => {
      const child = spawn("sleep", ["60"], { env: { ...orphanMark(id) }, stdio: "ignore" });
      onTestFinished(() => void child.kill("SIGKILL"));
      return child.pid ?? 0;
    };
    const pids = [start()];
    let isFirst = true;
    const sleep: Runtime["sleep"] = async (ms, signal) => {
      if (isFirst) pids.push(start());
      isFirst = false;
      await systemRuntime.sleep(ms, signal);
    };
    await expect(reapOrphans(id, { ...systemRuntime, sleep })).resolves.toBe(2);
    expect(pids.map(isRunning)).toEqual([false, false]);
  },
);

// Orphans are found through /proc.
describe.runIf(process.platform === "linux")("a supervisor that was killed leaves hooks behind", () => {
  test("which are ended before anything is delivered again, with all they started", async () => {
    const id = randomUUID();
    const hook = "trap '' TERM; echo $$ > $FILE; sleep 60 & echo $! >> $FILE; wait";
    const pids = await leaveOrphans(id, hook, 2);
    await expect(reapOrphans(id, systemRuntime)).resolves.toBe(2);
    for (const pid of pids) expect(isRunning(pid)).toBe(false);
    await expect(reapOrphans(id, systemRuntime)).resolves.toBe(0);
  });

  test("also those that left their process group", async () => {
    const id = randomUUID();
    const [pid = -1] = await leaveOrphans(id, "setsid sh -c 'echo $$ > $FILE; exec sleep 60'", 1);
    await expect(reapOrphans(id, systemRuntime)).resolves.toBeGreaterThanOrEqual(1);
    await gone(pid);
  });

  test("and those of another journal, or of nobody, are left alone", async () => {
    const others = await leaveOrphans(randomUUID(), "echo $$ > $FILE; exec sleep 60", 1);
    const unrelated = spawn("sleep", ["60"], { stdio: "ignore", env: { ...process.env, NOTE: "DIRSYNC_JOURNAL=" } });
    onTestFinished(() => void unrelated.kill("SIGKILL"));
    await expect(reapOrphans(randomUUID(), systemRuntime)).resolves.toBe(0);
    for (const pid of [...others, unrelated.pid ?? -1]) expect(isRunning(pid)).toBe(true);
  });

  test("and a process that carries the mark itself does not end itself", async () => {
    // The environment of this process as the kernel shows it cannot be changed after its start, so a child looks.
    const id = randomUUID();
    const look = `const { reapOrphans } = require(${JSON.stringify(reaper)});`;
    const child = spawn(
      process.execPath,
      ["-e", `${look} reapOrphans(${JSON.stringify(id)}).then(() => process.exit(7))`],
      {
        stdio: "ignore",
        env: { ...process.env, DIRSYNC_JOURNAL: id },
      },
    );
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(code).toBe(7);
  });
});

test("without orphans nothing is ended", async () => {
  await expect(reapOrphans(randomUUID(), systemRuntime)).resolves.toBe(0);
});
