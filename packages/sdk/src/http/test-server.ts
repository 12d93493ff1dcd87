import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { SecureContextOptions } from "node:tls";
import { onTestFinished } from "vitest";

/** A real HTTP server for one test; it is closed when the test ends. Only tests import this file. */
export interface TestServer {
  readonly url: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly SeenRequest[];
  /** Resolves with the request number `count` (1 for the first) once it has arrived. */
  arrival(count: number): Promise<SeenRequest>;
}

export interface SeenRequest {
  readonly method: string;
  /** Path and query as they were on the wire. */
  readonly target: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly socketPort: number | undefined;
  readonly body: string;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void;

export async function serve(answer: Answer): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const waiting = new Map<number, (request: SeenRequest) => void>();
  const listener: RequestListener = (incoming, response) => {
    void seen(incoming).then((request) => {
      requests.push(request);
      waiting.get(requests.length)?.(request);
      answer(request, response);
    });
  };
  const server = createServer(listener);
  const url = await listen(server);
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url,
    requests,
    arrival: async (count) => {
      const early = requests[count - 1];
      return early ?? new Promise((resolve) => waiting.set(count, resolve));
    },
  };
}

/** A TCP server that gives each connection to `answer` once a whole request head has arrived. */
export async function serveBytes(answer: (socket: Socket) => void): Promise<{ readonly url: string }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  const url = await listen(server);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url };
}

/** A server that speaks TLS with this certificate, and would answer anything with an empty object. */
export async function serveTls(certificate: SecureContextOptions): Promise<string> {
  const server = createTlsServer(certificate, (_request, response) => json(response, {}));
  const url = await listen(server);
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return url.replace("http:", "https:");
}

/** An address where nothing listens: the port was free a moment ago. */
export async function deadUrl(): Promise<string> {
  const server = createTcpServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** A page in the envelope of the service. */
export function listBody(data: readonly unknown[], after: string | null = null, before: string | null = null) {
  return { object: "list", data, list_metadata: { before, after } };
}

async function seen(incoming: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const target = incoming.url ?? "";
  return {
    method: incoming.method ?? "",
    target,
    query: new URL(target, "http://localhost").searchParams,
    headers: incoming.headers,
    socketPort: incoming.socket.remotePort,
    body: Buffer.concat(chunks).toString("utf8"),
  };
}
