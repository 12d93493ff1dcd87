import { defineConfig } from "vitest/config";

// Tests of a package run from its source, so that no build can be stale.
// Not "module": what is resolved is loaded by Node, and behind that condition some packages keep files only bundlers can read.
const conditions = ["@dirsync/source", "node", "development|production"];

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    // Most tests wait for processes and sockets; by itself vitest leaves one processor of two without work.
    maxWorkers: "100%",
    reporters: ["default", "./scripts/counts-reporter.mjs"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
