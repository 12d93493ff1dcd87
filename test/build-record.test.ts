/** Who skips a build that was needed runs yesterday's code. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isBuilt, noteBuild } from "../scripts/build/record.mjs";
import { temporaryTree, writeTree } from "./support/tree.ts";

let root: string;

beforeEach(() => {
  root = temporaryTree({
    "tsconfig.base.json": {},
    "pnpm-lock.yaml": "",
    "packages/sdk/package.json": { name: "sdk" },
    "packages/sdk/src/index.ts": "export const answer = 42;\n",
    "packages/sdk/dist/index.js": "const answer = 42;\nexport { answer };\n",
    "packages/sdk/dist/types/index.d.ts": "export declare const answer = 42;\n",
  });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("what was never built is built", () => {
  expect(isBuilt(root, false)).toBe(false);
});

test("what has not changed is not built again, also where something else has", () => {
  noteBuild(root, true);
  writeTree(root, { "packages/sdk/node_modules/zod/index.js": "", "docs/README.md": "" });
  expect([isBuilt(root, true), isBuilt(root, false)]).toEqual([true, true]);
});

test("declarations are built where the last build left them out", () => {
  noteBuild(root, false);
  expect([isBuilt(root, true), isBuilt(root, false)]).toEqual([false, true]);
});

test.each([
  ["a source", "packages/sdk/src/index.ts"],
  ["a new source", "packages/sdk/src/more/new.ts"],
  ["a manifest", "packages/sdk/package.json"],
  ["a new package", "packages/server/package.json"],
  ["a version of somebody else's package", "pnpm-lock.yaml"],
  ["the compiler's options", "tsconfig.base.json"],
  ["a file that the build wrote", "packages/sdk/dist/types/index.d.ts"],
  ["a file beside those that the build wrote", "packages/sdk/dist/left-over.js"],
])("%s that changes has everything built again", (_what, file) => {
  noteBuild(root, true);
  writeTree(root, { [file]: "changed\n" });
  expect(isBuilt(root, true)).toBe(false);
});

test.each(["packages/sdk/src/index.ts", "packages/sdk/dist/index.js", "packages/sdk/dist"])(
  "%s that is gone has everything built again",
  (path) => {
    noteBuild(root, true);
    rmSync(join(root, path), { recursive: true });
    expect(isBuilt(root, true)).toBe(false);
  },
);
