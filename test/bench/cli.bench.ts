/** What each start of the command costs, by the clock, in fresh processes. The limit is the start of Node itself. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Benchmark, Case, Setting } from "./harness/benchmark.ts";
import { serveLog } from "./log-service.ts";

const bin = join(dirname(createRequire(import.meta.url).resolve("@dirsync/cli/package.json")), "bin/dirsync.js");

/** Starts a program in a folder of its own, and resolves when it has come as far as it is to. */
type Start = (folder: string, url: string) => Promise<unknown>;

function starting(start: Start): Case["open"] {
  return ({ url }: Setting) => {
    const sample = async () => {
      const folder = mkdtempSync(join(tmpdir(), "dirsync-bench-"));
      try {
        const startMs = performance.now();
        await start(folder, url);
        return { ms: performance.now() - startMs };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    };
    return Promise.resolve({ sample });
  };
}

/**
 * The same for all, and nothing that Node itself spends time on: to read the certificates that `NODE_EXTRA_CA_CERTS` names takes as
 * long as the rest of its start.
 */
const { NODE_EXTRA_CA_CERTS: _certificates, NODE_OPTIONS: _options, ...bare } = process.env;

const emptyScript: Start = (folder) => {
  const file = join(folder, "empty.mjs");
  writeFileSync(file, "export {};\n");
  return promisify(execFile)(process.execPath, [file], { cwd: folder, env: bare });
};

const version: Start = (folder) =>
  promisify(execFile)(process.execPath, [bin, "--version"], { cwd: folder, env: bare });

/** Until it says that it follows the log: the configuration, the key and the state file have been dealt with. */
const tailReady: Start = (folder, url) =>
  new Promise((resolve, reject) => {
    const ours = { DIRSYNC_API_KEY: "sk_test_bench", DIRSYNC_BASE_URL: url, DIRSYNC_STATE: join(folder, "tail.db") };
    const env = { ...bare, ...ours };
    const args = [bin, "tail", "--stdout", "--no-config"];
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    let readyMs: number | null = null;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (readyMs !== null || !said.includes("tailing")) return;
      readyMs = performance.now();
      child.kill("SIGKILL");
    });
    child.on("error", reject).on("close", () => {
      if (readyMs === null) reject(new Error(`It did not become ready: ${said}`));
      else resolve(readyMs);
    });
  });

const limit = "node empty.mjs";

export const benchmarks: readonly Benchmark[] = [
  {
    name: "cli/start",
    title: "the start of the command",
    metrics: { ms: { unit: "ms", better: "less", judgedBy: "best" } },
    rounds: 20,
    serve: serveLog({ events: { full: 100, tiny: 100 }, latencyMs: 0 }),
    cases: [
      { name: limit, role: "limit", open: starting(emptyScript) },
      { name: "dirsync --version", role: "ours", open: starting(version) },
      { name: "dirsync tail, until it follows", role: "ours", open: starting(tailReady) },
    ],
    goals: [
      { metric: "ms", of: "dirsync --version", to: limit, bound: 1.25 },
      { metric: "ms", of: "dirsync tail, until it follows", to: limit, bound: 1.8 },
    ],
  },
];
