/** `dirsync demo`, ended by somebody who has seen enough. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CliProcess } from "../support/cli-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const home = temporaryFolder(afterAll);

test.concurrent.each([
  ["while people join", /joins as/],
  ["while it waits for the app", /is taken out of the team|becomes/],
  ["after the consumer was killed", /kill -9/],
])("Ctrl-C %s ends it with a sentence, without its processes and files, and is no bug", async (when, moment) => {
  const folder = join(home, when.replaceAll(" ", "-"));
  mkdirSync(folder);
  const demo = new CliProcess(["demo"], { environment: { TMPDIR: folder, HOME: folder } });
  await demo.output("stdout", moment);
  demo.signal("SIGINT");
  const { code, stderr } = await demo.exit;
  expect(stderr).toMatch(/^dirsync: The demo was cut short; .*\n$/);
  expect(code).toBe(75);
  expect(readdirSync(folder).filter((name) => name.startsWith("dirsync-demo"))).toEqual([]);
  const pids = [...demo.stdout.matchAll(/\(pid (\d+)\)/gu)].map(([, pid]) => Number(pid));
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
