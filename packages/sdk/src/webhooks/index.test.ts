import { readFileSync } from "node:fs";
import { expect, expectTypeOf, test } from "vitest";
import * as edge from "./edge.ts";
import * as node from "./index.ts";

const options: node.VerifyOptions = { payload: "", header: "", secret: "s" };

/** Every module that loading `file` loads: our own files as URLs, others by name. Types are erased and not counted. */
function loadedBy(file: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(file.href)) return seen;
  seen.add(file.href);
  const source = readFileSync(file, "utf8");
  for (const [, names = "", target = ""] of source.matchAll(/^(?:import|export) ([^;]*?)from "([^"]+)";/gms)) {
    if (names.startsWith("type ")) continue;
    if (target.startsWith(".")) loadedBy(new URL(target, file), seen);
    else seen.add(target);
  }
  return seen;
}

test.each([
  ["index.ts", ["node:crypto", "node:events"]],
  ["edge.ts", []],
])("webhooks/%s loads no dependency, so that it starts fast and runs where undici cannot", (file, builtins) => {
  const foreign = [...loadedBy(new URL(file, import.meta.url))].filter((name) => !name.startsWith("file:"));
  expect(foreign.sort()).toEqual(builtins);
});

test("the build for edge runtimes has every name of the one for Node, and no other", () => {
  expect(Object.keys(edge).sort()).toEqual(Object.keys(node).sort());
  expectTypeOf<typeof edge>().toEqualTypeOf<typeof node>();
});

test.each([
  ["verify", () => edge.verify(options)],
  ["verifySignature", () => edge.verifySignature(options)],
  ["sign", () => edge.sign({ payload: "", secret: "s", timestampMs: 1 })],
])("on edge runtimes %s throws and says what to use; it never gives a promise that looks like a yes", (_name, act) => {
  expect(act).toThrow(node.ConfigError);
  expect(act).toThrow(/Use await/);
});

test("(control) the walk above finds the dependencies of the client", () => {
  const loaded = loadedBy(new URL("../index.ts", import.meta.url));
  expect([...loaded]).toEqual(expect.arrayContaining(["p-retry"]));
  // Loaded at the first request only.
  expect([...loaded]).not.toContain("undici");
});
