import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", host: "src/host.ts" },
  format: ["esm"],
  // Types are checked once, by the gate `types`, and not again with each declaration that is written.
  dts: { compilerOptions: { noCheck: true } },
  clean: true,
  target: "node20",
});
