import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { moduleFiles } from "./module-files.ts";

function filesOf(content: Readonly<Record<string, string>>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(content)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return moduleFiles(join(folder, "handlers.ts")).map((file) => relative(folder, file));
}

test.each<[string, string, readonly string[]]>([
  ["nothing", "export default {};", []],
  ["a file", 'import { a } from "./a.ts";', ["a.ts"]],
  ["a file without its ending", 'import { a } from "./a";', ["a.ts"]],
  ["the file that comes out of TypeScript", 'import { a } from "./a.js";', ["a.ts"]],
  ["a folder", 'import { b } from "./lib";', ["lib/index.ts", "a.ts"]],
  ["for its effect", 'import "./a.ts";', ["a.ts"]],
  ["only types", 'import type { A } from "./a.ts";', ["a.ts"]],
  ["and exports", 'export * from "./a.ts";', ["a.ts"]],
  ["later", 'const a = await import( "./a.ts" );', ["a.ts"]],
  ["by require", "const a = require('./c.cjs');", ["c.cjs"]],
  ["over several lines", 'import {\n  a,\n} from\n  "./a.ts";', ["a.ts"]],
  ["in a circle", 'import "./round.ts";', ["round.ts"]],
  ["what is not there", 'import "./none.ts";', []],
  ["packages", 'import { z } from "zod"; import { readFileSync } from "node:fs";', []],
])("a module imports %s", (_name, handlers, imported) => {
  const others = {
    "a.ts": "export const a = 1;",
    "c.cjs": "module.exports = 1;",
    "lib/index.ts": 'export * from "../a.ts";',
    "round.ts": 'import "./handlers.ts";',
  };
  expect(filesOf({ "handlers.ts": handlers, ...others })).toEqual(["handlers.ts", ...imported]);
});

test("a module that is not there is itself, so that its coming is noticed", () => {
  expect(filesOf({})).toEqual(["handlers.ts"]);
});
