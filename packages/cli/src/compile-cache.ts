import { existsSync, mkdirSync, statSync } from "node:fs";
import nodeModule from "node:module";
import { dirname, join } from "node:path";
import { cacheFolder } from "./cache-folder.ts";
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
    // One by one: a home that is not there is none to be made, and in some places (`/proc`) Node would try to for ever.
    for (const each of [dirname(ours), ours, folder]) if (!existsSync(each)) mkdirSync(each, { mode: 0o700 });
    if ([ours, folder].every((each) => isOnlyOurs(each))) enable(folder);
  } catch {
    // A folder that cannot be made or read, or a disk that is full: this start compiles for itself.
  }
}

function isDecided(environment: Environment): boolean {
  return environment["NODE_COMPILE_CACHE"] !== undefined || environment["NODE_DISABLE_COMPILE_CACHE"] !== undefined;
}

function isOnlyOurs(folder: string): boolean {
  const { uid, mode } = statSync(folder);
  // Windows has neither, and keeps homes apart by itself.
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}
