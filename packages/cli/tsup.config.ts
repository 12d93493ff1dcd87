import { rmSync } from "node:fs";
import { defineConfig, type Options } from "tsup";
import { declaredEntries } from "../../scripts/build/declared-entries.mjs";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** What an app may import. */
const library = { index: "src/index.ts" };

const shared: Options = { format: ["esm"], target: "node20" };

const program: Options = {
  ...shared,
  splitting: true,
  minifySyntax: true,
  // Every run parses the command line, and one file is read faster than commander's seven (see THIRD_PARTY.md).
  noExternal: ["commander"],
  // Commander is CommonJS and asks for Node's own modules with `require`, which ES modules do not have.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
};

/** The tail is built on its own: what it shares with fifty others would be cut along the borders of each. */
const tailApart: Plugin = {
  name: "tail-apart",
  setup: (build) => {
    build.onResolve({ filter: /\/run-tail\.ts$/ }, ({ kind }) =>
      kind === "entry-point" ? undefined : { path: "./run-tail.js", external: true },
    );
  },
};

/** Nothing of the other commands is in it. Their code is dropped as unused, but its `import()`s would still be borders. */
const tailAlone: Plugin = {
  name: "tail-alone",
  setup: (build) => {
    build.onResolve({ filter: /\/actions\// }, ({ kind, path }) =>
      kind === "dynamic-import" && !path.endsWith("/tail.ts")
        ? { path, external: true, sideEffects: false }
        : undefined,
    );
  },
};

export default defineConfig(() => {
  // Here and not by `clean`: the builds run at once, and one would remove what another has written.
  rmSync(new URL("dist", import.meta.url), { recursive: true, force: true });
  return [
    {
      ...program,
      // One chunk for each command: `--help` must not pay for what only `tail` or `serve` needs.
      entry: {
        bin: "src/bin.ts",
        // Has a name for the tests that run many commands in one process (test/support/warm-cli-process.mjs).
        run: "src/run.ts",
        "torture-child": "src/torture-child.ts",
        "handler-host": "src/handler-host.ts",
      },
      esbuildPlugins: [tailApart],
    },
    { ...program, entry: { "run-tail": "src/run-tail.ts" }, esbuildPlugins: [tailAlone] },
    // Types are checked once, by the gate `types`, and not again with each declaration that is written.
    { ...shared, entry: library, dts: { entry: declaredEntries(library), compilerOptions: { noCheck: true } } },
  ];
});
