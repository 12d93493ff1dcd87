/** What runs many commands in one process must notice what one leaves to the next, and be like a process of its own otherwise. */
import { describe, expect } from "vitest";
import { onceToStdout } from "./catching-up.ts";
import type { Exit } from "./cli-process.ts";
import { test } from "./rig.ts";

test.concurrent("a command that leaves something behind fails the test, which names all of it", async ({ rig }) => {
  const left = [
    ["setInterval(() => {}, 60_000);", "Timeout"],
    ['process.on("SIGUSR2", () => {});', "a listener of process to SIGUSR2"],
    ['process.chdir("/");', "working folder /"],
    ["process.exitCode = 9;", "exit code 9"],
    ['process.env.LEFT = "1";', '"LEFT":"1"'],
  ] as const;
  rig.write("dirsync.config.ts", `${left.map(([statement]) => statement).join("\n")}\nexport default {};`);
  const { message } = await rig.run(["config"]).then(
    () => new Error("nothing"),
    (error: unknown) => error as Error,
  );
  expect(message).toContain("left behind: ");
  for (const [, what] of left) expect(message).toContain(what);
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
