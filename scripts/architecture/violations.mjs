/** Applies the table of `walls.mjs` to the imports of a tree, and looks for cycles. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readImports } from "./imports.mjs";
import { directions, importers, lazy, partsAllowed, sdkZones } from "./walls.mjs";

/** @typedef {import("./imports.mjs").Import} Import */

/**
 * Every broken rule below `root`, one readable line each; empty when the architecture holds.
 * @param {string} root
 * @returns {string[]}
 */
export function violations(root) {
  const imports = readImports(root);
  const perImport = [throughTheFrontDoor, packageDirection, sdkDirection, onlyTheAllowedPart, thirdPartyImporter];
  return [
    ...imports.flatMap((entry) => perImport.map((rule) => rule(entry, root)).filter((message) => message !== null)),
    ...declaredDependencies(root),
    ...cycles(imports),
    ...eagerLoads(imports),
  ];
}

/**
 * Across packages only by name and only what `exports` names; never by a path into another package.
 * @param {Import} entry
 * @param {string} root
 */
function throughTheFrontDoor(entry, root) {
  const home = homeOf(entry.from);
  if (entry.target !== null) {
    const mayReach = home === "test" ? ["test/", "scripts/"] : [`packages/${home}/`];
    if (mayReach.some((prefix) => entry.target?.startsWith(prefix) === true)) return null;
    return broken(entry, "a path may not leave its package; import the other package by its name");
  }
  const [name, subpath] = ourPackage(entry.specifier);
  if (name === null || subpath === ".") return null;
  const manifest = readManifest(root, `packages/${name}`);
  if (manifest?.exports?.[subpath] !== undefined) return null;
  return broken(entry, `@dirsync/${name} does not export ${subpath}; use its public names`);
}

/** @param {Import} entry */
function packageDirection(entry) {
  const home = homeOf(entry.from);
  const [name] = ourPackage(entry.specifier);
  if (name === null) return null;
  const allowed = directions[home];
  if (allowed === undefined) return broken(entry, `package ${home} has no line in scripts/architecture/walls.mjs`);
  if (allowed.includes(name)) return null;
  return broken(
    entry,
    `${home} may import ${allowed.length === 0 ? "nothing of ours" : allowed.join(", ")}, not ${name}`,
  );
}

/** @param {Import} entry */
function sdkDirection(entry) {
  const inside = "packages/sdk/src/";
  if (entry.isTest || entry.target === null || !entry.from.startsWith(inside)) return null;
  const zone = zoneOf(entry.from.slice(inside.length));
  const wanted = zoneOf(entry.target.slice(inside.length));
  const allowed = sdkZones[zone];
  if (allowed === undefined) return broken(entry, `sdk/src/${zone} has no line in scripts/architecture/walls.mjs`);
  if (wanted === zone || allowed === "all" || allowed.includes(wanted)) return null;
  return broken(
    entry,
    `sdk ${zone} may import ${allowed.length === 0 ? "nothing of ours" : allowed.join(", ")}, not ${wanted}`,
  );
}

/**
 * @param {Import} entry
 * @param {string} root
 */
function onlyTheAllowedPart(entry, root) {
  const [name] = ourPackage(entry.specifier);
  const files = name === null ? undefined : partsAllowed[homeOf(entry.from)]?.[name];
  if (name === null || files === undefined || entry.isTest) return null;
  const allowed = new Set(files.flatMap((file) => exportedNames(join(root, `packages/${name}/src`, file))));
  const refused = entry.names.filter((imported) => !allowed.has(imported));
  if (refused.length === 0 && entry.names.length > 0) return null;
  const what = refused.length === 0 ? "the whole package" : refused.join(", ");
  return broken(entry, `${homeOf(entry.from)} may use what ${files.join(" and ")} of ${name} export, not ${what}`);
}

