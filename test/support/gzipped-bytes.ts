import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type BuildOptions, type Plugin } from "esbuild";

/** Puts one file in the place of another, as the package's own build for other runtimes does (tsup.config.ts). */
const overFetch: Plugin = {
  name: "over-fetch",
  setup: ({ onResolve, resolve }) => {
    onResolve({ filter: /\/(?:default-transport|utf8)\.ts$/ }, ({ path, resolveDir }) =>
      resolve(path.replace(".ts", "-edge.ts"), { resolveDir, kind: "import-statement" }),
    );
  },
};

const clientSource = join(dirname(createRequire(import.meta.url).resolve("@dirsync/sdk/package.json")), "src/index.ts");

/** An entry, how it is bundled, and what it may come to in bytes. */
export interface SizePromise {
  readonly what: string;
  readonly entry: string;
  readonly options: BuildOptions;
  readonly bytesMax: number;
}

/**
 * What is promised of the SDK's size, in kilobytes of a thousand bytes. It is our own code that counts: undici and zod stay
 * outside, and so does p-retry, which the package has built in, where the sources are bundled.
 */
export const sizePromises: readonly SizePromise[] = [
  {
    what: "the client on Node",
    entry: clientSource,
    options: { platform: "node", external: ["p-retry"] },
    bytesMax: 15_000,
  },
  {
    what: "the client elsewhere",
    entry: clientSource,
    options: { platform: "browser", external: ["p-retry"], plugins: [overFetch] },
    bytesMax: 15_000,
  },
  { what: "webhooks on Node", entry: "@dirsync/sdk/webhooks", options: { platform: "node" }, bytesMax: 4_000 },
  {
    what: "webhooks elsewhere",
    entry: "@dirsync/sdk/webhooks",
    options: { platform: "browser", conditions: ["workerd"] },
    bytesMax: 4_000,
  },
];

/** Size of everything an entry exports, bundled from `folder`, minified and packed. */
export async function gzippedBytes(folder: string, { entry, options }: Omit<SizePromise, "bytesMax" | "what">) {
  const { external = [], ...rest } = options;
  const { outputFiles = [] } = await build({
    absWorkingDir: folder,
    stdin: { contents: `export * from ${JSON.stringify(entry)};\n`, resolveDir: folder },
    bundle: true,
    format: "esm",
    minify: true,
    logLevel: "error",
    external: ["undici", "zod", ...external],
    write: false,
    ...rest,
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
}
