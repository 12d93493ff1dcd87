import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** What a build was made of and what came of it, each as one hash. @typedef {{ from: string, to: string, hasDeclarations: boolean }} Build */

/** Folders of a package that are not its own source. */
const notSources = new Set(["node_modules", "dist", ".declarations"]);

/**
 * Whether the last build was of just these sources, and what it wrote is still there as it wrote it.
 * @param {string} root of the workspace
 * @param {boolean} hasDeclarations true when those are needed as well
 * @returns {boolean}
 */
export function isBuilt(root, hasDeclarations) {
  if (!existsSync(recordFile(root))) return false;
  /** @type {Build} */
  const last = JSON.parse(readFileSync(recordFile(root), "utf8"));
  return (last.hasDeclarations || !hasDeclarations) && last.from === sources(root) && last.to === results(root);
}

/**
 * Notes a build that went well.
 * @param {string} root
 * @param {boolean} hasDeclarations
 */
export function noteBuild(root, hasDeclarations) {
  mkdirSync(dirname(recordFile(root)), { recursive: true });
  /** @type {Build} */
  const build = { from: sources(root), to: results(root), hasDeclarations };
  writeFileSync(recordFile(root), JSON.stringify(build));
}

/**
 * It lives with the installed packages and dies with them.
 * @param {string} root
 */
function recordFile(root) {
  return join(root, "node_modules/.cache/build.json");
}

/**
 * All that a build reads.
 * @param {string} root
 * @returns {string}
 */
function sources(root) {
  const shared = ["tsconfig.base.json", "pnpm-lock.yaml"].map((name) => join(root, name)).filter(existsSync);
  const own = filesIn(fileURLToPath(new URL(".", import.meta.url)), notSources);
  const program = fileURLToPath(new URL("../build.mjs", import.meta.url));
  return hashOf(root, [program, ...own, ...shared, ...packageFiles(root, notSources)], process.version);
}

/**
 * All that a build writes.
 * @param {string} root
 * @returns {string}
 */
function results(root) {
  const folders = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name, "dist"));
  return hashOf(
    root,
    folders.filter(existsSync).flatMap((folder) => filesIn(folder, new Set())),
    "",
  );
}

/**
 * @param {string} root
 * @param {ReadonlySet<string>} without
 */
function packageFiles(root, without) {
  return filesIn(join(root, "packages"), without);
}

/**
 * @param {string} folder
 * @param {ReadonlySet<string>} without names of folders
 * @returns {string[]}
 */
function filesIn(folder, without) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) return entry.isFile() ? [path] : [];
      return without.has(entry.name) ? [] : filesIn(path, without);
    });
}

/**
 * @param {string} root
 * @param {readonly string[]} files
 * @param {string} more
 */
function hashOf(root, files, more) {
  const hash = createHash("sha256").update(more);
  for (const file of files)
    hash.update(`\0${relative(root, file)}\0`).update(createHash("sha256").update(readFileSync(file)).digest());
  return hash.digest("hex");
}
