import { fileURLToPath } from "node:url";

/** Files that ship beside the compiled code. Built or not, this module is one folder below the package's root. */

/** The demo's app. */
export const demoFolder = fileURLToPath(new URL("../demo/", import.meta.url));

/** The command itself, for starting it as a process of its own. */
export const binFile = fileURLToPath(new URL("../bin/dirsync.js", import.meta.url));
