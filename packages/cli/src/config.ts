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

/** Ours first: it is the more specific one. */
const clientKeyVariables = ["DIRSYNC_API_KEY", "WORKOS_API_KEY"];

const baseUrlDefault = "https://api.workos.com";

/** Variables that a hook inherits; everything else, our API key first of all, stays with us. */
const hookVariables = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR"];

/**
 * Where the service is and how to prove who we are.
 * @throws ConfigError naming the flag or variable.
 */
export function serviceConfig(flags: ServiceFlags, context: Context): ServiceConfig {
  const apiKey = apiKeyOf(flags.apiKeyFile, clientKeyVariables, context);
  if (apiKey === null) {
    throw new ConfigError(
      "No API key. Set WORKOS_API_KEY or DIRSYNC_API_KEY, or name a file that holds it with --api-key-file.",
      { where: "--api-key-file" },
    );
  }
  return { baseUrl: baseUrlOf(flags, context.environment), apiKey };
}

/** The key that callers of our own server have to send, or null. Never a key of WorkOS: it would be given away. */
export function serverKeyOf(file: string | undefined, context: Context): string | null {
  return apiKeyOf(file, ["DIRSYNC_API_KEY"], context);
}

/** Where our own server can be reached from outside, when that is not where it listens. */
export function publicUrlOf({ environment }: Context): string | undefined {
  const given = environment["DIRSYNC_PUBLIC_URL"];
  return given === undefined || given === "" ? undefined : httpUrl(given, "DIRSYNC_PUBLIC_URL");
}

function apiKeyOf(
  file: string | undefined,
  variables: readonly string[],
  { environment, secrets }: Context,
): string | null {
  if (file !== undefined) return secrets.keep(readKeyFile(file));
  for (const name of variables) {
    const given = environment[name];
    if (given === undefined) continue;
    if (given.trim() !== "") return secrets.keep(given.trim());
    throw new ConfigError(`${name} is set but empty. Set it to the API key, or unset it.`, { where: name });
  }
  return null;
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
  return given === undefined || given === "" ? baseUrlDefault : httpUrl(given, where);
}

/** A URL without a trailing slash. What is none is not repeated in the error: it may be a key in the wrong place. */
function httpUrl(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new ConfigError(`${where} is not an http or https URL, such as http://127.0.0.1:4400.`, { where });
  }
  if (url.username !== "" || url.password !== "") {
    throw new ConfigError(`${where} must not contain a user name or password.`, { where });
  }
  return text.replace(/\/+$/, "");
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
