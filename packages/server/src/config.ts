import type { TargetGuard } from "@dirsync/consumer";
import { ConfigError, systemRuntime } from "@dirsync/sdk";
import type { Runtime } from "@dirsync/sdk";
import { digestOf } from "./ids.ts";
import type { KeepEvents } from "./retention.ts";
import type { ScimRate } from "./scim/rate-limit.ts";
import { delaysMsDefault } from "./webhooks/schedule.ts";
import { fingerprintOf } from "./webhooks/secrets.ts";

/** What `createServer` takes. */
export interface ServerOptions {
  /** Path of the database, created when missing, or `:memory:`. */
  readonly dataFile: string;
  /**
   * The key that callers of the API send as `Authorization: Bearer <key>`. Several while one takes the place of another: each of
   * them is let in, and the first is the one that stays.
   */
  readonly apiKey: string | readonly string[];
  /**
   * Address under which identity providers reach this server, for example `https://scim.example.com`. Default: the
   * address each request was sent to.
   */
  readonly publicUrl?: string;
  /** How webhook endpoints are told of events. */
  readonly webhooks?: WebhookOptions;
  /**
   * Encrypts what has to be stored and read again: the signing secrets of webhook endpoints. Default: made of the API key, so
   * that with another API key they cannot be read; set it to be free to change that one. At least 16 characters. Several while
   * one takes the place of another: what any of them has sealed can be read, and is sealed anew under the first when the server
   * starts.
   */
  readonly encryptionKey?: string | readonly string[];
  /**
   * How much of what identity providers send is kept for looking at: requests with their answers, people in them, without
   * passwords and tokens. Default the last 10,000, for 7 days. `requestsMax` 0 keeps nothing.
   */
  readonly scimLog?: ScimLogOptions;
  /**
   * How many SCIM requests each directory may send; what is more is refused with 429 and Retry-After. A hundred rows that are read
   * for one, and each operation of a bulk request, count as one more. Default no limit; `dirsync serve` has one.
   */
  readonly scimRate?: ScimRate;
  /** How long events stay in the log. Default for ever; `dirsync serve` keeps them for 90 days. */
  readonly keepEvents?: KeepEvents;
  /** Clock and log. Default: the system's clock and no log. */
  readonly runtime?: Runtime;
}

/**
 * Where webhooks may go, and when. Unless said otherwise, to https addresses that are public; a server in memory
 * (`:memory:`) also reaches this machine, where the test is that it is for.
 */
export interface WebhookOptions extends TargetGuard {
  /**
   * Milliseconds to wait after each failed try; one try more than there are waits. Up to half of each is taken off at
   * random. Default: nine waits from 5 seconds to 24 hours, as Standard Webhooks recommends.
   */
  readonly delaysMs?: readonly number[];
}

/** Bounds of the log of SCIM requests; whichever is reached first. */
export interface ScimLogOptions {
  readonly requestsMax?: number;
  readonly days?: number;
}

/** At least one. */
type Several = readonly [string, ...string[]];

/** The options, checked and complete. */
export interface ServerConfig {
  readonly dataFile: string;
  /** Of every key that is let in; that of the one that stays is first. */
  readonly apiKeyDigests: Several;
  /** Without a slash at the end; null for the address of each request. */
  readonly publicUrl: string | null;
  readonly runtime: Runtime;
  /** What the keys are made of that encrypt secrets; the one that seals is first. */
  readonly encryptionKeys: Several;
  readonly webhookGuard: TargetGuard;
  readonly webhookDelaysMs: readonly number[];
  readonly scimLog: Required<ScimLogOptions>;
  readonly scimRate: ScimRate;
  readonly keepEvents: KeepEvents;
}

/** Checks the options once, so that nothing behind does. @throws ConfigError */
export function resolveConfig(options: ServerOptions): ServerConfig {
  if (options.dataFile === "") {
    throw new ConfigError("The data file has no name; give a path or :memory:.", { where: "dataFile" });
  }
  return {
    dataFile: options.dataFile,
    apiKeyDigests: apiKeyDigestsOf(options),
    publicUrl: options.publicUrl === undefined ? null : checkedUrl(options.publicUrl),
    runtime: options.runtime ?? systemRuntime,
    encryptionKeys: encryptionKeysOf(options),
    ...webhooksOf(options),
    scimLog: scimLogOf(options),
    scimRate: scimRateOf(options),
    keepEvents: keepEventsOf(options),
  };
}

