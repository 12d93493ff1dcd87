/**
 * Builds the benchmarks and runs them: Node 20 cannot run TypeScript, and what is measured must be what users get, so
 * our packages are taken as they are built, by their names.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
// Below test/, so that the packages are found from there; one folder a run, so that two runs do not meet.
const outdir = fileURLToPath(new URL(`../.cache/bench-${process.pid}`, import.meta.url));

try {
  await build({
    absWorkingDir: here,
    entryPoints: { main: "main.ts", "case-process": "harness/case-process.ts" },
    outdir,
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "error",
  });
  const { status, error } = spawnSync(process.execPath, [`${outdir}/main.js`, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
