/**
 * A gate that cannot fail guards nothing. Each gate of `npm run check` is shown a workspace with one planted defect and
 * must turn red and name it; the same workspace without the defect must be green. The gates that take seconds show the latter by
 * naming the planted defect and nothing else.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { greetingFile, greetingSource, sdkManifest, smallWorkspace } from "./support/small-workspace.ts";
import type { Tree } from "./support/tree.ts";

const program = fileURLToPath(new URL("../scripts/check.mjs", import.meta.url));

const newPath = "packages/consumer/src/planted.ts";
const esmOnly = { import: sdkManifest.exports["."].import };

/** Several tools start one after the other, on a machine that may be busy with other tests. */
const patience = { timeout: 120_000 };

test("a workspace without a defect passes every gate that is quick", patience, async () => {
  const { code, output } = await check({}, ["unused", "lint", "boundaries", "format"]);
  expect(output).toContain("all 4 gates passed");
  expect(code).toBe(0);
});

describe("a planted defect turns its gate red, which names it and nothing else", () => {
  test.concurrent.each<[name: string, gate: string, changes: Tree, reports: readonly string[]]>([
    ["a type error", "types", newFile("export const wrong: number = 'text';"), [`${newPath}(1,14): error TS2322`]],
    [
      "a public name without a word about it",
      "api-docs",
      { "packages/sdk/src/index.ts": 'export { greeting } from "./greeting.ts";\nexport interface Bare {}\n' },
      ["Bare (Interface), defined in @dirsync/sdk/src/index.ts", "Found 0 errors and 1 warnings"],
    ],
    ["a file formatted by hand", "format", newFile("export   const  x =1"), [newPath, "above 1 files"]],
    [
      "an import in the wrong direction, and a cycle",
      "boundaries",
      inGreeting('import "@dirsync/consumer";\nimport "./index.ts";'),
      [
        "not consumer",
        `imports ./index.ts: ${greetingFile.replace("packages/", "")} has no line in`,
        "cycle: packages/sdk/src/",
      ],
    ],
  ])("%s", patience, async (_name, gate, changes, reports) => {
    const { code, output } = await check(changes, [gate]);
    expect(reportsIn(output)).toEqual(reports.map((report) => expect.stringContaining(report) as unknown));
    expect(output).toContain(`failed: ${gate}`);
    expect(code).toBe(1);
  });

  test("a build that fails", patience, async () => {
    const { code, output } = await check(manifest({ scripts: { build: "node --no-such-flag" } }), ["build"]);
    expect(output).toContain("no-such-flag");
    expect(output).toContain("failed: build");
    expect(code).toBe(1);
  });
});

describe("a planted mistake in what a package publishes turns its gate red, which names the entry", () => {
  let output = "";
  // Each mistake has an entry of its own, so that they take one build and one tarball.
  beforeAll(async () => {
    const entries = {
      "./gone": publishing("./dist/gone.cjs", "./dist/index.d.cts"),
      "./masked": publishing("./dist/index.cjs", "./dist/index.d.ts"),
      "./esm-only": esmOnly,
    };
    const exports = { ...sdkManifest.publishConfig.exports, ...entries };
    ({ output } = await check(manifest({ publishConfig: { exports } }), ["publint", "attw"]));
  }, patience.timeout);

  // What a profile lets pass is told as well, with "(ignored)" in front of it.
  test.each<[name: string, report: RegExp]>([
    [
      "exports that name a missing file",
      /exports\["\.\/gone"\]\.require\.default is \S+gone\.cjs but the file does not exist/,
    ],
    ["CommonJS given the types of ESM", /"@dirsync\/sdk\/masked"\s+node16 \(from CJS\): \S+ Masquerading as ESM/],
    ["a dual package without CommonJS", /"@dirsync\/sdk\/esm-only"\s+node16 \(from CJS\): \S+ Resolution failed/],
  ])("%s", (_name, report) => {
    expect(output).toMatch(report);
    expect(output).toContain("failed: publint, attw");
  });

  test("and nothing else: neither the entry without a mistake nor the package without one", () => {
    expect(output.match(/^ +\d+\. pkg\.exports.*$/gm)).toHaveLength(1);
    expect(output.match(/^ +(?:bundler|node\d+.*): (?!🟢|\(ignored\)).*$/gm)).toHaveLength(2);
    expect(output.match(/^ +All good!$/gm)).toHaveLength(1);
  });
});

test("whatever nothing uses turns its gate red", patience, async () => {
  const { code, output } = await check(
    {
      ...newFile("export const idle = 1;"),
      ...inGreeting('import "vitest";\nexport const idle = 1;'),
      ...manifest({ dependencies: { undici: "^7.30.2" } }),
    },
    ["unused"],
  );
  expect(output).toMatch(/Unused files \(1\)\s+packages\/consumer\/src\/planted\.ts/);
  expect(output).toMatch(/Unused dependencies \(1\)\s+undici/);
  expect(output).toMatch(/Unlisted dependencies \(1\)\s+vitest/);
  expect(output).toMatch(/Unused exports \(1\)\s+idle/);
  expect(output).toContain("failed: unused");
  expect(code).toBe(1);
});

