import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { openJournal } from "@dirsync/consumer";
import { type Runtime, silentLogger } from "@dirsync/sdk";
import { expect, onTestFinished, test } from "vitest";
import { Progress } from "../ui/progress.ts";
import { watchWhileHeld } from "./watch-held.ts";

/** A state file in which a scan was asked for, and time that passes as it is slept through. */
async function rig() {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-watch-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "tail.db");
  const holder = await openJournal({ path, role: "holder" });
  const id = await holder.scans.requestScan({ cause: "backfill" }, 0);
  const journal = await openJournal({ path, role: "visitor" });
  onTestFinished(() => journal.close());
  const [warnings, clock] = [[] as string[], { nowMs: 0 }];
  const runtime: Runtime = {
    now: () => clock.nowMs,
    sleep: async (ms, signal) => {
      await nextTurn();
      signal?.throwIfAborted();
      clock.nowMs += ms;
    },
    random: () => 0.5,
    log: { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) },
  };
  const progress = new Progress({ stderr: process.stderr, log: silentLogger, now: runtime.now, json: true });
  return { path, holder, id, journal, warnings, clock, watch: { journal, path, runtime, progress } };
}

test("a scan whose tail has ended for good is watched no longer, and it is said what makes it go on", async () => {
  const { holder, id, warnings, clock, watch } = await rig();
  await holder.close();
  const status = await watchWhileHeld(id, { ...watch, signal: new AbortController().signal });
  expect(status).toMatchObject({ id, state: "requested" });
  expect(warnings).toEqual(["no tail runs any more; the scan goes on when one is started, or when this command is"]);
  expect(clock.nowMs).toBeGreaterThanOrEqual(60_000);
});

test("a tail that is started again within a minute is waited for", async () => {
  const { path, holder, id, warnings, clock, watch } = await rig();
  await holder.close();
  const stop = new AbortController();
  const watching = watchWhileHeld(id, { ...watch, signal: stop.signal });
  while (clock.nowMs < 30_000) await nextTurn();
  const next = await openJournal({ path, role: "holder" });
  while (clock.nowMs < 300_000) await nextTurn();
  stop.abort();
  await expect(watching).resolves.toMatchObject({ id, state: "requested" });
  expect(warnings).toEqual([]);
  await next.close();
});
