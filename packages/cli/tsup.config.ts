import { defineConfig } from "tsup";

export default defineConfig({
  entry: { bin: "src/bin.ts" },
  format: ["esm"],
  // One chunk for each command: `--help` must not pay for what only `tail` or `serve` needs.
  splitting: true,
  clean: true,
  target: "node20",
  treeshake: true,
});
