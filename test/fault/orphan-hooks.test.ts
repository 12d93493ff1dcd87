/** Hooks of a real `dirsync tail` that do what they like: leave their group, ignore TERM, write a lot, end in every way. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";
import { patienceMs, readScale } from "./scale.ts";
import { printTable } from "./table.ts";
import { WatchedTail } from "./watched-tail.ts";

const scale = readScale();
const blindfold = new URL("fixtures/blindfold.mjs", import.meta.url).href;
/** 4 in `npm test`, 20 in the whole suite. */
const kills = Math.max(1, Math.round(scale.kills / 25));

// Whoever leaves its group is found through /proc.
describe.runIf(process.platform === "linux").concurrent("a hook that cannot be asked to end", () => {
  test(
    "is ended by the next tail before its event comes again, when the one before was killed",
    { timeout: patienceMs(scale) },
    async ({ rig }) => {
      const tail = new WatchedTail(rig, "stray hook");
      let ended = 0;
      tail.start();
      for (let kill = 0; kill < kills; kill += 1) {
        await killInHook(tail);
        await tail.caughtUp();
        ended += Number(/"orphans":(\d+)/u.exec(tail.process.stderr)?.[1] ?? 0);
      }
      expect(await tail.stop()).toBe(0);
      const { violations, tries, orphanEnds } = await tail.judge();
      printTable("tail killed in a hook", { kills, tries, "processes ended at restart": ended, orphanEnds });
      expect({ violations, orphanEnds }).toEqual({ violations: [], orphanEnds: 0 });
      expect(ended).toBeGreaterThanOrEqual(kills);
      expect(survivors(tail)).toEqual([]);
    },
  );

  test("(control) and that nobody could find is seen to overlap", async ({ rig }) => {
    const tail = new WatchedTail(rig, "unmarked hook");
    tail.start();
    await killInHook(tail);
    const isNoticed = async (): Promise<boolean> =>
      (await tail.judge()).violations.some(({ rule }) => rule === "overlap");
    await until(isNoticed, { what: "the overlap" });
  });

  test("(control) and that a tail does not look for is seen to overlap", async ({ rig }) => {
    const tail = new WatchedTail(rig, "stray hook");
    tail.start();
    await killInHook(tail, { NODE_OPTIONS: `--import=${blindfold}` });
    const isNoticed = async (): Promise<boolean> =>
      (await tail.judge()).violations.some(({ rule }) => rule === "overlap");
    await until(isNoticed, { what: "the overlap" });
  });

  test("is ended with all that it started when the time to drain is up", async ({ rig }) => {
    const tail = new WatchedTail(rig, "stray hook", ["--drain-timeout", "100ms"]);
    await holdInHook(tail);
    expect(survivors(tail)).not.toEqual([]);
    expect(await tail.stop()).toBe(75);
    expect(survivors(tail)).toEqual([]);
    tail.noteKill();
    tail.lift("before");
    await tail.finish();
  });

  test("(control) and that nobody could find is seen to be left", async ({ rig }) => {
    const tail = new WatchedTail(rig, "unmarked hook", ["--drain-timeout", "100ms"]);
    await holdInHook(tail);
    expect(await tail.stop()).toBe(75);
    expect(survivors(tail)).not.toEqual([]);
    tail.lift("before");
    await until(() => survivors(tail).length === 0, { what: "its end" });
  });

  test("and that writes a hundred megabytes does not make the tail any larger", async ({ rig }) => {
    const hook = 'head -c 104857600 /dev/zero; echo "$DIRSYNC_EVENT_ID" >> done';
    const tail = rig.startBy('exec "$0" "$@" 2>/dev/null', [
      "tail",
      "--shell",
      "--exec",
      `[ ! -e loud ] || ${hook}`,
      "--poll",
      "20ms",
    ]);
    const asked = rig.proxy.arrivals.length;
    await until(() => rig.proxy.arrivals.length > asked + 3, { what: "the first events", check: () => tail.mustRun() });
    const before = peakMiB(tail.pid);
    rig.write("loud", "");
    await rig.company.hire(2);
    await until(() => rig.lines("done").length >= 2, { what: "the hooks", check: () => tail.mustRun() });
    expect(peakMiB(tail.pid) - before).toBeLessThan(60);
    tail.signal("SIGTERM");
    expect(await tail.exit).toMatchObject({ code: 0 });
  });
});

test("the exit codes of hooks mean what the help says", async ({ rig }) => {
  await rig.company.hire(2);
  // By the place of the event, the exit code of its first try; the second one is a success.
  const hook = rig.write(
    "hook.sh",
    `#!/bin/sh
echo "$DIRSYNC_EVENT_SEQ" >> tries
[ "$DIRSYNC_EVENT_ATTEMPT" = 1 ] || exit 0
case $DIRSYNC_EVENT_SEQ in
2) exit 65 ;; 3) exit 75 ;; 4) exit 1 ;; 5) exit 255 ;; 6) kill -9 $$ ;; 7) exit 78 ;;
esac
`,
    0o755,
  );
  const exit = await rig.run(["tail", "--once", "--exec", hook]);
  expect(exit.code).toBe(3);
  // 1 is done and 2 given up at once; 3 to 6 are tried again; 7 halts, and 8 is not begun.
  expect(rig.lines("tries")).toEqual(["1", "2", "3", "3", "4", "4", "5", "5", "6", "6", "7"]);
  expect(exit.stderr).toMatch(/gave an event up/u);
  expect(exit.stderr).toMatch(/sink halted/u);
  await expectAfterHalt(rig, hook);
});

/** What halted the sink was no fault of the event: the next start tries it as if for the first time. */
async function expectAfterHalt(rig: Rig, hook: string): Promise<void> {
  const again = await rig.run(["tail", "--once", "--exec", hook]);
  expect(again.code).toBe(3);
  expect(rig.lines("tries").at(-1)).toBe("7");
}

/** Resolves once a hook is held, with all of its processes at work. */
async function holdInHook(tail: WatchedTail): Promise<void> {
  tail.order("before");
  tail.start();
  await tail.begun(1);
  await tail.wait(() => tail.rig.lines("history.jsonl.workers").length > 0, "the hook's worker");
}

/** Kills a tail in the middle of a hook, and starts the next one. What lives on goes on as soon as the event comes again. */
async function killInHook(tail: WatchedTail, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const workers = (): number => tail.rig.lines("history.jsonl.workers").length;
  await tail.caughtUp();
  tail.order("before");
  const before = { begun: tail.begins().length, workers: workers() };
  await tail.rig.company.hire(1);
  await tail.wait(() => workers() > before.workers, "the hook's worker");
  await tail.kill();
  tail.start({ environment });
  await tail.begun(before.begun + 2);
  tail.lift("before");
}

/** Processes that know of the tail's history, by their arguments, and are not the tail. */
function survivors(tail: WatchedTail): readonly number[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.filter((pid) => pid !== tail.process.pid && argumentsOf(pid).includes(tail.history.path));
}

function argumentsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    // It has ended since it was listed.
    return [];
  }
}

/** The most memory that a process has had so far. */
function peakMiB(pid: number): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}
