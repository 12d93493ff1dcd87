import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const cache = fileURLToPath(new URL("../../.cache/", import.meta.url));

/**
 * Makes a program of this folder runnable by plain Node, from the source of the product, and returns its path. Call
 * it once in a test file; the result is removed when the file is done. It lies inside the workspace, so that native
 * modules are found from there.
 */
export async function bundle(program: string): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "simulation-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, `${program}.mjs`);
  await build({
    entryPoints: [join(here, `${program}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@dirsync/source"],
    // The one is native; the other is never used, because the service is a function.
    external: ["better-sqlite3", "undici"],
    // What is CommonJS in it asks for modules of Node by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: "error",
  });
  return outfile;
}
