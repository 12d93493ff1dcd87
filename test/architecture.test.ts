import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { violations } from "../scripts/architecture/violations.mjs";
import { temporaryTree, type Tree } from "./support/tree.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A small workspace that obeys every wall: the control without which a red fixture proves nothing. */
const sound: Readonly<Record<string, string>> = {
  "packages/sdk/package.json": '{ "exports": { ".": "./src/index.ts", "./webhooks": "./src/webhooks/index.ts" } }',
  "packages/sdk/src/index.ts": 'export { DirsyncError } from "./errors.ts";\nexport { client } from "./client.ts";\n',
  "packages/sdk/src/client.ts": 'import { list } from "./resources/users.ts";\nexport const client = { list };\n',
  "packages/sdk/src/errors.ts": "export class DirsyncError extends Error {}\n",
  "packages/sdk/src/runtime.ts": "export const systemRuntime = {};\n",
  "packages/sdk/src/contract/list.ts": "export const list = [];\n",
  "packages/sdk/src/schemas/list.ts":
    'import { z } from "zod";\nimport "../contract/list.ts";\nexport const list = z;\n',
  "packages/sdk/src/http/undici-transport.ts":
    'import { request } from "undici";\nimport "../errors.ts";\nexport { request };\n',
  "packages/sdk/src/http/retry.ts": 'import retry from "p-retry";\nimport "../runtime.ts";\nexport { retry };\n',
  "packages/sdk/src/resources/users.ts":
    'import { list } from "../contract/list.ts";\nimport "../http/retry.ts";\nexport { list };\n',
  "packages/sdk/src/webhooks/index.ts": 'import "../contract/list.ts";\nimport "../errors.ts";\n',
  "packages/consumer/src/journal/sqlite.ts":
    'import Database from "better-sqlite3";\nimport "@dirsync/sdk";\nexport { Database };\n',
  "packages/server/src/store/sqlite.ts":
    'import Database from "better-sqlite3";\nimport "@dirsync/consumer";\nexport { Database };\n',
  "packages/server/src/api/events.ts":
    'import "@dirsync/sdk/webhooks";\nimport { Hono } from "hono";\nexport { Hono };\n',
  "packages/idp/src/client.ts": 'import { DirsyncError } from "@dirsync/sdk";\nexport { DirsyncError };\n',
  "packages/cli/src/bin.ts": 'import { run } from "./run.ts";\nrun();\n',
  "packages/cli/src/run.ts":
    'import type { Journal } from "@dirsync/consumer";\nexport const run = () => import("@dirsync/server");\nexport type J = Journal;\n',
  "test/e2e/journey.test.ts": 'import "@dirsync/cli";\nimport "../support/tree.ts";\n',
};

test("every import in the workspace goes in an allowed direction", () => {
  expect(violations(root)).toEqual([]);
});

test("a workspace that obeys every wall has no violation", () => {
  expect(violationsIn(sound)).toEqual([]);
});

