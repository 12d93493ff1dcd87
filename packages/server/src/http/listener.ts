import { once } from "node:events";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { boundConnections } from "@dirsync/consumer";
import { ConfigError } from "@dirsync/sdk";
import { createAdaptorServer } from "@hono/node-server";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { ConnectionCut } from "./connection-cut.ts";
import { headerBytesMax, requestTimeoutMs } from "./limits.ts";
import { answerUnparsable } from "./unparsable-request.ts";

/** Where to listen. */
export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
}

/** A socket that is listened on. */
export interface Listener {
  readonly url: string;
  /** Finishes the requests under way, cuts off those that take too long, and lets go of the address. */
  stop(): Promise<void>;
}

// Longer than the 60 s after which Okta closes a quiet socket, so that it is the client that closes: a server that
// closes first races with the next request.
const keepAliveTimeoutMs = 75_000;

// A request that takes longer than this to finish is cut off when the server closes.
const drainTimeoutMs = 10_000;

/** What clients may take of us who are slow, or pretend to be. */
export interface ClientLimits {
  /** Longest time a request may take to arrive. */
  readonly requestMs: number;
  /** Longest time in which nothing of an answer is taken. */
  readonly stallMs: number;
  /** How late it is found out at most that a request takes too long. */
  readonly checkEveryMs: number;
  readonly connectionsMax: number;
}

const clientLimits: ClientLimits = {
  requestMs: requestTimeoutMs,
  stallMs: 60_000,
  checkEveryMs: 1_000,
  // Each costs some kilobytes. Proxies keep some hundreds open.
  connectionsMax: 5_000,
};

/** Has `fetch` answer what arrives at this address. @throws ConfigError when the address is taken or not ours */
export async function listen(
  { port, host }: ListenOptions,
  fetch: (request: Request) => Promise<Response>,
  limits: ClientLimits = clientLimits,
): Promise<Listener> {
  let isStopping = false;

  async function answer(request: Request, { incoming, outgoing }: HttpBindings): Promise<Response> {
    try {
      const response = await fetch(request);
      // Until the answer is taken; Node sets its own for the time between requests.
      incoming.socket.setTimeout(limits.stallMs);
      // So that a client with a kept-alive connection lets go of it.
      if (isStopping) response.headers.set("Connection", "close");
      return response;
    } catch (error) {
      if (!(error instanceof ConnectionCut)) throw error;
      await error.carryOut(outgoing);
      incoming.socket.destroy();
      return RESPONSE_ALREADY_SENT;
    }
  }

  const server = createAdaptorServer({
    fetch: (request, bindings) => answer(request, bindings as HttpBindings),
    serverOptions: {
      maxHeaderSize: headerBytesMax,
      requestTimeout: limits.requestMs,
      headersTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkEveryMs,
    },
  }) as Server;
  server.keepAliveTimeout = keepAliveTimeoutMs;
  answerUnparsable(server);
  boundConnections(server, limits.connectionsMax);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(port, host);
  await listening(server, { port, host });
  return {
    url: urlOf(server, host),
    stop: async () => {
      isStopping = true;
      await stop(server, sockets);
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

async function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  closeIdle(server, sockets);
  // A connection whose answer was begun before is idle once that is sent, and its client may keep it for as long as it likes.
  const sweep = setInterval(() => closeIdle(server, sockets), idleSweepMs);
  const cutOff = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
  try {
    await closed;
  } finally {
    clearInterval(sweep);
    clearTimeout(cutOff);
  }
}

/** To Node, a connection on which nothing was asked yet is not idle. Clients open such ones for what may come. */
function closeIdle(server: Server, sockets: ReadonlySet<Socket>): void {
  server.closeIdleConnections();
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
}
