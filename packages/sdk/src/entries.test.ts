import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

type Loaded = ReadonlySet<string>;

/** The files that the build for other runtimes puts in the place of others (tsup.config.ts). */
const edge = { "default-transport.ts": "default-transport-edge.ts", "utf8.ts": "utf8-edge.ts" } as const;

/** Every module that loading `file` loads, at once or later: our own as URLs, others by name. Types are erased. */
function loadedBy(file: URL, replaced: Readonly<Record<string, string>> = {}, seen = new Set<string>()): Loaded {
  if (seen.has(file.href)) return seen;
  seen.add(file.href);
  const source = readFileSync(file, "utf8");
  const imports = source.matchAll(/^(?:import|export)\s(?:([^;]*?)from\s)?"([^"]+)";/gms);
  const targets = [...imports].filter(([, names = ""]) => !isTypes(names)).map(([, , target = ""]) => target);
  const lazy = [...source.matchAll(/\bimport\("([^"]+)"\)/g)].map(([, target = ""]) => `lazily ${target}`);
  for (const target of [...targets, ...lazy]) {
    const name = target.slice(target.lastIndexOf("/") + 1);
    if (target.startsWith(".")) loadedBy(new URL(target.replace(name, replaced[name] ?? name), file), replaced, seen);
    else seen.add(target);
  }
  return seen;
}

function isTypes(names: string): boolean {
  const listed = /^\{([^}]*)\}/s.exec(names.trim())?.[1]?.split(",");
  const isEach = listed?.every((name) => name.trim() === "" || name.trim().startsWith("type ")) ?? false;
  return names.startsWith("type ") || isEach;
}

function foreign(loaded: Loaded): readonly string[] {
  return [...loaded].filter((name) => !name.startsWith("file:")).sort();
}

describe("loading the client", () => {
  const index = new URL("index.ts", import.meta.url);

  test("loads neither undici nor zlib, which wait for the first request, nor zod at all", () => {
    const lazily = ["lazily node:zlib", "lazily undici", "lazily undici/lib/dispatcher/agent.js"];
    expect(foreign(loadedBy(index))).toEqual([...lazily, "node:buffer", "p-retry"]);
  });

  test("for other runtimes needs nothing of Node", () => {
    expect(foreign(loadedBy(index, edge))).toEqual(["p-retry"]);
  });

  test("(control) the walk finds the dependencies of the other entries", () => {
    expect(foreign(loadedBy(new URL("schemas/index.ts", import.meta.url)))).toEqual(["zod"]);
    expect(foreign(loadedBy(new URL("opentelemetry.ts", import.meta.url)))).toEqual(["@opentelemetry/api"]);
  });
});

test("who knows nothing of `exports` finds the types of every entry where `require` has them", () => {
  const { exports, types, typesVersions } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  ) as {
    exports: Readonly<Record<string, string | { require: { types: string } }>>;
    types: string;
    typesVersions: Readonly<Record<"*", Readonly<Record<string, readonly string[]>>>>;
  };
  const required = Object.entries(exports).flatMap(([entry, files]) =>
    typeof files === "string" ? [] : [[entry, [files.require.types]] as const],
  );
  const found = Object.entries(typesVersions["*"]).map(([entry, files]) => [`./${entry}`, files] as const);
  expect(Object.fromEntries([[".", [types]], ...found])).toEqual(Object.fromEntries(required));
});
