/** `--health`: three addresses that a service manager, a scraper or a person may ask, on a port of its own. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { boundConnections } from "@dirsync/consumer";
import { ConfigError } from "@dirsync/sdk";
import { isLoopback } from "../loopback.ts";
import { address, type Address } from "../settings/kinds.ts";

/** What is told, made anew for each question. */
export interface HealthAnswers {
  /** Details, and whether everything is in order. */
  ready(): Promise<Readiness>;
  /** The metrics as text. */
  metrics(): Promise<string>;
  /** Takes secrets out of what is to be told. */
  redact(text: string): string;
}

/** Whether the tail does its work. */
export interface Readiness {
  readonly isReady: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A listener that answers questions about this process. */
export interface HealthServer {
  readonly url: string;
  /** Resolves when it no longer listens. */
  close(): Promise<void>;
}

/** Nobody asks more at once than a scraper, two probes and a person. */
const connectionsMax = 32;
const requestMsMax = 5_000;
/** How late that is found out at most. */
const checkEveryMs = 1_000;

/** Names by which a listener on this machine is called. Any other is a page that had its name point here. */
const ownNames = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Listens at an address.
 * @throws ConfigError when the address cannot be listened at.
 */
export async function startHealthServer(at: Address, answers: HealthAnswers): Promise<HealthServer> {
  const isPrivate = isLoopback(at.host);
  const limits = {
    requestTimeout: requestMsMax,
    headersTimeout: requestMsMax,
    connectionsCheckingInterval: checkEveryMs,
  };
  const server = createServer(limits, (request, response) => {
    void answer(request, { answers, isPrivate }).then((given) => {
      const { status, text, type = "text/plain; charset=utf-8", headers } = given;
      response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store", ...headers });
      response.end(answers.redact(text));
    });
  });
  boundConnections(server, connectionsMax);
  await listen(server, at);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${address.show({ host: at.host, port })}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answering {
  readonly answers: HealthAnswers;
  readonly isPrivate: boolean;
}

async function answer({ headers, method, url = "/" }: IncomingMessage, how: Answering): Promise<Answer> {
  // A web page can have its own name point at this machine and would be let in by the browser (DNS rebinding).
  if (how.isPrivate && !ownNames.includes((headers.host ?? "").replace(/:\d+$/, "").toLowerCase())) {
    return { status: 403, text: "Ask by address, or as localhost.\n" };
  }
  if (method !== "GET" && method !== "HEAD")
    return { status: 405, text: "Only GET.\n", headers: { Allow: "GET, HEAD" } };
  try {
    return await answerTo(url, how.answers);
  } catch (error) {
    // What keeps us from answering, such as a state file that cannot be read, is itself the answer.
    return { status: 503, text: `${error instanceof Error ? error.message : String(error)}\n` };
  }
}

async function answerTo(url: string, answers: HealthAnswers): Promise<Answer> {
  switch (url.replace(/\?.*$/s, "")) {
    case "/livez":
      return { status: 200, text: "alive\n" };
    case "/readyz": {
      const { isReady, details } = await answers.ready();
      const text = `${JSON.stringify({ ready: isReady, ...details }, null, 2)}\n`;
      return { status: isReady ? 200 : 503, text, type: "application/json" };
    }
    case "/metrics":
      return { status: 200, text: await answers.metrics(), type: "text/plain; version=0.0.4; charset=utf-8" };
    default:
      return { status: 404, text: "There are /livez, /readyz and /metrics.\n" };
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function listen(server: Server, { host, port }: Address): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const where = address.show({ host, port });
      reject(new ConfigError(`Cannot listen at ${where}: ${cause.message}. Name another address.`, { where, cause }));
    });
    server.listen({ host, port }, resolve);
  });
}
