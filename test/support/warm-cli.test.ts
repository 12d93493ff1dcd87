/** What runs many commands in one process must notice what one leaves to the next, and be like a process of its own otherwise. */
import { describe, expect } from "vitest";
import { onceToStdout } from "./catching-up.ts";
import type { Exit } from "./cli-process.ts";
import { test } from "./rig.ts";

describe.concurrent("a command that leaves something behind fails the test", () => {
  test.for([
    ["what keeps a process alive", "setInterval(() => {}, 60_000);", /left behind: Timeout/],
    ["a listener", 'process.on("SIGUSR2", () => {});', /left behind: .*a listener of process to SIGUSR2/],
    ["another folder", 'process.chdir("/");', /left behind: working folder \//],
    ["a variable", 'process.env.LEFT = "1";', /left behind: environment .*"LEFT":"1"/],
    ["an exit code", "process.exitCode = 9;", /left behind: exit code 9/],
  ] as const)("%s", async ([, statement, message], { rig }) => {
    rig.write("dirsync.config.ts", `${statement}\nexport default {};`);
    await expect(rig.run(["config"])).rejects.toThrow(message);
  });
});

test.concurrent("a command that ends its process ends with its own code, and the next one runs in another", async ({
  rig,
}) => {
  rig.write("dirsync.config.ts", "process.stderr.write('enough'); process.exit(7);");
  expect(await rig.run(["config"])).toMatchObject({ code: 7, signal: null, stderr: "enough" });
  expect(await rig.run([...onceToStdout, "--no-config"])).toMatchObject({ code: 0 });
});

describe.concurrent("a command writes and ends as in a process of its own", () => {
  test.for([
    ["how it is used", ["", "tial", "config --json"]],
    ["what the service says", ["users list", "users get none --json", "export", "webhooks list"]],
    [
      "what it does not ask the service",
      ["state users", "why nobody", "tail --once", "import none.csv --directory none"],
    ],
  ] as const)("%s", async ([, commands], { rig }) => {
    expect((await rig.run(onceToStdout)).code).toBe(0);
    for (const command of commands) {
      const args = command.split(" ").filter((word) => word !== "");
      const alone = await rig.start(args).exit;
      expect(told(command, await rig.run(args))).toEqual(told(command, alone));
    }
  });
});

/** What it says, but for when. */
function told(command: string, { code, signal, stdout, stderr }: Exit): readonly unknown[] {
  return [command, code, signal, ...[stdout, stderr].map((text) => text.replaceAll(/"time":"[^"]+"/g, ""))];
}
