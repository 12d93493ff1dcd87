import { ConfigError } from "./errors.ts";
import { apiKeySource, checkApiKey, type ApiKey } from "./http/api-key.ts";
import { type ApiCalls, checkRetries, createApiCalls } from "./http/call.ts";
import { defaultTransport } from "./http/default-transport.ts";
import { watchWith, type RequestHooks } from "./http/hooks.ts";
import { checkMs, webAddress } from "./http/limits.ts";
import { createRateLimiter } from "./http/rate-limit.ts";
import type { Transport } from "./http/transport.ts";
import { Directories } from "./resources/directories.ts";
import { Events } from "./resources/events.ts";
import { Groups } from "./resources/groups.ts";
import { Organizations } from "./resources/organizations.ts";
import { Portal } from "./resources/portal.ts";
import { Users } from "./resources/users.ts";
import { WebhookEndpoints } from "./resources/webhook-endpoints.ts";
import { systemRuntime, type Runtime } from "./runtime.ts";
import { version } from "./version.ts";

const defaultBaseUrl = "https://api.workos.com";

/** How to reach the service. Everything is optional where the key is in the environment. */
export interface DirectorySyncOptions {
  /**
   * The key, or a function that finds it, for keys that are rotated while the process runs. The function is asked at the
   * first call and its answer is kept; after a 401 or 403 it is asked again, and where it has another key, the call is
   * made again at once. Default: the variable `DIRSYNC_API_KEY`, then `WORKOS_API_KEY`.
   */
  readonly apiKey?: ApiKey | undefined;
  /** Default: the variable `DIRSYNC_BASE_URL`, then `https://api.workos.com`. A path is kept, so the API may live below one. */
  readonly baseUrl?: string | undefined;
  /** Limit for each try of a call, body included. Default 60,000; 0 is refused, because it would end every call. */
  readonly timeoutMs?: number | undefined;
  /** Tries after the first one. Default 3; 0 means that nothing is repeated. */
  readonly retriesMax?: number | undefined;
  /** Default `undiciTransport()` on Node and `fetchTransport()` elsewhere. Recording, faults and other engines are functions around or instead of it. */
  readonly transport?: Transport | undefined;
  /**
   * Whether to keep below the service's documented rate limits by waiting. Default: only where the service is
   * `api.workos.com` or has spoken of a limit, and never on this machine. A refusal for the rate is waited out and
   * repeated in any case.
   */
  readonly rateLimit?: boolean | undefined;
  /** What watches the calls, for logs, metrics and traces. */
  readonly hooks?: readonly RequestHooks[] | undefined;
  /** Time, randomness and the log. Default the real ones, without a log. */
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
  /** What customers have connected: one for each provider. */
  readonly directories: Directories;
  /** The people of directories, as they are now. */
  readonly users: Users;
  /** The groups of directories, and whose groups they are. */
  readonly groups: Groups;
  /** What has changed, oldest first. Who keeps a copy follows this and not the lists. */
  readonly events: Events;
  /** The app's customers. */
  readonly organizations: Organizations;
  /** Where the service sends webhooks. They are received by `@dirsync/sdk/webhooks`. */
  readonly webhookEndpoints: WebhookEndpoints;
  /** Links to the portal, where a customer's administrator connects a directory. */
  readonly portal: Portal;

  constructor(options: DirectorySyncOptions = {}) {
    const { baseUrl, calls } = connect(options);
    this.baseUrl = baseUrl;
    this.directories = new Directories(calls);
    this.users = new Users(calls);
    this.groups = new Groups(calls);
    this.events = new Events(calls);
    this.organizations = new Organizations(calls);
    this.webhookEndpoints = new WebhookEndpoints(calls);
    this.portal = new Portal(calls);
  }
}

/** What resources call through. */
export interface Connection {
  readonly baseUrl: string;
  readonly calls: ApiCalls;
}

/**
 * Resolves what a client is given.
 * @throws ConfigError for a missing key, a malformed URL or a number out of range.
 */
export function connect(options: DirectorySyncOptions): Connection {
  const baseUrl = resolveBaseUrl(options.baseUrl ?? variable("DIRSYNC_BASE_URL") ?? defaultBaseUrl);
  const runtime = options.runtime ?? systemRuntime;
  const calls = createApiCalls({
    apiKey: apiKeySource(options.apiKey ?? keyOfEnvironment(), runtime),
    baseUrl,
    userAgent: `dirsync-sdk/${version}`,
    timeoutMs: checkMs(options.timeoutMs ?? 60_000, "timeoutMs"),
    retriesMax: checkRetries(options.retriesMax ?? 3),
    transport: options.transport ?? defaultTransport(),
    rateLimiter: createRateLimiter({ rateLimit: options.rateLimit, baseUrl, runtime }),
    watch: watchWith(options.hooks ?? [], runtime),
    runtime,
    signal: options.fetchSignal,
  });
  return { baseUrl, calls };
}

/** The same variables in the same order as the command, so that a key is sent where it is for. */
function keyOfEnvironment(): string {
  for (const name of ["DIRSYNC_API_KEY", "WORKOS_API_KEY"]) {
    const key = variable(name);
    if (key !== undefined) return checkApiKey(key, name);
  }
  const message = "No API key: pass apiKey, or set DIRSYNC_API_KEY or WORKOS_API_KEY.";
  throw new ConfigError(message, { where: "apiKey" });
}

function variable(name: string): string | undefined {
  // Edge runtimes may have no process, and pass what is configured to the handler instead.
  const value = typeof process === "undefined" ? "" : process.env[name];
  // A variable that is set but empty is how shells and CI say "not set".
  return value === "" ? undefined : value;
}

function resolveBaseUrl(text: string): string {
  const url = webAddress(text);
  if (url === null) throw badBaseUrl(`is not an http or https address, for example ${defaultBaseUrl}.`);
  // Not repeated in the message: these parts are where secrets are put.
  if (url.username + url.password + url.search + url.hash !== "") {
    throw badBaseUrl("holds a user name, password, query or fragment. Leave it out.");
  }
  return (url.origin + url.pathname).replace(/\/+$/, "");
}

function badBaseUrl(problem: string): ConfigError {
  return new ConfigError(`baseUrl (DIRSYNC_BASE_URL) ${problem}`, { where: "baseUrl" });
}
