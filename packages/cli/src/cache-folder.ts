import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "./context.ts";

/** Where compiled code may be kept: of handler modules, and of this program. */
export function cacheFolder(environment: Environment): string {
  return join(environment["XDG_CACHE_HOME"] ?? join(homeOf(environment), ".cache"), "dirsync");
}

/** The folder of whoever runs this program. */
export function homeOf(environment: Environment): string {
  return environment["HOME"] ?? homedir();
}