/** @param {Import} entry */
function thirdPartyImporter(entry) {
  const dependency = thirdParty(entry.specifier);
  const home = homeOf(entry.from);
  if (entry.isTest || dependency === null) return null;
  const wall = importers[home]?.[dependency];
  if (wall === undefined) return broken(entry, `${dependency} has no importer in scripts/architecture/walls.mjs`);
  if (entry.isType && wall.types === "free") return null;
  const path = entry.from.slice(`packages/${home}/src/`.length);
  if (wall.files.some((file) => (file.endsWith("/") ? path.startsWith(file) : path === file))) return null;
  return broken(entry, `in ${home} only ${wall.files.join(", ")} may import ${dependency}`);
}

/**
 * A manifest must not open a way that no file may take.
 * @param {string} root
 */
function declaredDependencies(root) {
  return Object.entries(directions).flatMap(([home, allowed]) => {
    const folder = home === "test" ? "test" : `packages/${home}`;
    const manifest = readManifest(root, folder);
    return Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies })
      .map((dependency) => ourPackage(dependency)[0])
      .filter((name) => name !== null && !allowed.includes(name))
      .map((name) => `${folder}/package.json depends on @dirsync/${name}: ${home} may not import it`);
  });
}

/**
 * Files that import each other, types included: neither can be understood, tested or moved alone.
 * @param {readonly Import[]} imports
 */
function cycles(imports) {
  /** @type {Map<string, string[]>} */
  const edges = new Map();
  for (const { from, target } of imports) {
    if (target !== null) edges.set(from, [...(edges.get(from) ?? []), target]);
  }
  const done = new Set();
  /** @type {string[]} */
  const found = [];
  for (const file of edges.keys()) walk(file, []);
  return found;

  /**
   * @param {string} file
   * @param {readonly string[]} path
   */
  function walk(file, path) {
    const start = path.indexOf(file);
    if (start !== -1) found.push(`cycle: ${[...path.slice(start), file].join(" -> ")}`);
    if (start !== -1 || done.has(file)) return;
    for (const next of edges.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  }
}

/**
 * Heavy dependencies that the entry loads before it knows what it was asked to do.
 * @param {readonly Import[]} imports
 */
function eagerLoads(imports) {
  const eager = imports.filter((entry) => !entry.isType && !entry.isLazy);
  const reached = new Set([lazy.entry]);
  for (const file of reached) {
    for (const { from, target } of eager) if (from === file && target !== null) reached.add(target);
  }
  return eager
    .filter((entry) => reached.has(entry.from) && lazy.dependencies.includes(entry.specifier))
    .map((entry) => broken(entry, `${lazy.entry} reaches it at start; load it with import() where it is used`));
}

/**
 * @param {Import} entry
 * @param {string} why
 */
function broken(entry, why) {
  return `${entry.from}:${entry.line} imports ${entry.specifier}: ${why}`;
}

/** @param {string} file */
function homeOf(file) {
  const parts = file.split("/");
  return parts[0] === "packages" ? (parts[1] ?? "") : "test";
}

/** @param {string} path below `src` */
function zoneOf(path) {
  return path.split("/")[0] ?? path;
}

/**
 * @param {string} specifier
 * @returns {[name: string | null, subpath: string]}
 */
function ourPackage(specifier) {
  const match = /^@dirsync\/([^/]+)(\/.*)?$/.exec(specifier);
  return match === null ? [null, ""] : [match[1] ?? null, `.${match[2] ?? ""}`];
}

/**
 * @param {string} specifier
 * @returns {string | null} the package's name, or null for ours, Node's and relative imports
 */
function thirdParty(specifier) {
  if (/^(?:\.|node:|@dirsync\/)/.test(specifier)) return null;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** @param {string} file */
function exportedNames(file) {
  const declared = /^export (?:declare )?(?:abstract )?(?:async )?(?:class|const|function|interface|type) (\w+)/gm;
  return existsSync(file) ? [...readFileSync(file, "utf8").matchAll(declared)].map((match) => match[1]) : [];
}

/**
 * @param {string} root
 * @param {string} folder
 */
function readManifest(root, folder) {
  const path = join(root, folder, "package.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
}
