import { rmSync } from "node:fs";
import { defineConfig, type Options } from "tsup";

const shared: Options = {
  format: ["esm", "cjs"],
  target: "node20",
  treeshake: true,
  // Deno and edge runtimes know Node's modules only by their full names.
  removeNodeProtocol: false,
  // p-retry is ESM only and many apps still test with CommonJS loaders, so it is built in (see THIRD_PARTY.md).
  noExternal: ["p-retry"],
};

export default defineConfig(() => {
  // Here and not by `clean`: the two builds run at once, and one would remove what the other has written.
  rmSync(new URL("dist", import.meta.url), { recursive: true, force: true });
  return [
    {
      ...shared,
      entry: {
        index: "src/index.ts",
        opentelemetry: "src/opentelemetry.ts",
        schemas: "src/schemas/index.ts",
        webhooks: "src/webhooks/index.ts",
        "webhooks-edge": "src/webhooks/edge.ts",
        "webhooks-explain": "src/webhooks/explain.ts",
        "webhooks-signing": "src/webhooks/signing.ts",
      },
      dts: true,
    },
    {
      ...shared,
      entry: { "index-edge": "src/index.ts" },
      esbuildPlugins: [
        {
          name: "edge",
          // The same client over fetch: one file stands in for another, and undici and node: stay outside.
          setup: (build) => {
            build.onResolve({ filter: /\/default-transport\.ts$/ }, ({ path, resolveDir }) =>
              build.resolve(path.replace(".ts", "-edge.ts"), { resolveDir, kind: "import-statement" }),
            );
          },
        },
      ],
    },
  ];
});
