/** A SCIM server with one fault: ours, behind a proxy that spoils requests or answers. */
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the proxy got it. */
export interface ProxiedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer as the server behind gave it. */
export interface ProxiedAnswer {
  readonly status: number;
  readonly body: string;
}

/** What is wrong with the server: gets a request and a way to have it answered properly. */
export type Fault = (
  request: ProxiedRequest,
  forward: (request: ProxiedRequest) => Promise<ProxiedAnswer>,
) => Promise<ProxiedAnswer>;

/** Starts a server with the fault in front of `target`, an origin. The same paths and tokens work there. */
export async function startBrokenScim(
  target: string,
  fault: Fault,
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const forward = async (request: ProxiedRequest): Promise<ProxiedAnswer> => {
    const response = await fetch(`${target}${request.path}`, {
      method: request.method,
      headers: request.headers,
      ...(request.body === "" ? {} : { body: request.body }),
    });
    return { status: response.status, body: await response.text() };
  };
  const server = createServer((incoming, outgoing) => {
    void read(incoming)
      .then((request) => fault(request, forward))
      .then(({ status, body }) => {
        outgoing.writeHead(status, { "Content-Type": "application/scim+json" });
        outgoing.end(body);
      });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

// Set by whoever sends the request on.
const hopHeaders = new Set(["host", "connection", "content-length"]);

async function read(incoming: IncomingMessage): Promise<ProxiedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.entries(incoming.headers).filter(([name]) => !hopHeaders.has(name));
  return {
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(chunks).toString("utf8"),
  };
}
