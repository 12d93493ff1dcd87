import { spawn } from "node:child_process";
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryTree, type Tree } from "./support/tree.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));
const patience = { timeout: 60_000 };
const head = 'import { beforeAll, describe, expect, test } from "vitest";\n';

const passing = { "a.test.ts": `${head}test("a", () => {});\ntest("b", () => {});` };

test.concurrent.each<[name: string, files: Tree, lastLine: string, code: number]>([
  ["passing tests", passing, "2 passed, 0 failed", 0],
  [
    // One run for all, each of which counts another number.
    "a skipped test, three that fail, nine files that do not load, and an error nobody caught",
    {
      ...passing,
      "skipped.test.ts": `${head}test.skip("c", () => {});`,
      "failing.test.ts": `${head}test.each([1, 2, 3])("%i", (each) => expect(each).toBe(4));`,
      ...Object.fromEntries(
        Array.from({ length: 9 }, (_, index) => [`broken-${index}.test.ts`, 'import "./nothing.ts";']),
      ),
      "late.test.ts": `${head}test("d", () => void Promise.reject(new Error("late")));`,
    },
    "3 passed, 13 failed",
    1,
  ],
  ["no tests at all", { "a.ts": "" }, "0 passed, 1 failed", 1],
])("%s: the run ends with its counts", patience, async (_name, files, lastLine, code) => {
  const folder = temporaryTree({ "package.json": { type: "module" }, ...files });
  try {
    symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
    const reporter = join(repository, "scripts/counts-reporter.mjs");
    const run = await vitest(folder, ["run", "--reporter=default", `--reporter=${reporter}`]);
    expect(run.output.trimEnd().split("\n").at(-1)).toBe(lastLine);
    expect(run.code).toBe(code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function vitest(folder: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const program = join(repository, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [code, output] = await Promise.all([ended, text(child.stdout)]);
  return { code, output };
}
