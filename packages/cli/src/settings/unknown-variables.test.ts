import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { unknownVariables } from "./unknown-variables.ts";

const source = fileURLToPath(new URL("..", import.meta.url));

function unknown(...names: readonly string[]) {
  return unknownVariables(Object.fromEntries(names.map((name) => [name, "x"])));
}

test("a variable that is misspelt is found, with the one that was meant", () => {
  expect(unknown("DIRSYNC_GAURD", "DIRSYNC_SOMETHING_ELSE", "HOME")).toEqual([
    { name: "DIRSYNC_GAURD", meant: "DIRSYNC_GUARD" },
    { name: "DIRSYNC_SOMETHING_ELSE", meant: null },
  ]);
});

test("none that the command reads, or sets for hooks, is called unknown", () => {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" });
  const code = files
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => readFileSync(join(source, name), "utf8"));
  const named = new Set(code.join("\n").match(/DIRSYNC_[A-Z]+(?:_[A-Z]+)*\b/gu));
  expect(named.size).toBeGreaterThan(10);
  expect(unknown(...named)).toEqual([]);
});

test("what Kubernetes sets for a service of our name is none of ours", () => {
  expect(unknown("DIRSYNC_SERVICE_HOST", "DIRSYNC_PORT", "DIRSYNC_PORT_4400_TCP")).toEqual([]);
});
