import { rmSync } from "node:fs";
import { defineConfig, type Options } from "tsup";
import { declaredEntries } from "../../scripts/build/declared-entries.mjs";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/**
 * Every entry of either format loads this one file, whatever else is built into it. Were it built into each, an error that
 * one entry throws would be no instance of the class that another entry exports.
 */
const oneCopyOfErrors: Plugin = {
  name: "one-copy-of-errors",
  setup: (build) => {
    const extension = build.initialOptions.outExtension?.[".js"] ?? ".js";
    build.onResolve({ filter: /\/errors\.ts$/ }, ({ kind }) =>
      kind === "entry-point" ? undefined : { path: `./errors${extension}`, external: true, sideEffects: false },
    );
  },
};

/** The same client over fetch: one file stands in for another, and undici and node: stay outside. */
const overFetch: Plugin = {
  name: "over-fetch",
  setup: (build) => {
    build.onResolve({ filter: /\/(?:default-transport|utf8)\.ts$/ }, ({ path, resolveDir }) =>
      build.resolve(path.replace(".ts", "-edge.ts"), { resolveDir, kind: "import-statement" }),
    );
  },
};

const shared: Options = {
  format: ["esm", "cjs"],
  target: "node20",
  treeshake: true,
  // Deno and edge runtimes know Node's modules only by their full names.
  removeNodeProtocol: false,
  // p-retry is ESM only and many apps still test with CommonJS loaders, so it is built in (see THIRD_PARTY.md).
  noExternal: ["p-retry"],
};

/** What an app may import. */
const entries = {
  index: "src/index.ts",
  opentelemetry: "src/opentelemetry.ts",
  schemas: "src/schemas/index.ts",
  "self-hosted": "src/self-hosted/index.ts",
  webhooks: "src/webhooks/index.ts",
  "webhooks-edge": "src/webhooks/edge.ts",
  "webhooks-explain": "src/webhooks/explain.ts",
  "webhooks-signing": "src/webhooks/signing.ts",
};

export default defineConfig(() => {
  // Here and not by `clean`: the two builds run at once, and one would remove what the other has written.
  rmSync(new URL("dist", import.meta.url), { recursive: true, force: true });
  return [
    {
      ...shared,
      entry: { ...entries, errors: "src/errors.ts" },
      // Types are checked once, by the gate `types`, and not again with each declaration that is written.
      dts: { entry: declaredEntries(entries), compilerOptions: { noCheck: true } },
      esbuildPlugins: [oneCopyOfErrors],
    },
    {
      ...shared,
      entry: { "index-edge": "src/index.ts", "self-hosted-edge": "src/self-hosted/index.ts" },
      esbuildPlugins: [oneCopyOfErrors, overFetch],
    },
  ];
});
