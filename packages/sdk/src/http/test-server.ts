import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
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
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    arrival: async (count) => {
      const early = requests[count - 1];
      return early ?? new Promise((resolve) => waiting.set(count, resolve));
    },
  };
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
