import { defineConfig } from "tsup";

export default defineConfig({
  entry: { bin: "src/bin.ts" },
  format: ["esm"],
  // One chunk for each command: `--help` must not pay for what only `tail` or `serve` needs.
  splitting: true,
  clean: true,
  target: "node20",
  treeshake: true,
  minifySyntax: true,
  // Every run parses the command line, and one file is read faster than commander's seven (see THIRD_PARTY.md).
  noExternal: ["commander"],
  // Commander is CommonJS and asks for Node's own modules with `require`, which ES modules do not have.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});
