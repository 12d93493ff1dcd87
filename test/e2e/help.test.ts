/** What `--help` says, word for word: people and their agents learn the command from it. */
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli-process.ts";

const resources = ["directories", "users", "groups", "events"];
const commands: readonly string[] = [
  "",
  "demo",
  "serve",
  "tail",
  "status",
  "dead-letters",
  ...["list", "show", "retry", "discard"].map((act) => `dead-letters ${act}`),
  ...resources.flatMap((resource) => [resource, `${resource} list`, `${resource} get`]),
];

describe("help", () => {
  test.each(commands)("dirsync %s --help has an example and is as it was", async (command) => {
    const words = command.split(" ").filter((word) => word !== "");
    const exit = await runCli([...words, "--help"]);
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(exit.stdout).toMatch(/Examples:\n {2}# .+\n {2}\$ .*dirsync|curl/);
    await expect(exit.stdout).toMatchFileSnapshot(`help/${["dirsync", ...words].join("-")}.txt`);
  });

  test("names every command there is, so that none is without a snapshot", async () => {
    const listed = async (words: readonly string[]): Promise<readonly string[]> => {
      const { stdout } = await runCli([...words, "--help"]);
      const [, section = ""] = stdout.split("\nCommands:\n");
      const names = [...(section.split("\n\n")[0] ?? "").matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name ?? "");
      return names.filter((name) => name !== "help");
    };
    const top = await listed([]);
    const below = await Promise.all(top.map(async (name) => (await listed([name])).map((child) => `${name} ${child}`)));
    expect(["", ...top, ...below.flat()].sort()).toEqual([...commands].sort());
  });

  test("--version is one line", async () => {
    const exit = await runCli(["--version"]);
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(exit.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
