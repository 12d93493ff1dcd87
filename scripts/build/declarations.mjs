import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import ts from "typescript";
import { folderName } from "./declared-entries.mjs";

/**
 * Writes the declarations of all packages, a file for each source, for tsup to bundle: see declared-entries.mjs. One program writes
 * them all, because five of them would read and work out again what the packages have in common, which takes four times as long.
 * Only what the entries show is written, for the same reason.
 * @param {string} root of the workspace
 * @throws {Error} when a declaration cannot be written
 */
export function writeDeclarations(root) {
  removeDeclarations(root);
  const waiting = packagesIn(root).flatMap(entriesOf);
  if (waiting.length === 0) return;
  const program = ts.createProgram(waiting, compilerOptions(root));
  const seen = new Set(waiting);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const shown of writeDeclaration(program, file)) {
      if (seen.has(shown)) continue;
      seen.add(shown);
      waiting.push(shown);
    }
  }
}

/**
 * Removes what `writeDeclarations` wrote.
 * @param {string} root
 */
export function removeDeclarations(root) {
  for (const folder of packagesIn(root)) rmSync(join(folder, folderName), { recursive: true, force: true });
}

/**
 * @param {string} root
 * @returns {string[]} paths of the packages' folders
 */
function packagesIn(root) {
  return readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
}

/**
 * Every source that the package's tsup.config.ts gives to `declaredEntries`; what it builds besides is for nobody to import.
 * @param {string} folder
 * @returns {string[]}
 */
function entriesOf(folder) {
  const config = join(folder, "tsup.config.ts");
  if (!existsSync(config)) return [];
  const text = readFileSync(config, "utf8");
  const [, name = ""] = /\bdeclaredEntries\((\w+)\)/u.exec(text) ?? [];
  const [, entries = ""] = new RegExp(`const ${name} = \\{([^}]*)\\}`, "u").exec(text) ?? [];
  return [...entries.matchAll(/"(src\/[^"]+\.ts)"/gu)].map(([, source = ""]) => join(folder, source));
}

/**
 * @param {string} root
 * @returns {ts.CompilerOptions}
 */
function compilerOptions(root) {
  const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  // Types are checked once, by the gate `types`, and not again with each declaration that is written.
  return { ...options, noCheck: true, noEmit: false, declaration: true, emitDeclarationOnly: true };
}

/**
 * @param {ts.Program} program
 * @param {string} file
 * @returns {string[]} files of the same package that its declaration refers to
 */
function writeDeclaration(program, file) {
  /** @type {string[]} */
  const shown = [];
  const source = program.getSourceFile(file);
  if (source === undefined) throw new Error(`${file} is named by a tsup.config.ts and is not there.`);
  const { diagnostics } = program.emit(
    source,
    (_name, text) => {
      const path = declarationOf(file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      const { importedFiles } = ts.preProcessFile(text);
      shown.push(...importedFiles.flatMap(({ fileName }) => near(file, fileName)));
    },
    undefined,
    true,
  );
  const [first] = diagnostics;
  if (first !== undefined) throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(first.messageText, "\n")}`);
  return shown;
}

/**
 * @param {string} file
 * @returns {string} `packages/NAME/src/a/b.ts` → `packages/NAME/.declarations/a/b.d.ts`
 */
function declarationOf(file) {
  const marker = `${sep}src${sep}`;
  const at = file.indexOf(marker, file.lastIndexOf(`${sep}packages${sep}`));
  const folder = file.slice(0, at);
  return join(folder, folderName, relative(join(folder, "src"), file)).replace(/\.ts$/u, ".d.ts");
}

/**
 * @param {string} file
 * @param {string} specifier
 * @returns {string[]} the file it names, where it is no package
 */
function near(file, specifier) {
  return specifier.startsWith(".") ? [resolve(dirname(file), specifier)] : [];
}
