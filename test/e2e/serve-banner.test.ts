/** What `dirsync serve` tells a person to do next, done by the letter. */
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CliProcess } from "../support/cli-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runWarmCli } from "../support/warm-cli.ts";

const home = temporaryFolder(afterAll);

test("what dirsync serve shows makes the next commands find it, and none of them asks WorkOS", async () => {
  const served = new CliProcess(["serve", "--port", "0", "--data", join(home, "server.db")]);
  await served.output("stdout", /dirsync tail --stdout.*\n/u);
  const lines = served.stdout.split("\n");
  const exported = lines.flatMap((line) => {
    const [, name, value] = /^ {2}export (\w+)=(\S+)$/u.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  expect(exported.map(([name]) => name)).toEqual(["DIRSYNC_BASE_URL", "DIRSYNC_API_KEY"]);
  const environment = { ...Object.fromEntries(exported), HOME: home };
  const commands = lines.flatMap((line) => /^ {2}dirsync ([^#]+?) +#/u.exec(line)?.[1] ?? []);
  expect(commands).toEqual(["directories create Acme --provider okta", "tail --stdout"]);
  const made = await runWarmCli(String(commands[0]).split(" "), { environment });
  expect(made).toMatchObject({ code: 0 });
  const tailed = await runWarmCli([...String(commands[1]).split(" "), "--once"], { environment });
  expect(tailed).toMatchObject({ code: 0 });
  expect(tailed.stdout).toContain('"event":"dsync.activated"');
  served.signal("SIGTERM");
  expect(await served.exit).toMatchObject({ code: 0 });
});

test("dirsync serve never repeats a key that it was given", async () => {
  const environment = { DIRSYNC_API_KEY: "sk_test_banner" };
  const served = new CliProcess(["serve", "--port", "0", "--data", join(home, "given.db")], { environment });
  await served.output("stdout", /dirsync tail --stdout.*\n/u);
  served.signal("SIGTERM");
  const { stdout, stderr } = await served.exit;
  expect(stdout).toContain("the key that was given");
  expect(stdout + stderr).not.toContain("sk_test_banner");
});