describe("a planted line turns the lint gate red and names the rule", () => {
  /** Rule → a line that breaks it. Each stands in a file of its own; lint looks at all of them once. */
  const lines: readonly (readonly [rule: string, line: string])[] = [
    ["no-floating-promises", "async function save(): Promise<void> {}\nexport function act(): void {\n  save();\n}"],
    ["no-misused-promises", "[1].forEach(async () => {});"],
    ["await-thenable", "await 1;"],
    ["no-explicit-any", "export const loose: any = 1;"],
    ["no-unsafe-assignment", "export const parsed: { id: string } = JSON.parse('{}');"],
    ["no-non-null-assertion", "export const first = [1][0]!;"],
    ["no-namespace", "namespace Old {\n  export const a = 1;\n}"],
    ["no-enum", "enum Colour {\n  Red,\n}"],
    ["no-default-export", "export default 1;"],
    ["no-export-all", 'export * from "./index.ts";'],
    ["strict-boolean-expressions", "export const named = (name: string) => (name ? 1 : 0);"],
    [
      "switch-exhaustiveness-check",
      "export function pick(kind: 'a' | 'b'): void {\n  switch (kind) {\n    case 'a':\n  }\n}",
    ],
    ["only-throw-error", "throw 'text';"],
    [
      "preserve-caught-error",
      "try {\n  act();\n} catch (error) {\n  throw new Error('failed');\n}\nfunction act(): void {}",
    ],
    ["no-console", "console.log('hello');"],
    ["max-params", "export const wide = (a: number, b: number, c: number, d: number) => a + b + c + d;"],
    ["max-lines-per-function", `export function long(): void {\n${"  act();\n".repeat(60)}}\nfunction act(): void {}`],
    ["max-lines", "// One line more.\n".repeat(301)],
    ["no-ambient", "export const key = process.env['KEY'];"],
    ["no-ambient", "export const now = Date.now();"],
    ["no-ambient", "export const now = new Date();"],
    ["no-ambient", "export const jitter = Math.random();"],
    ["no-ambient", "const { env } = process;\nexport { env };"],
    ["no-ambient", 'import { env } from "node:process";\nexport const key = env["KEY"];'],
    ["no-module-state", "let count = 0;\nexport const next = () => (count += 1);"],
    ["documented-export", "export const undocumented = 1;"],
    ["todo-names-issue", "// TODO make it better."],
  ];
  const fileOf = (index: number): string => `packages/consumer/src/planted-${index}.ts`;
  let findings: readonly string[] = [];

  beforeAll(async () => {
    const planted: Tree = Object.fromEntries(lines.map(([, line], index) => [fileOf(index), `${line}\n`]));
    const misnamed = { "packages/consumer/src/utils.ts": "\n", "packages/consumer/src/CamelCase.ts": "\n" };
    const { output } = await check({ ...planted, ...misnamed }, ["lint"]);
    findings = output.split(/\n\s*\n/);
  }, patience.timeout);

  test.each(lines.map(([rule], index) => [rule, index] as const))("%s, line %i", (rule, index) => {
    expect(findings.filter((finding) => finding.includes(`${fileOf(index)}:`)).join("\n")).toContain(`(${rule})`);
  });

  test.each([
    ["file-name", "utils.ts"],
    ["filename-case", "CamelCase.ts"],
  ])("%s: %s", (rule, file) => {
    expect(findings.filter((finding) => finding.includes(file)).join("\n")).toContain(`(${rule})`);
  });
});

test("a gate that does not exist is refused, not skipped", patience, async () => {
  const { code, output } = await check({}, ["lnit"]);
  expect(output).toContain("no such gate: lnit");
  expect(code).toBe(2);
});

/** What a gate has said about the workspace, line by line, without what it says of itself. */
function reportsIn(output: string): readonly string[] {
  const said = output.split("\n").filter((line) => /^ {4}\S/.test(line));
  return said.filter((line) => !/^ +(?:Checking formatting|Finished in)/.test(line));
}

/** Runs the gates over the small workspace as `npm run check` does over ours. */
async function check(changes: Tree, gates: readonly string[]): Promise<{ code: number | null; output: string }> {
  const root = smallWorkspace(changes);
  try {
    const child = spawn(process.execPath, [program, "--root", root, ...gates], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    // CI makes some tools colour their output, NO_COLOR or not, which cuts a file's name off from its line.
    return { code, output: stripVTControlCharacters(output + errors) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A file that nothing imports. */
function newFile(source: string): Tree {
  return { [newPath]: `${source}\n` };
}

/** A line on top of a module that is part of the package. */
function inGreeting(line: string): Tree {
  return { [greetingFile]: `${line}\n\n${greetingSource}` };
}

/** The sdk's manifest with other values. */
function manifest(changes: object): Tree {
  return { "packages/sdk/package.json": { ...sdkManifest, ...changes } };
}

/** An entry of the sdk as published, with other files for CommonJS. */
function publishing(file: string, types: string): object {
  return { ...esmOnly, require: { types, default: file } };
}