describe("a planted violation is found, and is the only one", () => {
  test.each([
    [
      "sdk imports a package of ours",
      "packages/sdk/src/client.ts",
      'import "@dirsync/consumer";',
      "sdk may import nothing of ours, not consumer",
    ],
    [
      "consumer imports server",
      "packages/consumer/src/ingest.ts",
      'import "@dirsync/server";',
      "consumer may import sdk, not server",
    ],
    [
      "a type is imported against the direction",
      "packages/consumer/src/ingest.ts",
      'import type { S } from "@dirsync/server";',
      "not server",
    ],
    [
      "an import() goes against the direction",
      "packages/consumer/src/ingest.ts",
      'await import("@dirsync/server");',
      "not server",
    ],
    [
      "server imports idp",
      "packages/server/src/server.ts",
      'import "@dirsync/idp";',
      "server may import sdk, consumer, not idp",
    ],
    ["server imports cli", "packages/server/src/server.ts", 'import "@dirsync/cli";', "not cli"],
    [
      "idp imports consumer",
      "packages/idp/src/client.ts",
      'import "@dirsync/consumer";',
      "idp may import sdk, not consumer",
    ],
    [
      "idp uses the sdk's client",
      "packages/idp/src/client.ts",
      'import { client } from "@dirsync/sdk";',
      "errors.ts and runtime.ts of sdk export, not client",
    ],
    [
      "idp takes the whole sdk",
      "packages/idp/src/client.ts",
      'import * as sdk from "@dirsync/sdk";',
      "not the whole package",
    ],
    ["a package nobody placed", "packages/extra/src/index.ts", 'import "@dirsync/sdk";', "package extra has no line"],

    [
      "contract imports errors",
      "packages/sdk/src/contract/list.ts",
      'import "../errors.ts";',
      "sdk contract may import nothing of ours, not errors.ts",
    ],
    [
      "errors imports runtime",
      "packages/sdk/src/errors.ts",
      'import "./runtime.ts";',
      "sdk errors.ts may import nothing of ours",
    ],
    [
      "runtime imports errors",
      "packages/sdk/src/runtime.ts",
      'import "./errors.ts";',
      "sdk runtime.ts may import nothing of ours",
    ],
    [
      "http imports contract",
      "packages/sdk/src/http/retry.ts",
      'import "../contract/list.ts";',
      "sdk http may import errors.ts, runtime.ts, not contract",
    ],
    [
      "webhooks imports http",
      "packages/sdk/src/webhooks/index.ts",
      'import "../http/retry.ts";',
      "sdk webhooks may import contract, errors.ts, runtime.ts, not http",
    ],
    ["a zone nobody placed", "packages/sdk/src/extra/a.ts", 'import "../errors.ts";', "sdk/src/extra has no line"],

    [
      "undici outside the transport",
      "packages/sdk/src/http/retry.ts",
      'import "undici";',
      "in sdk only http/undici-transport.ts, http/undici-agent.d.ts may import undici",
    ],
    [
      "p-retry outside retry",
      "packages/sdk/src/http/undici-transport.ts",
      'import "p-retry";',
      "in sdk only http/retry.ts may import p-retry",
    ],
    [
      "better-sqlite3 outside the journal",
      "packages/consumer/src/mirror.ts",
      'import "better-sqlite3";',
      "in consumer only journal/sqlite.ts may import better-sqlite3",
    ],
    [
      "its types outside the journal",
      "packages/consumer/src/mirror.ts",
      'import type { Database } from "better-sqlite3";',
      "only journal/sqlite.ts",
    ],
    [
      "better-sqlite3 outside the store",
      "packages/server/src/api/events.ts",
      'import "better-sqlite3";',
      "in server only store/sqlite.ts, store/backup.ts may import better-sqlite3",
    ],
    [
      "a deep path of a dependency",
      "packages/server/src/store/sqlite.ts",
      'import "hono/cors";',
      "in server only http/, api/, scim/, portal/ may import hono",
    ],
    ["a dependency nobody placed", "packages/cli/src/run.ts", 'import "left-pad";', "left-pad has no importer"],

    [
      "a path into another package",
      "packages/server/src/server.ts",
      'import "../../sdk/src/errors.ts";',
      "a path may not leave its package",
    ],
    [
      "a test reaches inside a package",
      "test/e2e/journey.test.ts",
      'import "../../packages/sdk/src/errors.ts";',
      "a path may not leave its package",
    ],
    [
      "a test uses a subpath that is not public",
      "test/e2e/journey.test.ts",
      'import "@dirsync/sdk/src/errors.ts";',
      "does not export ./src/errors.ts",
    ],
    [
      "a package's own test goes against the direction",
      "packages/consumer/src/ingest.test.ts",
      'import "@dirsync/server";',
      "not server",
    ],

    [
      "the command line loads the server at start",
      "packages/cli/src/run.ts",
      'import { createServer } from "@dirsync/server";',
      "load it with import()",
    ],
  ])("%s", (_name, file, line, message) => {
    const found = violationsIn({ ...sound, [file]: `${line}\n${sound[file] ?? ""}` });
    expect(found).toEqual([expect.stringContaining(message)]);
    expect(found[0]).toContain(`${file}:1 `);
  });

  test("a manifest that depends on a package its files may not import", () => {
    const manifest = { devDependencies: { "@dirsync/server": "workspace:*" } };
    expect(violationsIn({ ...sound, "packages/consumer/package.json": manifest })).toEqual([
      "packages/consumer/package.json depends on @dirsync/server: consumer may not import it",
    ]);
  });

  test("two files that import each other", () => {
    const cycle = {
      "packages/consumer/src/lanes.ts": 'import "./tracker.ts";\n',
      "packages/consumer/src/tracker.ts": 'import type { Lane } from "./lanes.ts";\nexport type L = Lane;\n',
    };
    expect(violationsIn({ ...sound, ...cycle })).toEqual([
      "cycle: packages/consumer/src/lanes.ts -> packages/consumer/src/tracker.ts -> packages/consumer/src/lanes.ts",
    ]);
  });

  test("a cycle over three files and a re-export", () => {
    const cycle = {
      "packages/server/src/store/a.ts": 'export { b } from "./b.ts";\n',
      "packages/server/src/store/b.ts": 'import { c } from "../c.ts";\nexport const b = c;\n',
      "packages/server/src/c.ts": 'export const c = () => import("./store/a.ts");\n',
    };
    const found = violationsIn({ ...sound, ...cycle });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^cycle: (?:\S+\.ts -> ){3}\S+\.ts$/);
  });
});

function violationsIn(tree: Tree): readonly string[] {
  const folder = temporaryTree(tree);
  try {
    return violations(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
