import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadHandlers } from "./handler-module.ts";

const take = `"*": () => undefined`;

test.each([
  ["a default export", "handlers.ts", `export default { ${take} };`],
  ["an export named handlers", "handlers.ts", `export const handlers = { ${take} };`],
  [
    "a default export beside an export named handlers",
    "handlers.ts",
    `export const handlers = 1; export default { ${take} };`,
  ],
  ["module.exports", "handlers.cjs", `module.exports = { ${take} };`],
  ["module.exports.handlers", "handlers.cjs", `module.exports.handlers = { ${take} };`],
  [
    "CommonJS compiled from a default export",
    "handlers.cjs",
    `Object.defineProperty(exports, "__esModule", { value: true }); exports.default = { ${take} };`,
  ],
])("handlers are taken from %s", async (_name, file, source) => {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-handlers-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, file), source, { mode: 0o644 });
  expect(Object.keys(await loadHandlers(join(folder, file), folder))).toEqual(["*"]);
});
