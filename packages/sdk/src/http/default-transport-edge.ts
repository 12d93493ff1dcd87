import { ConfigError } from "../errors.ts";
import { fetchTransport } from "./fetch-transport.ts";
import type { Transport } from "./transport.ts";
import type { UndiciTransportOptions } from "./undici-transport.ts";

export type { UndiciTransportOptions } from "./undici-transport.ts";

/**
 * The transport of a client that is given none, where there is no Node.
 * @throws ConfigError in a web page: everybody who opens it could read the API key.
 */
export function defaultTransport(): Transport {
  if ("document" in globalThis) {
    const advice = "Call the service from a server. In a test that only pretends, pass transport: fetchTransport().";
    throw new ConfigError(`An API key in a web page is public. ${advice}`, { where: "transport" });
  }
  return fetchTransport();
}

/** @throws ConfigError always: undici needs Node. */
export function undiciTransport(_options: UndiciTransportOptions = {}): Transport {
  throw new ConfigError("undiciTransport needs Node. Use fetchTransport here.", { where: "transport" });
}
