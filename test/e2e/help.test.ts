/** What `--help` says, word for word: people and their agents learn the command from it. */
import { describe, expect, test } from "vitest";
import { CliProcess } from "../support/cli-process.ts";
import { runWarmCli } from "../support/warm-cli.ts";

const resources = ["organizations", "directories", "users", "groups", "events"];
const commands: readonly string[] = [
  "",
  "demo",
  "serve",
  "server",
  ...["backup", "restore", "openapi"].map((act) => `server ${act}`),
  "scim",
  "audit",
  ...["log", "show", "replay"].map((act) => `scim ${act}`),
  "tail",
  "backfill",
  "reconcile",
  "approve",
  "status",
  "state",
  "why",
  "dead-letters",
  "doctor",
  "replay",
  "purge",
  "export",
  "diff",
  "types",
  "torture",
  "idp",
  "import",
  "config",
  "completion",
  ...["list", "show", "retry", "discard"].map((act) => `dead-letters ${act}`),
  "webhooks",
  ...["list", "get", "create", "update", "delete", "deliveries", "redeliver", "rotate-secret"].map(
    (act) => `webhooks ${act}`,
  ),
  ...["create", "delete", "link", "scim", "mapping", "tokens"].map((act) => `directories ${act}`),
  ...["list", "create", "rotate", "revoke"].map((act) => `directories tokens ${act}`),
  ...["create", "update", "delete"].map((act) => `organizations ${act}`),
  "users held",
  ...resources.flatMap((resource) => [resource, `${resource} list`, `${resource} get`]),
];

const texts = new Map<string, string>();

describe("help", () => {
  test.each(commands)("dirsync %s --help has an example and is as it was", async (command) => {
    const words = command.split(" ").filter((word) => word !== "");
    const { code, stdout, stderr } = await runWarmCli([...words, "--help"]);
    texts.set(command, stdout);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/Examples:\n {2}# .+\n {2}\$ .*dirsync|curl/);
    // Examples are to be copied, and one line each.
    const prose = stdout.split("\nExamples:\n")[0]?.split("\n") ?? [];
    expect(prose.filter((line) => line.length > 80)).toEqual([]);
    await expect(stdout).toMatchFileSnapshot(`help/${["dirsync", ...words].join("-")}.txt`);
  });

  test("names every command there is, so that none is without a snapshot", () => {
    const listed = [...texts].flatMap(([command, text]) => {
      const names = linesOfCommands(text).map((line) => /[a-z-]+/.exec(line)?.[0] ?? "");
      return names.filter((name) => name !== "help").map((name) => `${command} ${name}`.trim());
    });
    expect(["", ...listed].sort()).toEqual([...commands].sort());
  });

  test("says what each command does in words of one form: in lower case, and without a full stop", () => {
    const summaries = [...texts.values()].flatMap(linesOfCommands).map((line) => line.replace(/^ {2}\S.*? {2,}/, ""));
    expect(summaries.length).toBeGreaterThan(texts.size / 2);
    expect(summaries.filter((summary) => /^[A-Z][a-z]|[.]$|[.] /.test(summary))).toEqual([]);
  });

  test.each(["", "tail", "webhooks", "webhooks create", "directories tokens create"])(
    "dirsync help %s is the same",
    async (command) => {
      const exit = await runWarmCli(["help", ...command.split(" ").filter((word) => word !== "")]);
      expect(exit).toEqual(expect.objectContaining({ code: 0, stdout: texts.get(command), stderr: "" }));
    },
  );

  test.each(["--version", "-V", "-v", "version"])("%s is one line", async (word) => {
    // Of its own: where it is asked for the version, the program loads nothing to run commands with.
    const exit = await new CliProcess([word]).exit;
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(exit.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

/** What a text says of each command it lists, below whatever heading, with the lines in which that goes on. */
function linesOfCommands(text: string): readonly string[] {
  const [usage = "", ...sections] = (text.split("\nExamples:\n")[0] ?? "").split("\n\n");
  if (!usage.endsWith("[command]")) return [];
  return sections.flatMap((section) => section.split(/\n(?= {2}\S)/).filter((entry) => /^ {2}[a-z]/.test(entry)));
}
