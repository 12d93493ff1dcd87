/**
 * Stands between a client and a real service, and does to the connection what networks and proxies do. With no fault
 * set it hands everything through.
 */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request on its way. */
export interface Call {
  readonly url: URL;
  readonly response: ServerResponse;
  /** What the service itself answers, to this request or to another address. */
  real(url?: URL): Promise<RealAnswer>;
}

/** An answer of the service. */
export interface RealAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What happens to a request instead of being handed through. */
export type Fault = (call: Call) => void | Promise<void>;

/** Ports that the system does not give out by itself, so that a proxy finds its own again after `close`. */
const lastingPorts = [20_000, 32_000] as const;

/** A proxy on a port of its own. */
export class FaultProxy {
  /** Address clients are given; stays the same whatever is behind it. */
  readonly url: string;
  /** Happens to every request while it is set. */
  fault: Fault | null = null;
  /** The service behind. */
  target: string;
  /** When each request arrived, in epoch milliseconds. */
  readonly arrivals: number[] = [];
  readonly #server: Server;
  readonly #port: number;

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.#port}`;
    this.target = target;
    server.on("request", (request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        response.destroy();
        if (!isAway(error)) throw error;
      });
    });
  }

  /** False after `close`, until `open`. */
  get isOpen(): boolean {
    return this.#server.listening;
  }

  /** Starts a proxy in front of `target`. */
  static async start(target: string): Promise<FaultProxy> {
    const server = createServer();
    while (!(await listens(server, randomInt(...lastingPorts))));
    return new FaultProxy(server, target);
  }

  /** Happens to the next `count` requests, after which everything is handed through. */
  next(count: number, fault: Fault): void {
    let left = count;
    this.fault = async (call) => {
      left -= 1;
      if (left <= 0) this.fault = null;
      await fault(call);
    };
  }

  /** Nobody listens any more: connections are refused until `open`. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** Listens again, on the same port. */
  async open(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.arrivals.push(Date.now());
    const url = new URL(request.url ?? "/", this.target);
    const sent = await messageOf(request);
    const real = async (other = url): Promise<RealAnswer> => {
      const answer = await fetch(other, sent);
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
    };
    await (this.fault ?? handThrough)({ url, response, real });
  }
}

/** True when the service went away under the request, as it does at the end of a test; then the client's connection goes too. */
function isAway(error: unknown): boolean {
  return error instanceof TypeError && ["fetch failed", "terminated"].includes(error.message);
}

/** The request as it came, to be sent on. */
async function messageOf(request: IncomingMessage): Promise<RequestInit> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const names = ["authorization", "content-type", "idempotency-key"];
  const headers = names.flatMap((name) => {
    const value = request.headers[name];
    return typeof value === "string" ? [[name, value] as [string, string]] : [];
  });
  const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
  return { method: request.method ?? "GET", headers, ...body };
}

/** Answers with exactly this. */
export function answer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Fault {
  return ({ response }) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  };
}

/** The service's own answer, with its JSON body changed. */
export function rewritten(change: (body: Page) => unknown): Fault {
  return async (call) => {
    const { status, body } = await call.real();
    await answer(status, JSON.stringify(change(JSON.parse(body) as Page)))(call);
  };
}

/** A page of events, as far as faults care. */
export interface Page {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly [name: string]: unknown;
}

/** The three ways in which half an answer arrives. Each is the service's own, cut in the middle. */
export const halves: Readonly<Record<string, Fault>> = {
  "a body shorter than its content-length": halfOf((body) => [
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    body.slice(0, body.length / 2),
  ]),
  "a chunked body without its end": halfOf((body) => [
    "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
    `${body.length.toString(16)}\r\n${body.slice(0, body.length / 2)}`,
  ]),
  // Nothing on the wire says that this one is not whole: only the JSON does.
  "a body that ends with the connection": halfOf((body) => [
    "content-type: application/json\r\nconnection: close\r\n\r\n",
    body.slice(0, body.length / 2),
  ]),
};

function halfOf(parts: (body: string) => readonly [head: string, body: string]): Fault {
  return async (call) => {
    const [head, body] = parts((await call.real()).body);
    call.response.socket?.end(`HTTP/1.1 200 OK\r\n${head}${body}`);
  };
}

async function listens(server: Server, port: number): Promise<boolean> {
  try {
    server.listen(port, "127.0.0.1");
    // Rejects when the port is taken.
    await once(server, "listening");
    return true;
  } catch {
    return false;
  }
}

const handThrough: Fault = async (call) => {
  const { status, headers, body } = await call.real();
  await answer(
    status,
    body,
    headers["retry-after"] === undefined ? {} : { "retry-after": headers["retry-after"] },
  )(call);
};
