/**
 * Runs every gate of the workspace and fails naming those that are red.
 *
 *     node scripts/check.mjs [--root DIR] [gate…]
 *
 * Without names, all of them. `--root` is how test/gates.test.ts points the gates at a workspace with a planted defect.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** @typedef {{ isOk: boolean, output: string }} Outcome */
/** @typedef {{ name: string, version: string, private?: boolean, exports?: unknown, main?: string }} Manifest */

/** The longest first, so that the short ones fill the gaps. */
const gates = new Map([
  ["types", checkTypes],
  ["api-docs", checkApiDocs],
  ["build", () => build()],
  ["publint", checkManifests],
  ["attw", checkTypeResolution],
  ["unused", () => tool("knip", "--no-progress")],
  ["lint", () => tool("oxlint", "--type-aware", "--deny-warnings", "--report-unused-disable-directives")],
  ["boundaries", () => run(process.execPath, join(scripts, "architecture.mjs"), root)],
  ["format", () => tool("oxfmt", "--check", ".")],
]);

/** Packages that `require` must be able to load. The others are ESM only, and attw is told so. */
const dualPackages = new Set(["@dirsync/sdk"]);

const { values, positionals } = parseArgs({ options: { root: { type: "string" } }, allowPositionals: true });
const root = resolve(values.root ?? ".");
const scripts = fileURLToPath(new URL(".", import.meta.url));
const tarballs = mkdtempSync(join(tmpdir(), "dirsync-pack-"));
const takeSlot = slots(Math.max(2, availableParallelism()));
const build = once(buildAndPack);

try {
  process.exitCode = await main(positionals.length === 0 ? [...gates.keys()] : positionals);
} finally {
  rmSync(tarballs, { recursive: true, force: true });
}

/**
 * @param {readonly string[]} names
 * @returns {Promise<number>} the exit code
 */
async function main(names) {
  const unknown = names.filter((name) => !gates.has(name));
  if (unknown.length > 0) {
    console.error(`no such gate: ${unknown.join(", ")}; there are ${[...gates.keys()].join(", ")}`);
    return 2;
  }
  const results = await Promise.all(names.map(check));
  const failed = names.filter((_name, index) => !results[index]);
  console.log(failed.length === 0 ? `all ${names.length} gates passed` : `failed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

/**
 * @param {string} name
 * @returns {Promise<boolean>} true when the gate passed
 */
async function check(name) {
  const startedMs = performance.now();
  const { isOk, output } = (await gates.get(name)?.()) ?? failure("no such gate");
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${isOk ? "ok    " : "FAILED"}  ${name.padEnd(10)}  ${seconds} s`);
  if (!isOk) console.log(output.trimEnd().replace(/^/gm, "    "));
  return isOk;
}

function checkTypes() {
  // What did not change is not checked again; the record lives with the installed packages and dies with them.
  return tool("tsc", "-p", ".", "--incremental", "--tsBuildInfoFile", "node_modules/.cache/types.tsbuildinfo");
}

/** Every public name has a description, and every link in it leads somewhere. `typedoc.json` says how it is judged. */
function checkApiDocs() {
  const entries = sourcesOf("sdk").flatMap((source) => ["--entryPoints", `packages/sdk/${source}`]);
  return tool("typedoc", "--emit", "none", ...entries);
}

/**
 * The source of each entry of a package.
 * @param {string} folder
 * @returns {string[]}
 */
function sourcesOf(folder) {
  /** @type {{ exports: Record<string, string | { "@dirsync/source"?: string }> }} */
  const { exports } = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
  return Object.values(exports).flatMap((entry) => (typeof entry === "string" ? [] : (entry["@dirsync/source"] ?? [])));
}

/** Users get the tarball, so that is what is judged. */
function buildAndPack() {
  return inTurn([
    () => run(process.execPath, join(scripts, "build.mjs"), "--root", root),
    () => pnpm("-r", "--filter", "./packages/*", "pack", "--pack-destination", tarballs),
  ]);
}

async function checkManifests() {
  if (!(await build()).isOk) return failure("not looked at, because the build failed");
  return inTurn(published().map((manifest) => () => tool("publint", "run", tarballOf(manifest), "--strict")));
}

async function checkTypeResolution() {
  if (!(await build()).isOk) return failure("not looked at, because the build failed");
  // A package that is only a program has no types to get wrong.
  const libraries = published().filter((manifest) => manifest.exports !== undefined || manifest.main !== undefined);
  return inTurn(
    libraries.map((manifest) => () => {
      const profile = dualPackages.has(manifest.name) ? "node16" : "esm-only";
      return tool("attw", tarballOf(manifest), "--profile", profile, "--format", "ascii", "--no-color");
    }),
  );
}

/** @returns {Manifest[]} */
function published() {
  return readdirSync(join(root, "packages"))
    .map((folder) => JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8")))
    .filter((manifest) => manifest.private !== true);
}

/** @param {Manifest} manifest */
function tarballOf({ name, version }) {
  return join(tarballs, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
}

/**
 * Stops at the first failure.
 * @param {readonly (() => Promise<Outcome>)[]} steps
 * @returns {Promise<Outcome>}
 */
async function inTurn(steps) {
  let output = "";
  for (const step of steps) {
    const outcome = await step();
    output += outcome.output;
    if (!outcome.isOk) return failure(output);
  }
  return { isOk: true, output };
}

/**
 * @param {string} name of an installed tool
 * @param {...string} args
 */
function tool(name, ...args) {
  return run(join(root, "node_modules/.bin", name), ...args);
}

/** @param {...string} args */
function pnpm(...args) {
  return run(process.execPath, join(scripts, "pnpm.mjs"), ...args);
}

/**
 * @param {string} command
 * @param {...string} args
 * @returns {Promise<Outcome>}
 */
async function run(command, ...args) {
  const release = await takeSlot();
  try {
    return await new Promise((settle) => {
      const shell = process.platform === "win32" && command !== process.execPath;
      const child = spawn(command, args, { cwd: root, shell, stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      const keep = (/** @type {Buffer} */ chunk) => (output += chunk.toString());
      child.stdout.on("data", keep);
      child.stderr.on("data", keep);
      child.on("error", (error) => settle(failure(`cannot run ${command}: ${error.message}`)));
      child.on("close", (code) => settle({ isOk: code === 0, output }));
    });
  } finally {
    release();
  }
}

/**
 * @param {string} output
 * @returns {Outcome}
 */
function failure(output) {
  return { isOk: false, output };
}

/**
 * Several gates need the build; it happens once.
 * @template T
 * @param {() => T} work
 * @returns {() => T}
 */
function once(work) {
  /** @type {{ result: T } | undefined} */
  let done;
  return () => (done ??= { result: work() }).result;
}

/**
 * More processes than cores only make all of them slower.
 * @param {number} count
 * @returns {() => Promise<() => void>} waits for a free slot; the result gives it back
 */
function slots(count) {
  let free = count;
  /** @type {(() => void)[]} */
  const waiting = [];
  return async () => {
    if (free === 0) await new Promise((resume) => waiting.push(() => resume(undefined)));
    else free -= 1;
    return () => {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    };
  };
}
