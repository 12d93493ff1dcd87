import { once } from "node:events";
import { createServer, request, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { json } from "node:stream/consumers";
import type { Service } from "./harness/benchmark.ts";

/** Requests to send: each connection keeps one under way. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly method: string;
  readonly token: string;
  readonly requests: readonly LoadedRequest[];
}

/** One request. */
export interface LoadedRequest {
  readonly path: string;
  readonly body?: string;
}

/** What came of a load. */
export interface Loaded {
  readonly seconds: number;
  /** Answers by their status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/**
 * Sends loads in a process of its own, so that what asks costs those that answer nothing. It writes bytes to sockets and looks
 * at a status and a length only: an HTTP client would be most of what is measured.
 */
export async function serveLoads(): Promise<Service> {
  const server = createServer((asked, answer) => {
    void carryOut(asked).then(
      (loaded) => answer.end(JSON.stringify(loaded)),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  server.requestTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Has the service send a load. */
export async function send(url: string, load: Load): Promise<Loaded> {
  const asking = request(url, { method: "POST" });
  asking.end(JSON.stringify(load));
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`The load could not be sent: ${String(answer.statusCode)}`);
  return (await json(answer)) as Loaded;
}

async function carryOut(asked: IncomingMessage): Promise<Loaded> {
  const load = (await json(asked)) as Load;
  const bytes = load.requests.map((each) => bytesOf(load, each));
  const sockets = await Promise.all(Array.from({ length: load.connections }, async () => open(load.port)));
  const statuses: Record<string, number> = {};
  let next = 0;
  const startMs = performance.now();
  await Promise.all(
    sockets.map(async (socket) => {
      const answers = answersOn(socket);
      for (let at = next++; at < bytes.length; at = next++) {
        socket.write(bytes[at] ?? "");
        const status = await answers();
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }),
  );
  const seconds = (performance.now() - startMs) / 1000;
  for (const socket of sockets) socket.destroy();
  return { seconds, statuses };
}

function bytesOf({ port, method, token }: Load, { path, body }: LoadedRequest): Buffer {
  const content =
    body === undefined ? "" : `Content-Type: application/scim+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n${content}\r\n`;
  return Buffer.from(head + (body ?? ""));
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  return socket;
}

/** Resolves to the status of the next answer each time it is called, when all of it has come. */
function answersOn(socket: Socket): () => Promise<string> {
  let received = Buffer.alloc(0);
  let waiting: { readonly resolve: (status: string) => void; readonly reject: (error: Error) => void } | null = null;
  socket.on("data", (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const end = received.indexOf("\r\n\r\n");
    if (end === -1) return;
    const head = received.toString("latin1", 0, end);
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    const status = head.slice(9, 12);
    if (length === undefined && status !== "204") {
      waiting?.reject(new Error(`An answer without a length: ${head}`));
      return;
    }
    const total = end + 4 + Number(length ?? 0);
    if (received.length < total) return;
    received = received.subarray(total);
    waiting?.resolve(status);
  });
  socket.on("close", () => waiting?.reject(new Error("The connection was closed before the answer.")));
  return async () =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
    });
}
