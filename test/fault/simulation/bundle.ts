import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

/** A change to one file of the product, as text. */
export interface Mutation {
  /** Below the repository. */
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

const here = fileURLToPath(new URL(".", import.meta.url));
const cache = fileURLToPath(new URL("../../.cache/", import.meta.url));
const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Makes a program of this folder runnable by plain Node, from the source of the product, and returns its path. Lies
 * inside the workspace, so that native modules are found from there.
 * @throws Error when a mutation does not fit its file: it would prove nothing.
 */
export async function bundle(program: string, mutations: readonly Mutation[] = []): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const outfile = join(mkdtempSync(join(cache, "simulation-")), `${program}.mjs`);
  await build({
    entryPoints: [join(here, `${program}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@dirsync/source"],
    // Native, and never used: the service is a function.
    external: ["better-sqlite3", "undici"],
    // What is CommonJS in it asks for modules of Node by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [mutating(mutations)],
    logLevel: "error",
  });
  return outfile;
}

function mutating(mutations: readonly Mutation[]): Plugin {
  return {
    name: "mutations",
    setup(build) {
      const left = new Set(mutations);
      for (const { file } of mutations) {
        const path = join(root, file);
        const filter = new RegExp(`${file.replaceAll(/[.\\/]/gu, "[./\\\\]")}$`, "u");
        build.onLoad({ filter }, () => {
          let contents = readFileSync(path, "utf8");
          for (const mutation of mutations.filter((other) => other.file === file)) {
            contents = mutated(contents, mutation);
            left.delete(mutation);
          }
          return { contents, loader: "ts" };
        });
      }
      build.onEnd(() => {
        const [unused] = left;
        if (unused !== undefined) throw new Error(`${unused.file} is not part of the program, so nothing was mutated.`);
      });
    },
  };
}

/** @throws Error when the text to be changed is not there, or is there more than once. */
function mutated(contents: string, { file, from, to }: Mutation): string {
  const parts = contents.split(from);
  if (parts.length === 2) return parts.join(to);
  throw new Error(`${file} holds ${JSON.stringify(from)} ${parts.length - 1} times, not once: adapt the mutation.`);
}
