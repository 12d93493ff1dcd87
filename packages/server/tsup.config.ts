import { defineConfig } from "tsup";
import { declaredEntries } from "../../scripts/build/declared-entries.mjs";

const entries = { index: "src/index.ts", testing: "src/testing/index.ts" };

export default defineConfig({
  entry: entries,
  format: ["esm"],
  // Types are checked once, by the gate `types`, and not again with each declaration that is written.
  dts: { entry: declaredEntries(entries), compilerOptions: { noCheck: true } },
  clean: true,
  target: "node20",
  // Every start builds queries, and one file is read faster than its 250 (see THIRD_PARTY.md).
  noExternal: ["kysely"],
});
