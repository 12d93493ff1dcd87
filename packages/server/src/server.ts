import { resolveConfig } from "./config.ts";
import type { ServerOptions } from "./config.ts";
import { listen } from "./http/listener.ts";
import type { Listener, ListenOptions } from "./http/listener.ts";
import { openService } from "./service.ts";

/** A directory-sync service: SCIM in, ordered events and the API out. */
export interface DirsyncServer {
  /** Answers a request without a socket; for tests and for embedding behind another router. */
  fetch(request: Request): Promise<Response>;
  /**
   * What there is to watch, in Prometheus's text format (0.0.4): requests by route and status, SCIM latency, the log, how far
   * webhook endpoints are behind, the last backup. Serve it where only your scraper can reach it: it needs no key.
   * @throws StateError
   */
  metrics(): Promise<string>;
  /** Starts to listen. @throws ConfigError when the address is taken or not ours */
  listen(options: ListenOptions): Promise<{ readonly url: string }>;
  /** Finishes the requests under way, then closes the data file. Repeating it is harmless. */
  close(): Promise<void>;
}

/**
 * Opens the data file, creating and migrating it as needed, and puts the service together. Nothing listens yet.
 * @throws ConfigError, StateError
 */
export async function createServer(options: ServerOptions): Promise<DirsyncServer> {
  const service = await openService(resolveConfig(options));
  const listeners: Listener[] = [];
  let closing: Promise<void> | null = null;

  async function closeAll(): Promise<void> {
    await Promise.all(listeners.map((listener) => listener.stop()));
    await service.close();
  }

  return {
    fetch: service.fetch,
    metrics: service.metrics,
    listen: async (address) => {
      const listener = await listen(address, service.fetch);
      listeners.push(listener);
      return { url: listener.url };
    },
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}
