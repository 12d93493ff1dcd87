import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    schemas: "src/schemas/index.ts",
    webhooks: "src/webhooks/index.ts",
    "webhooks-edge": "src/webhooks/edge.ts",
  },
  format: ["esm", "cjs"],
  dts: true,
  clean: true,
  target: "node20",
  treeshake: true,
  // Deno and edge runtimes know Node's modules only by their full names.
  removeNodeProtocol: false,
  // p-retry is ESM only and many apps still test with CommonJS loaders, so it is built in (see THIRD_PARTY.md).
  noExternal: ["p-retry"],
});
