import { existsSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Environment } from "./context.ts";

/** Where compiled code may be kept: of handler modules, and of this program. */
export function cacheFolder(environment: Environment): string {
  return join(xdgFolder(environment, "XDG_CACHE_HOME") ?? join(homeOf(environment), ".cache"), "dirsync");
}

/** Makes those that are not there, for us alone. */
export function makeFolders(folders: readonly string[]): void {
  // One by one: a home that is not there is none to be made, and in some places (`/proc`) Node would try to for ever.
  for (const each of folders) if (!existsSync(each)) mkdirSync(each, { mode: 0o700 });
}

/** False where somebody else could put code into a folder that we would run, as under `sudo -E`. */
export function isOnlyOurs(folder: string): boolean {
  const { uid, mode } = statSync(folder);
  // Windows has neither, and keeps homes apart by itself.
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}

/** The folder of whoever runs this program. */
export function homeOf(environment: Environment): string {
  return environment["HOME"] ?? homedir();
}

/**
 * The folder that a variable of the XDG Base Directory Specification names; null where it names none. One that is empty or relative
 * is to be ignored, says that: files would come to lie wherever a program happens to be started.
 */
export function xdgFolder(environment: Environment, name: "XDG_CACHE_HOME" | "XDG_STATE_HOME"): string | null {
  const given = environment[name];
  return given !== undefined && isAbsolute(given) ? given : null;
}
