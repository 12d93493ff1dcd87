/** Reads what every TypeScript file of a tree imports. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/**
 * @typedef {object} Import
 * @property {string} from path of the importing file, relative to the root
 * @property {number} line
 * @property {string} specifier as written
 * @property {string | null} target path of the imported file for a relative import, else null
 * @property {readonly string[]} names imported names; empty for a whole module
 * @property {boolean} isType true when nothing is left of it at run time
 * @property {boolean} isLazy true for `import()`
 * @property {boolean} isTest true when the importing file is a test or serves tests
 */

/**
 * Every import of `packages/<name>/src` and `test`, below `root`.
 * @param {string} root
 * @returns {Import[]}
 */
export function readImports(root) {
  return sourceFiles(root).flatMap((file) => importsOf(root, file));
}

/**
 * The sources to look at, relative to the root and with forward slashes.
 * @param {string} root
 * @returns {string[]}
 */
function sourceFiles(root) {
  const packages = join(root, "packages");
  const folders = existsSync(packages) ? readdirSync(packages).map((name) => `packages/${name}/src`) : [];
  return [...folders, "test"]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${String(name)}`),
    )
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /\.[cm]?tsx?$/.test(file) && !/\/(?:node_modules|\.cache)\//.test(file));
}

/**
 * @param {string} root
 * @param {string} file
 * @returns {Import[]}
 */
function importsOf(root, file) {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest);
  /** @type {Import[]} */
  const found = [];
  visit(source);
  return found;

  /** @param {ts.Node} node */
  function visit(node) {
    const entry = importIn(node);
    if (entry !== null) {
      const { specifier, ...facts } = entry;
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      const target = specifier.startsWith(".") ? join(dirname(file), specifier).replaceAll("\\", "/") : null;
      found.push({ from: file, line, specifier, target, isTest: isTestFile(file), ...facts });
    }
    ts.forEachChild(node, visit);
  }
}

/**
 * @param {ts.Node} node
 * @returns {Pick<Import, "specifier" | "names" | "isType" | "isLazy"> | null}
 */
function importIn(node) {
  if (ts.isImportDeclaration(node)) {
    const clause = node.importClause;
    const bindings = clause?.namedBindings;
    const elements = bindings !== undefined && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
    return fact(node.moduleSpecifier, elements, clause?.isTypeOnly === true);
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    const clause = node.exportClause;
    const elements = clause !== undefined && ts.isNamedExports(clause) ? [...clause.elements] : [];
    return fact(node.moduleSpecifier, elements, node.isTypeOnly);
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const argument = node.arguments[0];
    return argument === undefined ? null : { ...fact(argument, [], false), isLazy: true };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return fact(node.argument.literal, [], true);
  return null;
}

/**
 * @param {ts.Node} specifier
 * @param {readonly (ts.ImportSpecifier | ts.ExportSpecifier)[]} elements
 * @param {boolean} isWholeTypeOnly
 */
function fact(specifier, elements, isWholeTypeOnly) {
  return {
    specifier: ts.isStringLiteralLike(specifier) ? specifier.text : "",
    names: elements.map((element) => (element.propertyName ?? element.name).text),
    isType: isWholeTypeOnly || (elements.length > 0 && elements.every((element) => element.isTypeOnly)),
    isLazy: false,
  };
}

/** @param {string} file */
function isTestFile(file) {
  return file.startsWith("test/") || /\.test\.ts$|\/fixtures\/|\/test-[\w-]+\.ts$|\/conformance\.ts$/.test(file);
}
