import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Enough for an app; beyond it, changes are not noticed. */
const filesMax = 2_000;

/** `from "./x"`, `import "./x"`, `import("./x")` and `require("./x")`. Too many do no harm: what is no file is passed over. */
const specifier = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

const endings = [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".json"];

/** The module and the files of the app that it imports, directly or not. Packages are not among them. */
export function moduleFiles(entry: string): readonly string[] {
  const found = new Set([resolve(entry)]);
  for (const file of found) {
    for (const [, path = ""] of contentOf(file).matchAll(specifier)) {
      const imported = fileAt(resolve(dirname(file), path));
      if (imported !== null && found.size < filesMax) found.add(imported);
    }
  }
  return [...found];
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It may be gone for the moment in which an editor replaces it.
    return "";
  }
}

function fileAt(path: string): string | null {
  // TypeScript names the file that comes out: `./x.js` is written as `x.ts`.
  const bare = path.replace(/\.([cm]?)jsx?$/, ".$1ts");
  const places = [
    path,
    bare,
    ...endings.map((ending) => path + ending),
    ...endings.map((ending) => `${path}/index${ending}`),
  ];
  return places.find(isFile) ?? null;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
