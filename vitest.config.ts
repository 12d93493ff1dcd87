import { defineConfig } from "vitest/config";

// Tests of a package run from its source, so that no build can be stale.
const conditions = ["@dirsync/source", "module", "node", "development|production"];

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    reporters: ["default", "./scripts/counts-reporter.mjs"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
