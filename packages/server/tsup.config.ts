import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", testing: "src/testing/index.ts" },
  format: ["esm"],
  // Types are checked once, by the gate `types`, and not again with each declaration that is written.
  dts: { compilerOptions: { noCheck: true } },
  clean: true,
  target: "node20",
  // Every start builds queries, and one file is read faster than its 250 (see THIRD_PARTY.md).
  noExternal: ["kysely"],
});
