import { undiciTransport } from "./undici-transport.ts";
import type { Transport } from "./transport.ts";

export { undiciTransport, type UndiciTransportOptions } from "./undici-transport.ts";

/** The transport of a client that is given none, on Node. The build for other runtimes has `default-transport-edge.ts` here. */
export function defaultTransport(): Transport {
  return undiciTransport();
}
