import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Keeps the connections of an HTTP server to a number. Beyond it, the one that has been waiting longest for its client makes
 * room, be it for a request, for the rest of one, or for the next one: whoever opens connections and says nothing on them, or
 * one byte at a time, then keeps nobody out. A request that has arrived is always answered; where there are only such, the
 * newest connection is refused.
 */
export function boundConnections(server: Server, connectionsMax: number): void {
  /** In the order in which they began to wait, with the request that they were last about. */
  const connections = new Map<Socket, IncomingMessage | null>();
  server.on("connection", (socket: Socket) => {
    connections.set(socket, null);
    socket.once("close", () => connections.delete(socket));
    if (connections.size > connectionsMax) longestWaiting(connections)?.destroy();
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    connections.set(socket, request);
    response.once("close", () => {
      // Behind those who wait already.
      if (connections.delete(socket)) connections.set(socket, null);
    });
  });
}

function longestWaiting(connections: ReadonlyMap<Socket, IncomingMessage | null>): Socket | null {
  for (const [socket, request] of connections) if (request === null || !request.complete) return socket;
  return null;
}
