import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "@dirsync/sdk";
import type * as jiti from "jiti";
import { isOnlyOurs, makeFolders } from "./cache-folder.ts";

/**
 * What `import { defineConfig } from "@dirsync/cli"` means in a config file: this very package, which may be installed
 * where Node would not look for it. Built or not, the module beside this one.
 */
const ownPackage = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "index.ts" : "index.js", import.meta.url));

/** How a module is loaded. */
export interface LoadOptions {
  /** What it is, for the message when it cannot be loaded. */
  readonly what: string;
  /** Where compiled copies may be kept; false for nowhere. */
  readonly cacheFolder: string | false;
}

/**
 * Loads a TypeScript or JavaScript module of the user, anew each time, so that a change of it counts.
 * @throws ConfigError when it cannot be loaded.
 */
export async function loadModule(path: string, { what, cacheFolder }: LoadOptions): Promise<unknown> {
  const { createJiti } = loadJiti();
  try {
    const alias = { "@dirsync/cli": ownPackage };
    const fsCache = cacheFolder !== false && isSafe(cacheFolder) ? cacheFolder : false;
    const jiti = createJiti(import.meta.url, { fsCache, moduleCache: false, alias });
    return await jiti.import(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`Cannot load the ${what} ${path}: ${reason}`, { where: path, cause: error });
  }
}

/** What lies in it is run. A module is only compiled anew where it cannot be used. */
function isSafe(folder: string): boolean {
  try {
    makeFolders([dirname(folder), folder]);
    return isOnlyOurs(folder);
  } catch {
    return false;
  }
}

/**
 * Here, because a tail without modules would take half as long again to start; and not by `import`, for which Node reads a
 * CommonJS module once more to see what it exports by name: of jiti's one long file that is two thirds of loading it.
 */
function loadJiti(): typeof jiti {
  const require = createRequire(import.meta.url);
  return require("jiti") as typeof jiti;
}

/** The default export of a module, whichever module system it was written for. */
export function defaultExportOf(module: unknown): unknown {
  if (!isObject(module) || !("default" in module)) return undefined;
  const exported = module["default"];
  return isObject(exported) && isObject(exported["default"]) ? exported["default"] : exported;
}

/** True for what can have properties. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
