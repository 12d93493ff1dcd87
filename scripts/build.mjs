/**
 * Builds every package of the workspace.
 *
 *     node scripts/build.mjs [--root DIR] [--no-dts]
 *
 * `--no-dts` leaves the declarations out, which take most of the time. Where nothing has changed since the last build, neither what
 * is built nor what came of it, nothing is done. `--root` is how scripts/check.mjs builds a workspace with a planted defect.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isBuilt, noteBuild } from "./build/record.mjs";
import { removeDeclarations, writeDeclarations } from "./build/declarations.mjs";

const { values } = parseArgs({ options: { root: { type: "string" }, "no-dts": { type: "boolean" } } });
const root = resolve(values.root ?? ".");
const hasDeclarations = values["no-dts"] !== true;

if (isBuilt(root, hasDeclarations)) console.log("Nothing has changed since the last build.");
else process.exitCode = build();

/** @returns {number} the exit code */
function build() {
  try {
    if (hasDeclarations) writeDeclarations(root);
    const code = buildPackages();
    if (code === 0) noteBuild(root, hasDeclarations);
    return code;
  } finally {
    removeDeclarations(root);
  }
}

/** @returns {number} the exit code */
function buildPackages() {
  const pnpm = fileURLToPath(new URL("pnpm.mjs", import.meta.url));
  // All at once: what one needs of another, bundlers and compiler read from its sources.
  const args = [pnpm, "-r", "--no-sort", "--filter", "./packages/*", "run", "build"];
  const env = { ...process.env, DIRSYNC_BUILD_DECLARED: hasDeclarations ? "1" : "" };
  const { status, error } = spawnSync(process.execPath, hasDeclarations ? args : [...args, "--no-dts", "--silent"], {
    cwd: root,
    stdio: "inherit",
    env,
  });
  if (error !== undefined) throw error;
  return status ?? 1;
}
