import { fileURLToPath } from "node:url";
import ts from "typescript";

const cache = fileURLToPath(new URL("../.cache", import.meta.url)).replaceAll("\\", "/");

/**
 * Makes programs for TypeScript to check, and reads each library and package only once for all of them: to read and bind
 * them takes far longer than what a test has to check. Files below `test/.cache` are read anew for each program.
 */
export function programMaker(options: ts.CompilerOptions): (files: readonly string[]) => ts.Program {
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  const known = new Map<string, ts.SourceFile | undefined>();
  host.getSourceFile = (name, ...rest) => {
    if (name.startsWith(cache)) return getSourceFile(name, ...rest);
    if (!known.has(name)) known.set(name, getSourceFile(name, ...rest));
    return known.get(name);
  };
  return (files) => ts.createProgram(files, options, host);
}
