import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { nodeHeaders } from "../scripts/node-headers.mjs";
import { temporaryTree } from "./support/tree.ts";

const header = "#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 19\n#define NODE_PATCH_VERSION 3\n";

function install(content: string | null): string {
  const files = content === null ? {} : { "include/node/node_version.h": content };
  const root = temporaryTree({ "bin/node": "", ...files });
  onTestFinished(() => rmSync(root, { recursive: true }));
  return root;
}

test("setting up compiles with the headers beside Node, so that it needs no download from nodejs.org", () => {
  const root = install(header);
  expect(nodeHeaders({ execPath: join(root, "bin/node"), version: "v20.19.3" })).toBe(root);
});

test.each([
  ["of another version", header, "v20.19.4"],
  ["that cannot be read as such", "nothing", "v20.19.3"],
  ["that are not there", null, "v20.19.3"],
])("headers %s are left alone, because a module made with them would crash", (_which, content, version) => {
  expect(nodeHeaders({ execPath: join(install(content), "bin/node"), version })).toBeNull();
});
