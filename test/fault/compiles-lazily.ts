import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

const standIn = fileURLToPath(new URL("lazy-sqlite.ts", import.meta.url));

/** Gives a program that is built the SQLite of `lazy-sqlite.ts`. */
export const compilesLazily: Plugin = {
  name: "compiles-lazily",
  setup: (build) => {
    build.onResolve({ filter: /^better-sqlite3$/ }, ({ importer, path }) =>
      importer === standIn ? { path, external: true } : { path: standIn },
    );
  },
};
