/** `dirsync completion`: the scripts are loaded by the shells they are for, and asked. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runWarmCli } from "../support/warm-cli.ts";

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dirsync-completion-"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout, stderr } = await runWarmCli(["completion", shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    writeFileSync(join(folder, shell), stdout);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Command lines with the cursor at their end, and some of what is offered there. */
const cases: readonly (readonly [line: string, offered: readonly string[], notOffered: readonly string[]])[] = [
  ["dirsync ", ["tail", "dead-letters", "completion"], ["retry"]],
  ["dirsync ta", ["tail"], ["status"]],
  ["dirsync dead-letters ", ["list", "show", "retry", "discard"], ["tail"]],
  ["dirsync dead-letters retry --al", ["--all"], ["--json"]],
  ["dirsync tail --durability ", ["normal", "full"], ["tail"]],
  ["dirsync tail --poll 5s --on", ["--once", "--on-dead-letter"], ["--json"]],
  ["dirsync completion ", ["bash", "zsh", "fish"], ["tail"]],
];

describe("bash", () => {
  test.each(cases)("%s", (line, offered, notOffered) => {
    expectOffer(inBash(line), { offered, notOffered });
  });

  test("offers every command and flag that the help texts name", async () => {
    for (const path of [
      [],
      ["tail"],
      ["config"],
      ["serve"],
      ["status"],
      ["users", "list"],
      ["dead-letters", "retry"],
    ]) {
      const { stdout } = await runWarmCli([...path, "--help"]);
      const flags = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag);
      expect(flags.length).toBeGreaterThan(0);
      expect(inBash(["dirsync", ...path, ""].join(" "))).toEqual(expect.arrayContaining(flags));
    }
  });

  test("leaves files to bash where a flag takes one", () => {
    expect(inBash("dirsync tail --handlers p")).toEqual([]);
    expect(readScript()).toMatch(/complete -o default -F _dirsync dirsync/);
  });

  test("can be loaded twice without a word", () => {
    const { stdout, stderr, status } = run("bash", ["-c", `set -u; source ${folder}/bash; source ${folder}/bash`]);
    expect({ stdout, stderr, status }).toEqual({ stdout: "", stderr: "", status: 0 });
  });
});

describe.skipIf(!isInstalled("fish"))("fish, where it is installed", () => {
  test.each(cases)("%s", (line, offered, notOffered) => {
    const { stdout, stderr } = run("fish", ["-c", `source ${folder}/fish; complete -C "${line}"`]);
    expect(stderr).toBe("");
    expectOffer(
      stdout.split("\n").map((text) => text.split("\t")[0] ?? ""),
      { offered, notOffered },
    );
  });
});

describe.skipIf(!isInstalled("zsh"))("zsh, where it is installed", () => {
  test("loads the script and defines a function for each command", () => {
    const script = `autoload -Uz compinit; compinit -u -D; eval "$(<${folder}/zsh)"; print -l \${(k)functions[(I)_dirsync*]}`;
    const { stdout, stderr } = run("zsh", ["-f", "-c", script]);
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual(expect.arrayContaining(["_dirsync", "_dirsync_tail", "_dirsync_users_list"]));
  });
});

function inBash(line: string): readonly string[] {
  const script = `source ${folder}/bash
    IFS=' ' read -ra COMP_WORDS <<< "$1"; [[ $1 == *' ' ]] && COMP_WORDS+=("")
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _dirsync; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = run("bash", ["-c", script, "bash", line]);
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

function expectOffer(
  words: readonly string[],
  { offered, notOffered }: { offered: readonly string[]; notOffered: readonly string[] },
): void {
  expect(words).toEqual(expect.arrayContaining([...offered]));
  expect(words.filter((word) => notOffered.includes(word))).toEqual([]);
}

function readScript(): string {
  return run("cat", [join(folder, "bash")]).stdout;
}

function run(program: string, args: readonly string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(program, args, { encoding: "utf8", env: { PATH: process.env["PATH"], HOME: folder } });
}

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ["--version"]).status === 0;
}
