import { defineConfig } from "tsup";
import { declaredEntries } from "../../scripts/build/declared-entries.mjs";

const entries = { index: "src/index.ts" };

export default defineConfig({
  entry: entries,
  format: ["esm"],
  // Types are checked once, by the gate `types`, and not again with each declaration that is written.
  dts: { entry: declaredEntries(entries), compilerOptions: { noCheck: true } },
  clean: true,
  target: "node20",
});
