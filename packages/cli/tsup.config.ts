import { rmSync } from "node:fs";
import { defineConfig, type Options } from "tsup";
import { declaredEntries } from "../../scripts/build/declared-entries.mjs";

/** What an app may import. */
const library = { index: "src/index.ts" };

const shared: Options = { format: ["esm"], target: "node20" };

export default defineConfig(() => {
  // Here and not by `clean`: the two builds run at once, and one would remove what the other has written.
  rmSync(new URL("dist", import.meta.url), { recursive: true, force: true });
  return [
    {
      ...shared,
      entry: { bin: "src/bin.ts", "torture-child": "src/torture-child.ts", "handler-host": "src/handler-host.ts" },
      // One chunk for each command: `--help` must not pay for what only `tail` or `serve` needs.
      splitting: true,
      minifySyntax: true,
      // Every run parses the command line, and one file is read faster than commander's seven (see THIRD_PARTY.md).
      noExternal: ["commander"],
      // Commander is CommonJS and asks for Node's own modules with `require`, which ES modules do not have.
      banner: {
        js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
      },
    },
    // Types are checked once, by the gate `types`, and not again with each declaration that is written.
    { ...shared, entry: library, dts: { entry: declaredEntries(library), compilerOptions: { noCheck: true } } },
  ];
});
