/**
 * What an app pays at its start, in fresh processes: for the import alone, and until the first page of a list is there.
 * Both are told, because what is not loaded at the import is loaded at the first request.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Benchmark, Case, Metric, Setting } from "./harness/benchmark.ts";
import { serveUsers } from "./users-service.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

const metrics: Readonly<Record<string, Metric>> = {
  cpuMs: { unit: "CPU ms", better: "less", judgedBy: "median" },
};

/** Runs a program that is an expression to wait for, and measures it from within, so that the start of Node does not count. */
function fresh(program: (url: string) => string): Case["open"] {
  return async ({ url }: Setting) => ({
    sample: async () => {
      const text = `const before = process.cpuUsage();
        ${program(url)};
        const { user, system } = process.cpuUsage(before);
        process.stdout.write(String((user + system) / 1000), () => process.exit());`;
      const args = ["--input-type=module", "--eval", text];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
      return { cpuMs: Number(stdout) };
    },
  });
}

function importing(name: string, role: Case["role"], specifier: string): Case {
  return { name, role, open: fresh(() => `await import(${JSON.stringify(specifier)})`) };
}

function firstPageOfOfficial(name: string, specifier: string): Case {
  const program = (url: string): string => {
    const { hostname, port } = new URL(url);
    const options = JSON.stringify({ apiHostname: hostname, port: Number(port), https: false });
    return `const { WorkOS } = await import(${JSON.stringify(specifier)});
      const { directorySync } = new WorkOS("sk_test_bench", ${options});
      const { data } = await directorySync.listUsers({ directory: "directory_1", limit: 100 });
      if (data.length === 0) throw new Error("no users")`;
  };
  return { name, role: "peer", open: fresh(program) };
}

const official = [
  ["@workos-inc/node 8", "@workos-inc/node"],
  ["@workos-inc/node 11", "workos-node-11"],
] as const;

export const benchmarks: readonly Benchmark[] = [
  {
    name: "import/only",
    title: "an import in a fresh process",
    metrics,
    rounds: 30,
    cases: [
      importing("node:http", "limit", "node:http"),
      ...official.map(([name, specifier]) => importing(name, "peer", specifier)),
      importing("@dirsync/sdk", "ours", "@dirsync/sdk"),
      importing("@dirsync/sdk/webhooks", "ours", "@dirsync/sdk/webhooks"),
    ],
    goals: official.map(([name]) => ({ metric: "cpuMs", of: "@dirsync/sdk", to: name, bound: 1 })),
  },
  {
    name: "import/first-page",
    title: "an import and the first page of users, in a fresh process",
    metrics,
    rounds: 15,
    serve: serveUsers,
    cases: [
      {
        name: "node:http and JSON.parse",
        role: "limit",
        open: fresh(
          (url) => `const http = await import("node:http");
            const body = await new Promise((resolve, reject) => {
              http.get("${url}/directory_users?directory=directory_1&limit=100&order=desc", (response) => {
                const chunks = [];
                response.on("data", (chunk) => chunks.push(chunk)).on("end", () => resolve(Buffer.concat(chunks)));
              }).on("error", reject);
            });
            if (JSON.parse(body).data.length === 0) throw new Error("no users")`,
        ),
      },
      ...official.map(([name, specifier]) => firstPageOfOfficial(name, specifier)),
      {
        name: "@dirsync/sdk",
        role: "ours",
        open: fresh(
          (url) => `const { DirectorySync } = await import("@dirsync/sdk");
            const client = new DirectorySync({ apiKey: "sk_test_bench", baseUrl: "${url}" });
            const { data } = await client.users.list({ directory: "directory_1" }).page();
            if (data.length === 0) throw new Error("no users")`,
        ),
      },
      {
        name: "@dirsync/sdk with fetchTransport()",
        role: "ours",
        open: fresh(
          (url) => `const { DirectorySync, fetchTransport } = await import("@dirsync/sdk");
            const client = new DirectorySync({ apiKey: "sk_test_bench", baseUrl: "${url}", transport: fetchTransport() });
            const { data } = await client.users.list({ directory: "directory_1" }).page();
            if (data.length === 0) throw new Error("no users")`,
        ),
      },
    ],
    goals: [],
  },
];
