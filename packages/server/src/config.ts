import { ConfigError, systemRuntime } from "@dirsync/sdk";
import type { Runtime } from "@dirsync/sdk";
import { digestOf } from "./ids.ts";

/** What `createServer` takes. */
export interface ServerOptions {
  /** Path of the database, created when missing, or `:memory:`. */
  readonly dataFile: string;
  /** The key that callers of the API send as `Authorization: Bearer <key>`. */
  readonly apiKey: string;
  /**
   * Address under which identity providers reach this server, for example `https://scim.example.com`. Default: the
   * address each request was sent to.
   */
  readonly publicUrl?: string;
  /** Clock and log. Default: the system's clock and no log. */
  readonly runtime?: Runtime;
}

/** The options, checked and complete. */
export interface ServerConfig {
  readonly dataFile: string;
  readonly apiKeyDigest: string;
  /** Without a slash at the end; null for the address of each request. */
  readonly publicUrl: string | null;
  readonly runtime: Runtime;
}

/** Checks the options once, so that nothing behind does. @throws ConfigError */
export function resolveConfig(options: ServerOptions): ServerConfig {
  if (options.dataFile === "") {
    throw new ConfigError("The data file has no name; give a path or :memory:.", { where: "dataFile" });
  }
  // An empty key would let in everybody who sends no key at all.
  if (options.apiKey.trim() === "") {
    throw new ConfigError("The API key is empty; set one that callers have to send.", { where: "apiKey" });
  }
  return {
    dataFile: options.dataFile,
    apiKeyDigest: digestOf(options.apiKey.trim()),
    publicUrl: options.publicUrl === undefined ? null : checkedUrl(options.publicUrl),
    runtime: options.runtime ?? systemRuntime,
  };
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new ConfigError("The public URL must be an http or https address without a query.", { where: "publicUrl" });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/u, "")}`;
}
