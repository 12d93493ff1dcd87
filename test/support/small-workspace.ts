import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryTree, type Tree } from "./tree.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** The rules under test are the repository's own files, not copies that could drift. */
const rules = [
  ".gitignore",
  ".oxfmtrc.json",
  ".oxlintrc.json",
  "knip.jsonc",
  "scripts/lint/plugin.mjs",
  "tsconfig.base.json",
  "tsconfig.json",
  "typedoc.json",
];

/**
 * A workspace of two packages that passes every gate, in a folder of its own. `changes` replace or add files.
 * Returns the folder; the caller removes it.
 */
export function smallWorkspace(changes: Tree): string {
  const root = temporaryTree({ ...clean, ...changes });
  for (const file of rules) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    copyFileSync(join(repository, file), join(root, file));
  }
  linkInstalledPackages(root);
  return root;
}

/** Entry by entry, so that caches the tools write stay out of the repository's own `node_modules`. */
function linkInstalledPackages(root: string): void {
  const installed = join(repository, "node_modules");
  mkdirSync(join(root, "node_modules"));
  for (const entry of readdirSync(installed)) {
    if (entry !== ".cache") symlinkSync(join(installed, entry), join(root, "node_modules", entry));
  }
  mkdirSync(join(root, "packages/consumer/node_modules/@dirsync"), { recursive: true });
  symlinkSync(join(root, "packages/sdk"), join(root, "packages/consumer/node_modules/@dirsync/sdk"));
}

/** Manifest of the package both module systems can load. */
export const sdkManifest = {
  name: "@dirsync/sdk",
  version: "0.1.0",
  license: "MIT",
  files: ["dist"],
  type: "module",
  exports: {
    ".": {
      "@dirsync/source": "./src/index.ts",
      import: { types: "./dist/index.d.ts", default: "./dist/index.js" },
      require: { types: "./dist/index.d.cts", default: "./dist/index.cjs" },
    },
  },
  publishConfig: {
    exports: {
      ".": {
        import: { types: "./dist/index.d.ts", default: "./dist/index.js" },
        require: { types: "./dist/index.d.cts", default: "./dist/index.cjs" },
      },
    },
  },
  scripts: { build: "node --version" },
};

/** A module of the sdk that its index re-exports. */
export const greetingFile = "packages/sdk/src/greeting.ts";

/** What stands in it. */
export const greetingSource = [
  "/** A greeting for `name`. */",
  "export async function greeting(name: string): Promise<string> {",
  "  await Promise.resolve();",
  "  return `Hello, ${name}.`;",
  "}",
  "",
].join("\n");

const consumerManifest = {
  name: "@dirsync/consumer",
  version: "0.1.0",
  license: "MIT",
  files: ["dist"],
  type: "module",
  exports: {
    ".": { "@dirsync/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
  },
  publishConfig: { exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } } },
  scripts: { build: "node --version" },
  dependencies: { "@dirsync/sdk": "workspace:*" },
};

const packageOptions = '{ "extends": "../../tsconfig.base.json", "include": ["src"] }\n';

const clean: Tree = {
  "package.json": {
    name: "small-workspace",
    private: true,
    type: "module",
    devDependencies: { oxlint: "*" },
    packageManager: "pnpm@10.34.9",
  },
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
  "packages/sdk/package.json": sdkManifest,
  "packages/sdk/README.md": "# A greeting\n",
  "packages/sdk/tsconfig.json": packageOptions,
  "packages/sdk/src/index.ts": 'export { greeting } from "./greeting.ts";\n',
  [greetingFile]: greetingSource,
  "packages/sdk/dist/index.js": "export const greeting = async (name) => `Hello, ${name}.`;\n",
  "packages/sdk/dist/index.cjs": "exports.greeting = async (name) => `Hello, ${name}.`;\n",
  "packages/sdk/dist/index.d.ts": "export declare const greeting: (name: string) => Promise<string>;\n",
  "packages/sdk/dist/index.d.cts": "export declare const greeting: (name: string) => Promise<string>;\n",
  "packages/consumer/package.json": consumerManifest,
  "packages/consumer/tsconfig.json": packageOptions,
  "packages/consumer/src/index.ts": [
    'import { greeting } from "@dirsync/sdk";',
    "",
    "/** Greets the world. */",
    "export async function greetWorld(): Promise<string> {",
    '  return greeting("world");',
    "}",
    "",
  ].join("\n"),
  "packages/consumer/dist/index.js": 'export const greetWorld = async () => "Hello, world.";\n',
  "packages/consumer/dist/index.d.ts": "export declare const greetWorld: () => Promise<string>;\n",
};
