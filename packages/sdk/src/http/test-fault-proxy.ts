import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** What a network does to one connection: joins its two ends, in its way. Only tests import this file. */
export type Fault = (client: Socket, server: Socket) => void;

/** A way to a real server that breaks as networks do, connection by connection and byte by byte. */
export interface FaultProxy {
  readonly url: string;
  /** Connections that were made so far. */
  readonly connections: () => number;
  /** Resolves once `count` of them have ended. */
  readonly closed: (count: number) => Promise<void>;
}

/** A proxy in front of `target`. The first connection meets the first fault, and so on; later ones meet `last`. */
export async function startFaultProxy(
  target: string,
  faults: readonly Fault[],
  last: Fault = handThrough,
): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const closes: (() => void)[] = [];
  let connections = 0;
  let ended = 0;
  const proxy = createServer((client) => {
    const server = connect(Number(new URL(target).port), "127.0.0.1");
    const fault = faults[connections] ?? last;
    connections += 1;
    for (const socket of [client, server]) sockets.add(socket.on("error", () => undefined));
    client.on("close", () => {
      ended += 1;
      server.destroy();
      for (const check of closes) check();
    });
    fault(client, server);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    connections: () => connections,
    closed: async (count) => {
      await new Promise<void>((resolve) => {
        const check = (): void => (ended >= count ? resolve() : undefined);
        closes.push(check);
        check();
      });
    },
  };
}

/** Everything arrives. */
const handThrough: Fault = (client, server) => void client.pipe(server).pipe(client);

/** `bytes` of the answer arrive, and then the connection is reset. */
export function resetAfter(bytes: number): Fault {
  return answering(bytes, (client) => client.resetAndDestroy());
}

/** `bytes` of the answer arrive, and then the connection ends in order. */
export function cutAfter(bytes: number): Fault {
  return answering(bytes, (client) => client.end());
}

/** `bytes` of the answer arrive, and then nothing any more, on a connection that stands: the other end is gone. */
export function silentAfter(bytes: number): Fault {
  return answering(bytes, () => undefined);
}

/** One byte of the answer arrives at a time. */
export const drip: Fault = (client, server) => {
  client.pipe(server);
  const bytes: number[] = [];
  let isRunning = false;
  const next = (): void => {
    const byte = bytes.shift();
    isRunning = byte !== undefined && !client.destroyed;
    if (isRunning) client.write(Buffer.from([byte ?? 0]), () => setImmediate(next));
  };
  server.on("data", (data: Buffer) => {
    bytes.push(...data);
    if (!isRunning) next();
  });
};

/** One answer arrives; the connection ends as the next request comes: what a server does that closes idle connections. */
export const closeOnSecondRequest: Fault = (client, server) => {
  let requests = 0;
  client.on("data", (data: Buffer) => {
    requests += 1;
    if (requests > 1) client.destroy();
    else server.write(data);
  });
  server.pipe(client);
};

function answering(bytes: number, after: (client: Socket) => void): Fault {
  return (client, server) => {
    client.pipe(server);
    let left = bytes;
    let isOver = false;
    const pass = (data: Buffer): void => {
      if (isOver) return;
      const piece = data.subarray(0, left);
      left -= piece.length;
      isOver = left === 0;
      if (piece.length > 0) client.write(piece, () => (isOver ? after(client) : undefined));
      else after(client);
    };
    server.on("data", pass);
  };
}
