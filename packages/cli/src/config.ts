/** Flags, then environment variables, then defaults. The only reader of the environment. */
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { ConfigError } from "@dirsync/sdk";
import type { Context, Environment } from "./context.ts";

/** How to reach a directory-sync service. */
export interface ServiceConfig {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** Flags that name a service. */
export interface ServiceFlags {
  readonly baseUrl?: string;
  readonly apiKeyFile?: string;
}

const baseUrlDefault = "https://api.workos.com";

/** Variables that a hook inherits; everything else, our API key first of all, stays with us. */
const hookVariables = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR"];

/**
 * Where the service is and how to prove who we are.
 * @throws ConfigError naming the flag or variable.
 */
export function serviceConfig(flags: ServiceFlags, context: Context): ServiceConfig {
  const apiKey = apiKeyOf(flags.apiKeyFile, context);
  if (apiKey === null) {
    throw new ConfigError(
      "No API key. Set WORKOS_API_KEY or DIRSYNC_API_KEY, or name a file that holds it with --api-key-file.",
      { where: "--api-key-file" },
    );
  }
  return { baseUrl: baseUrlOf(flags, context.environment), apiKey };
}

/** The API key from the named file, else from the environment, else null. */
export function apiKeyOf(file: string | undefined, { environment, secrets }: Context): string | null {
  if (file !== undefined) return secrets.keep(readKeyFile(file));
  const given = environment["DIRSYNC_API_KEY"] ?? environment["WORKOS_API_KEY"];
  if (given === undefined) return null;
  if (given.trim() === "") {
    throw new ConfigError("The API key variable is set but empty.", { where: "DIRSYNC_API_KEY, WORKOS_API_KEY" });
  }
  return secrets.keep(given.trim());
}

/** The state file of `dirsync tail`: the flag, DIRSYNC_STATE, the service manager's folder, else the XDG state folder. */
export function stateFileOf(flag: string | undefined, environment: Environment): string {
  return resolve(flag ?? environment["DIRSYNC_STATE"] ?? join(stateFolder(environment), "tail.db"));
}

/** The data file of `dirsync serve`, by the same rules. */
export function dataFileOf(flag: string | undefined, environment: Environment): string {
  return resolve(flag ?? environment["DIRSYNC_DATA"] ?? join(stateFolder(environment), "server.db"));
}

/** The environment a hook gets. DIRSYNC_HOOK_ENV names further variables, separated by commas. */
export function hookEnvironment(environment: Environment): Record<string, string> {
  const further = (environment["DIRSYNC_HOOK_ENV"] ?? "").split(",").map((name) => name.trim());
  const names = [...hookVariables, ...Object.keys(environment).filter((name) => name.startsWith("LC_")), ...further];
  const inherited: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name];
    if (value !== undefined) inherited[name] = value;
  }
  return inherited;
}

/** Where compiled handler modules may be kept. */
export function cacheFolder(environment: Environment): string {
  return join(environment["XDG_CACHE_HOME"] ?? join(homeOf(environment), ".cache"), "dirsync");
}

/** True when the environment says that nobody is watching, as CI services do. */
export function isUnattended(environment: Environment): boolean {
  const ci = environment["CI"];
  return ci !== undefined && ci !== "" && ci !== "false";
}

function baseUrlOf({ baseUrl }: ServiceFlags, environment: Environment): string {
  const [where, given] =
    baseUrl === undefined ? ["DIRSYNC_BASE_URL", environment["DIRSYNC_BASE_URL"]] : ["--base-url", baseUrl];
  if (given === undefined || given === "") return baseUrlDefault;
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new ConfigError(`${where} is not an http or https URL: ${given}`, { where });
  }
  if (url.username !== "" || url.password !== "") {
    throw new ConfigError(`${where} must not contain a user name or password.`, { where });
  }
  return given.replace(/\/+$/, "");
}

function readKeyFile(file: string): string {
  const where = "--api-key-file";
  try {
    // A key that everybody on the machine may read is no secret.
    if ((statSync(file).mode & 0o004) !== 0) {
      throw new ConfigError(`${file} can be read by everybody. Run: chmod 600 ${file}`, { where });
    }
    const key = readFileSync(file, "utf8").trim();
    if (key === "") throw new ConfigError(`${file} is empty.`, { where });
    return key;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`Cannot read the API key file: ${reason}`, { where, cause: error });
  }
}

function stateFolder(environment: Environment): string {
  return (
    environment["STATE_DIRECTORY"] ??
    join(environment["XDG_STATE_HOME"] ?? join(homeOf(environment), ".local", "state"), "dirsync")
  );
}

function homeOf(environment: Environment): string {
  return environment["HOME"] ?? homedir();
}
