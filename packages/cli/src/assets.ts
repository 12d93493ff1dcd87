import { fileURLToPath } from "node:url";

/** Files that ship beside the compiled code. Built or not, this module is one folder below the package's root. */

/** The demo's app. */
export const demoFolder = fileURLToPath(new URL("../demo/", import.meta.url));

/** The command itself, for starting it as a process of its own. */
export const binFile = fileURLToPath(new URL("../bin/dirsync.js", import.meta.url));

/** The process that `dirsync torture` puts handlers into. */
export const tortureChildFile = fileURLToPath(new URL("../dist/torture-child.js", import.meta.url));