function apiKeyDigestsOf({ apiKey }: Pick<ServerOptions, "apiKey">): Several {
  return eachOf(apiKey, (key) => {
    // An empty key would let in everybody who sends no key at all.
    if (key !== "") return digestOf(key);
    throw new ConfigError("The API key is empty; set one that callers have to send.", { where: "apiKey" });
  });
}

function keepEventsOf({ keepEvents = {} }: ServerOptions): KeepEvents {
  const { days = 1, eventsMax = 1 } = keepEvents;
  if (days > 0 && Number.isSafeInteger(eventsMax) && eventsMax >= 1) return keepEvents;
  throw new ConfigError("Events are kept for more than 0 days, and at least 1 of them.", { where: "keepEvents" });
}

function scimRateOf({ scimRate = { perSecond: 0, burst: 1 } }: ServerOptions): ScimRate {
  if (scimRate.perSecond >= 0 && scimRate.burst >= 1) return scimRate;
  throw new ConfigError("A directory may send 0 (no limit) or more requests a second, and 1 or more at once.", {
    where: "scimRate",
  });
}

// Enough to see what a provider did this week, and some hundred megabytes at the worst.
const scimLogDefault = { requestsMax: 10_000, days: 7 };

function scimLogOf({ scimLog = {} }: ServerOptions): Required<ScimLogOptions> {
  const { requestsMax, days } = { ...scimLogDefault, ...scimLog };
  if (Number.isSafeInteger(requestsMax) && requestsMax >= 0 && days > 0) return { requestsMax, days };
  throw new ConfigError("The log of SCIM requests keeps a whole number of requests, for more than 0 days.", {
    where: "scimLog",
  });
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new ConfigError("The public URL must be an http or https address without a query.", { where: "publicUrl" });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/u, "")}`;
}

// Fewer are guessed; what they protect can be tried against without the server noticing.
const encryptionKeyCharactersMin = 16;

/**
 * Tells which keys a server with these options encrypts secrets with, the one that seals first, as `keyFingerprint` of a backup
 * does; no key can be found by it. @throws ConfigError for an encryption key that is too short
 */
export function keyFingerprints(options: Pick<ServerOptions, "apiKey" | "encryptionKey">): readonly string[] {
  return encryptionKeysOf(options).map(fingerprintOf);
}

function encryptionKeysOf({ encryptionKey, apiKey }: Pick<ServerOptions, "apiKey" | "encryptionKey">): Several {
  if (encryptionKey === undefined) return apiKeyDigestsOf({ apiKey });
  return eachOf(encryptionKey, (key) => {
    if (key.length >= encryptionKeyCharactersMin) return key;
    throw new ConfigError(
      `The encryption key is shorter than ${String(encryptionKeyCharactersMin)} characters; make one with: openssl rand -base64 32`,
      { where: "encryptionKey" },
    );
  });
}

/** One key or several, each without blanks around it. None counts as an empty one. */
function eachOf(keys: string | readonly string[], check: (key: string) => string): Several {
  const [first = "", ...others] = [keys].flat().map((key) => key.trim());
  return [check(first), ...others.map(check)];
}

/** The longest wait that a timer can be set to is shorter than a month; a schedule has no need of one. */
const delayMsMax = 7 * 24 * 60 * 60 * 1_000;
const delaysMax = 50;

function webhooksOf({
  webhooks = {},
  dataFile,
}: ServerOptions): Pick<ServerConfig, "webhookGuard" | "webhookDelaysMs"> {
  const { delaysMs = delaysMsDefault, ...guard } = webhooks;
  const isFine = delaysMs.length <= delaysMax && delaysMs.every((delay) => delay >= 0 && delay <= delayMsMax);
  if (!isFine) {
    throw new ConfigError(
      `Webhooks can wait at most ${String(delaysMax)} times, and from 0 to ${String(delayMsMax)} ms each.`,
      { where: "webhooks.delaysMs" },
    );
  }
  return { webhookGuard: { loopback: dataFile === ":memory:", ...guard }, webhookDelaysMs: delaysMs };
}
