import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

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

test("@dirsync/sdk/webhooks loads no dependency, so that it starts fast and runs where undici cannot", () => {
  const foreign = [...loadedBy(new URL("index.ts", import.meta.url))].filter((name) => !name.startsWith("file:"));
  expect(foreign).toEqual(["node:crypto"]);
});

test("(control) the walk above finds the dependencies of the client", () => {
  const loaded = loadedBy(new URL("../index.ts", import.meta.url));
  expect([...loaded]).toEqual(expect.arrayContaining(["p-retry"]));
  // Loaded at the first request only.
  expect([...loaded]).not.toContain("undici");
});
