/** Listens for webhooks that only ring: what happened is read from the ordered log. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, isDirsyncError, type Runtime, systemRuntime } from "@dirsync/sdk";
import type { receiveNode } from "@dirsync/sdk/webhooks";
import { boundConnections } from "../bound-connections.ts";
import { createDoorbell } from "../doorbell.ts";
import type { Doorbell } from "../model.ts";

/** Where webhooks arrive, and whose they must be. */
export interface WebhookListenerOptions {
  /** Default 127.0.0.1: a proxy on this machine takes the webhooks from outside and speaks TLS. */
  readonly host?: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** The secrets of the webhook endpoint, more than one while one replaces another. Asked for with every request. */
  readonly secrets: () => readonly string[];
  /** Largest body that is read. Default 1 MiB. */
  readonly bodyBytesMax?: number;
  readonly runtime?: Runtime;
}

/** A doorbell that webhooks ring. */
export interface WebhookListener extends Doorbell {
  readonly url: string;
  /** Stops listening; what is being answered gets its answer. Resolves when no connection is left. */
  close(): Promise<void>;
}

/** A webhook is small, and whoever sends one is a program in a hurry. */
const requestMsMax = 10_000;
const headersMsMax = 5_000;
const idleMsMax = 5_000;
/** How late that is found out at most. Node looks every 30 seconds unless told otherwise. */
const checkEveryMs = 1_000;
const headerBytesMax = 16 * 1024;
const connectionsMax = 256;

/** How long requests under way may take once it closes. */
const closeMsMax = 1_000;

/** Refused requests are told of at most this often: whoever sends them must not fill the log. */
const complainEveryMs = 60_000;

/**
 * Starts to listen. A request whose signature is right is answered with 204 and rings; any other gets 4xx and does not.
 * @throws ConfigError when the address cannot be listened at, or when there is no secret.
 */
export async function listenForWebhooks(options: WebhookListenerOptions): Promise<WebhookListener> {
  const { host = "127.0.0.1", port, secrets, runtime = systemRuntime } = options;
  if (secrets().length === 0) throw new ConfigError("There is no webhook secret.", { where: "secrets" });
  // Most tails have no doorbell, and start without what only it needs.
  const { createServer } = await import("node:http");
  const { receiveNode: receive } = await import("@dirsync/sdk/webhooks");
  const doorbell = createDoorbell();
  const complain = complainer(runtime);
  const limits = {
    requestTimeout: requestMsMax,
    headersTimeout: headersMsMax,
    keepAliveTimeout: idleMsMax,
    connectionsCheckingInterval: checkEveryMs,
  };
  const server = createServer({ ...limits, maxHeaderSize: headerBytesMax }, (request, response) => {
    void verdictOn(request, options, receive).then(({ status, reason }) => {
      if (reason === null) doorbell.ring();
      else complain(reason);
      reply(response, status, reason);
    });
  });
  boundConnections(server, connectionsMax);
  // A connection that is cut, and bytes that are no request, are not worth a line each.
  server.on("clientError", (_error, socket) => void socket.destroy());
  await listen(server, host, port);
  const { port: actualPort } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${actualPort}`,
    rung: (signal) => doorbell.rung(signal),
    close: () => close(server),
  };
}

/** An answer, and what was wrong in a word; null when nothing was. */
interface WebhookVerdict {
  readonly status: number;
  readonly reason: string | null;
}

async function verdictOn(
  request: IncomingMessage,
  options: WebhookListenerOptions,
  receive: typeof receiveNode,
): Promise<WebhookVerdict> {
  if (request.method !== "POST") return { status: 405, reason: "method" };
  const { bodyBytesMax } = options;
  try {
    await receive(request, { secret: options.secrets(), ...(bodyBytesMax === undefined ? {} : { bodyBytesMax }) });
    return { status: 204, reason: null };
  } catch (error) {
    if (!isDirsyncError(error)) return { status: 500, reason: "failed" };
    // Rightly signed, and not an event we could read: it is not read from here anyway.
    if (error.name === "ContractError") return { status: 204, reason: null };
    const reason = "reason" in error ? String(error.reason) : error.code;
    return { status: reason === "body_too_large" ? 413 : 400, reason };
  }
}

function reply(response: ServerResponse, status: number, reason: string | null): void {
  if (reason === null) {
    response.writeHead(status).end();
    return;
  }
  const allow = status === 405 ? { Allow: "POST" } : {};
  // What is left of a refused body is not waited for.
  const headers = { "Content-Type": "text/plain; charset=utf-8", Connection: "close", ...allow };
  response.writeHead(status, headers).end(`${reason}\n`);
}

function complainer(runtime: Runtime): (reason: string) => void {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  return (reason) => {
    count += 1;
    const nowMs = runtime.now();
    // Also where the clock was set back meanwhile.
    if (Math.abs(nowMs - toldAtMs) < complainEveryMs) return;
    runtime.log.warn({ reason, count }, "refused requests that are no webhook of ours");
    toldAtMs = nowMs;
    count = 0;
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const where = `${host}:${port}`;
      const message = `Cannot listen for webhooks at ${where}: ${cause.message}. Name another address.`;
      reject(new ConfigError(message, { where, cause }));
    });
    server.listen({ host, port }, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), closeMsMax);
    server.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
    server.closeIdleConnections();
  });
}
