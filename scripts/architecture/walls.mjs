/**
 * Who may import whom. This is the table a reviewer reads; `violations.mjs` only applies it.
 * A new dependency or package has no line here yet, and that is an error: say first where it may be used.
 */

/**
 * Package → the packages of ours it may import. Everything else of ours is out of reach.
 * @type {Record<string, readonly string[]>}
 */
export const directions = {
  sdk: [],
  consumer: ["sdk"],
  server: ["sdk", "consumer"],
  idp: ["sdk"],
  cli: ["sdk", "consumer", "server", "idp"],
  test: ["sdk", "consumer", "server", "idp", "cli"],
};

/**
 * Inside the sdk: zone → the zones it may import besides itself. A zone is a folder of `src`, or a file in it.
 * @type {Record<string, readonly string[] | "all">}
 */
export const sdkZones = {
  contract: [],
  schemas: ["contract"],
  "errors.ts": [],
  "runtime.ts": [],
  http: ["errors.ts", "runtime.ts"],
  webhooks: ["contract", "errors.ts", "runtime.ts"],
  resources: "all",
  "client.ts": "all",
  "opentelemetry.ts": ["http", "version.ts"],
  "self-hosted": "all",
  "index.ts": "all",
};

/**
 * Some packages get only a part of another: package → imported package → the files whose names it may use.
 * @type {Record<string, Record<string, readonly string[]>>}
 */
export const partsAllowed = {
  idp: { sdk: ["errors.ts", "runtime.ts"] },
};

/**
 * Package → third-party dependency → the files that may import it; a name ending in `/` is a folder.
 * One importer wherever it can be so: replacing the dependency then touches one file. Where a library is a language
 * (schemas, queries, routes, commands), the folder that speaks it is named. Type-only imports leave no trace at run time, so
 * they are free for libraries marked `types: "free"`.
 * @type {Record<string, Record<string, { files: readonly string[], types?: "free" }>>}
 */
export const importers = {
  sdk: {
    "@opentelemetry/api": { files: ["opentelemetry.ts"] },
    undici: { files: ["http/undici-transport.ts", "http/undici-agent.d.ts"] },
    "p-retry": { files: ["http/retry.ts"] },
    zod: { files: ["schemas/"], types: "free" },
  },
  consumer: {
    "better-sqlite3": { files: ["journal/sqlite.ts"] },
    undici: { files: ["sinks/http.ts"] },
  },
  server: {
    "@hono/node-server": { files: ["http/listener.ts"] },
    "better-sqlite3": { files: ["store/sqlite.ts", "store/backup.ts"] },
    hono: { files: ["http/", "api/", "scim/", "portal/"], types: "free" },
    kysely: { files: ["store/"] },
    zod: { files: ["api/", "openapi/"], types: "free" },
  },
  idp: {
    undici: { files: ["transport.ts", "undici-parts.d.ts"] },
  },
  cli: {
    "better-sqlite3": { files: ["sqlite.ts"] },
    commander: { files: ["run.ts", "commands/"], types: "free" },
    "csv-parse": { files: ["people-file/read-csv.ts"] },
    jiti: { files: ["load-module.ts"] },
    pg: { files: ["drift/postgres-rows.ts"] },
    yaml: { files: ["settings/read-file.ts"] },
    zod: { files: ["settings/file-schema.ts"] },
  },
};

/** What `dirsync --help` must not load: from `entry`, these are reached only through `import()`. */
export const lazy = {
  entry: "packages/cli/src/run.ts",
  dependencies: [
    "@dirsync/consumer",
    "@dirsync/idp",
    "@dirsync/server",
    "better-sqlite3",
    "csv-parse",
    "jiti",
    "pg",
    "yaml",
    "zod",
  ],
};
