import nodeModule from "node:module";
import { dirname, join } from "node:path";
import { cacheFolder, makeFolders, isOnlyOurs } from "./cache-folder.ts";
import type { Environment } from "./context.ts";

/** How Node is told to keep what it compiles in a folder. It reports what is in its way, and hardly ever throws. */
type Enable = (folder: string) => unknown;

/** Node has it from version 22 on. */
const enableHere = (nodeModule as { readonly enableCompileCache?: Enable }).enableCompileCache ?? null;

/**
 * Has Node keep what it compiles of this program from here on, and take it from there at the next start. Never fails: what keeps
 * it from that costs a start some milliseconds and nothing else.
 *
 * Node's own place for it is the folder for temporary files, which others may write to, and what lies there is run. So it goes into a folder
 * of whoever runs this, and that of somebody else, as under `sudo -E`, is left alone. Who names one in `NODE_COMPILE_CACHE` gets that from Node itself.
 */
export function keepCompiled(environment: Environment, enable: Enable | null = enableHere): void {
  if (enable === null || isDecided(environment)) return;
  try {
    const ours = cacheFolder(environment);
    const folder = join(ours, "compiled");
    makeFolders([dirname(ours), ours, folder]);
    if ([ours, folder].every((each) => isOnlyOurs(each))) enable(folder);
  } catch {
    // A folder that cannot be made or read, or a disk that is full: this start compiles for itself.
  }
}

function isDecided(environment: Environment): boolean {
  return environment["NODE_COMPILE_CACHE"] !== undefined || environment["NODE_DISABLE_COMPILE_CACHE"] !== undefined;
}
