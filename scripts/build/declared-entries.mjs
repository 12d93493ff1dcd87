/** Folder of a package for its unbundled declarations, while a build runs. */
export const folderName = ".declarations";

/**
 * Where tsup finds the declarations of these entries: as written by `writeDeclarations` within a build of the workspace, else, when
 * a package is built by itself, in its sources. For the tsup.config.ts of a package.
 * @param {Readonly<Record<string, string>>} entries
 * @returns {Record<string, string>}
 */
export function declaredEntries(entries) {
  const isDeclared = process.env["DIRSYNC_BUILD_DECLARED"] === "1";
  const declared = (/** @type {string} */ source) => source.replace(/^src\/(.*)\.ts$/u, `${folderName}/$1.d.ts`);
  return Object.fromEntries(
    Object.entries(entries).map(([name, source]) => [name, isDeclared ? declared(source) : source]),
  );
}
