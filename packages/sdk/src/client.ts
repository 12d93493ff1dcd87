import { ConfigError } from "./errors.ts";
import { checkTimeout, createApiCalls } from "./http/call.ts";
import { undiciTransport, type Transport } from "./http/transport.ts";
import { Directories } from "./resources/directories.ts";
import { Events } from "./resources/events.ts";
import { Groups } from "./resources/groups.ts";
import { Organizations } from "./resources/organizations.ts";
import { Users } from "./resources/users.ts";
import { systemRuntime, type Runtime } from "./runtime.ts";
import { version } from "./version.ts";

const defaultBaseUrl = "https://api.workos.com";

/** How to reach the service. Everything is optional where the key is in the environment. */
export interface DirectorySyncOptions {
  /** Default: the variable `WORKOS_API_KEY`, then `DIRSYNC_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** Default `https://api.workos.com`. A path is kept, so the API may live below one. */
  readonly baseUrl?: string | undefined;
  /** Limit for each try of a call, body included. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Tries after the first one. Default 3; 0 means that nothing is repeated. */
  readonly retriesMax?: number | undefined;
  /** Default `undiciTransport()`. Recording, faults and other engines are functions around or instead of it. */
  readonly transport?: Transport | undefined;
  readonly runtime?: Runtime | undefined;
  /** Ends every call of this client, for example when the process stops. */
  readonly fetchSignal?: AbortSignal | undefined;
}

/**
 * Client for the WorkOS Directory Sync API, at WorkOS or at `@dirsync/server`. Options are resolved once, here; no
 * request is made before the first call. The API key is held where neither printing nor serialising a client shows it.
 * @throws ConfigError for a missing key, a malformed URL or a number out of range.
 */
export class DirectorySync {
  /** Where the service is, without a trailing slash. Names the log that a cursor belongs to. */
  readonly baseUrl: string;
  readonly directories: Directories;
  readonly users: Users;
  readonly groups: Groups;
  readonly events: Events;
  readonly organizations: Organizations;

  constructor(options: DirectorySyncOptions = {}) {
    this.baseUrl = resolveBaseUrl(options.baseUrl ?? defaultBaseUrl);
    const calls = createApiCalls({
      apiKey: resolveApiKey(options.apiKey),
      baseUrl: this.baseUrl,
      userAgent: `dirsync-sdk/${version}`,
      timeoutMs: checkTimeout(options.timeoutMs ?? 60_000),
      retriesMax: checkRetries(options.retriesMax ?? 3),
      transport: options.transport ?? undiciTransport(),
      runtime: options.runtime ?? systemRuntime,
      signal: options.fetchSignal,
    });
    this.directories = new Directories(calls);
    this.users = new Users(calls);
    this.groups = new Groups(calls);
    this.events = new Events(calls);
    this.organizations = new Organizations(calls);
  }
}

function resolveApiKey(given: string | undefined): string {
  if (given !== undefined) return checkApiKey(given, "apiKey");
  for (const name of ["WORKOS_API_KEY", "DIRSYNC_API_KEY"]) {
    const value = process.env[name];
    // A variable that is set but empty is how shells and CI say "not set".
    if (value !== undefined && value !== "") return checkApiKey(value, name);
  }
  const message = "There is no API key. Pass apiKey, or set WORKOS_API_KEY (or DIRSYNC_API_KEY).";
  throw new ConfigError(message, { where: "apiKey" });
}

function checkApiKey(key: string, where: string): string {
  if (key === "") throw new ConfigError("The API key is empty. Pass the whole key.", { where });
  // Anything else would be refused deep inside the transport, with the key in the message.
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  const message = `The API key in ${where} holds a space, a line break or a character that no key has. Copy it again.`;
  throw new ConfigError(message, { where });
}

function resolveBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const web = url !== null && (url.protocol === "https:" || url.protocol === "http:");
  if (url === null || !web) {
    throw badBaseUrl(`is not an http or https address, for example ${defaultBaseUrl}.`);
  }
  // Not repeated in the message: these parts are where secrets are put.
  if (url.username !== "" || url.password !== "") throw badBaseUrl("holds a user name or password. Leave them out.");
  if (url.search !== "" || url.hash !== "") throw badBaseUrl("holds a query or a fragment. Leave them out.");
  return (url.origin + url.pathname).replace(/\/+$/, "");
}

function badBaseUrl(problem: string): ConfigError {
  return new ConfigError(`baseUrl ${problem}`, { where: "baseUrl" });
}

function checkRetries(retriesMax: number): number {
  if (Number.isInteger(retriesMax) && retriesMax >= 0 && retriesMax <= 100) return retriesMax;
  const message = `retriesMax must be a whole number from 0 to 100, not ${retriesMax}.`;
  throw new ConfigError(message, { where: "retriesMax" });
}
