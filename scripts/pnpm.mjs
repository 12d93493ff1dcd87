// Runs pnpm with the given arguments: the pnpm that started us, else the pinned one through npx.
// This is what lets `npm start` and `npm test` work on a machine that has only Node and npm.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { nodeHeaders } from "./node-headers.mjs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const pinned = manifest.packageManager.split("+")[0];
const startedBy = process.env.npm_execpath ?? "";
const insidePnpm = (process.env.npm_config_user_agent ?? "").startsWith("pnpm/") && startedBy !== "";

const headers = nodeHeaders(process);
const nearHeaders = headers === null ? {} : { npm_config_nodedir: headers };

const [command, prefix] = pnpmCommand();
const { status, signal, error } = spawnSync(command, [...prefix, ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...nearHeaders, ...process.env },
  shell: process.platform === "win32" && command === "npx",
});
if (error) throw error;
// A child ended by Ctrl-C has no status; 130 is what a shell would report for it.
process.exit(status ?? (signal === "SIGINT" ? 130 : 1));

/** @returns {[command: string, prefix: string[]]} */
function pnpmCommand() {
  if (!insidePnpm) return ["npx", ["--yes", pinned]];
  // pnpm 12 is a native binary, pnpm 10 a script that Node must run.
  return /\.[cm]?js$/.test(startedBy) ? [process.execPath, [startedBy]] : [startedBy, []];
}
