import { once } from "node:events";
import type { Server } from "node:http";
import { ConfigError } from "@dirsync/sdk";
import { createAdaptorServer } from "@hono/node-server";
import { resolveConfig } from "./config.ts";
import type { ServerConfig, ServerOptions, WebhookOptions } from "./config.ts";
import { createApp } from "./http/app.ts";
import { headerBytesMax, requestTimeoutMs } from "./http/limits.ts";
import type { Services } from "./http/services.ts";
import { createIds } from "./ids.ts";
import type { Store } from "./store/model.ts";
import { openSqlite } from "./store/sqlite.ts";
import { createStore } from "./store/store.ts";
import { TokenKeeper } from "./tokens/token-keeper.ts";
import { secretBox } from "./webhooks/secrets.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

/** Where to listen. */
export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
}

/** A directory-sync service: SCIM in, ordered events and the API out. */
export interface DirsyncServer {
  /** Answers a request without a socket; for tests and for embedding behind another router. */
  fetch(request: Request): Promise<Response>;
  /** Starts to listen. @throws ConfigError when the address is taken or not ours */
  listen(options: ListenOptions): Promise<{ readonly url: string }>;
  /** Finishes the requests under way, then closes the data file. Repeating it is harmless. */
  close(): Promise<void>;
}

// Longer than the 60 s after which Okta closes a quiet socket, so that it is the client that closes: a server that
// closes first races with the next request.
const keepAliveTimeoutMs = 75_000;

// A request that takes longer than this to finish is cut off when the server closes.
const drainTimeoutMs = 10_000;

/**
 * Opens the data file, creating and migrating it as needed, and puts the service together. Nothing listens yet.
 * @throws ConfigError, StateError
 */
export async function createServer(options: ServerOptions): Promise<DirsyncServer> {
  const config = resolveConfig(options);
  const store = createStore(openSqlite(config.dataFile));
  try {
    const ids = createIds(config.runtime, await store.read((data) => data.lastIds()));
    const webhooks = webhooksOf(config, store);
    if (options.webhooks !== undefined) await webhooks.check(anyPublicUrl(options.webhooks));
    await webhooks.start();
    const tokens = new TokenKeeper({ store, ids, runtime: config.runtime });
    await tokens.start();
    return serve({ config, store, ids, webhooks, tokens });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** An address that is refused only when the guard itself is wrong. */
function anyPublicUrl({ ports = [443] }: WebhookOptions): string {
  return `https://example.com:${String(ports[0] ?? 443)}`;
}

function webhooksOf(config: ServerConfig, store: Store): Webhooks {
  const { runtime, encryptionKey, webhookGuard: guard, webhookDelaysMs: delaysMs } = config;
  return new Webhooks({ store, runtime, box: secretBox(encryptionKey), guard, delaysMs });
}

function serve(services: Services): DirsyncServer {
  const { store, webhooks, tokens } = services;
  const app = createApp(services);
  const servers: Server[] = [];
  let closing: Promise<void> | null = null;

  async function fetch(request: Request): Promise<Response> {
    const response = await app.fetch(request);
    // So that a client with a kept-alive connection lets go of it.
    if (closing !== null) response.headers.set("Connection", "close");
    return response;
  }

  async function closeAll(): Promise<void> {
    await Promise.all(servers.map(stop));
    await webhooks.close();
    await tokens.close();
    await store.close();
  }

  return {
    fetch,
    listen: async ({ port, host }) => {
      const server = createAdaptorServer({
        fetch,
        serverOptions: { maxHeaderSize: headerBytesMax, requestTimeout: requestTimeoutMs },
      }) as Server;
      server.keepAliveTimeout = keepAliveTimeoutMs;
      server.listen(port, host);
      await listening(server, { port, host });
      servers.push(server);
      return { url: urlOf(server, host) };
    },
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}

// Short beside what a restart takes anyway.
const idleSweepMs = 50;

async function listening(server: Server, { port, host }: ListenOptions): Promise<void> {
  try {
    // Rejects when the server emits an error first.
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const reason = code === "EADDRINUSE" ? "the port is already in use; choose another" : `it failed with ${code}`;
    throw new ConfigError(`Cannot listen on ${host} port ${String(port)}: ${reason}.`, { where: "port", cause: error });
  }
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return `http://${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  // A connection whose answer was begun before is idle once that is sent, and its client may keep it for as long as it likes.
  const sweep = setInterval(() => server.closeIdleConnections(), idleSweepMs);
  const cutOff = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
  try {
    await closed;
  } finally {
    clearInterval(sweep);
    clearTimeout(cutOff);
  }
}
