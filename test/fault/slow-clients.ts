import { connect, type Socket } from "node:net";

/** What a slow client sends at once, and what then comes once a second. */
interface Manner {
  readonly begins: string;
  readonly goesOn: string;
}

/**
 * The three manners of being slow. With `bodyHead`, the head of a request whose body is waited for, a third of them begin a body;
 * without it they begin a head like the others.
 */
function mannersOf(bodyHead: string | null): readonly [Manner, ...Manner[]] {
  const head = { begins: "POST / HTTP/1.1\r\nHost: localhost\r\n", goesOn: "x" };
  const body = { begins: `${bodyHead ?? ""}Content-Length: 1000\r\n\r\n`, goesOn: "{" };
  return [{ begins: "", goesOn: "" }, head, bodyHead === null ? head : body];
}

const dripMs = 1_000;

/** Clients that open connections, begin to ask, and never come to an end: the attack that is called Slowloris. */
export class SlowClients {
  /** When each was cut off, in milliseconds after it connected. */
  readonly cutAfterMs: number[] = [];
  readonly #sockets: Socket[] = [];
  readonly #drip: NodeJS.Timeout;

  private constructor(manners: readonly [Manner, ...Manner[]]) {
    this.#drip = setInterval(() => {
      for (const [index, socket] of this.#sockets.entries()) {
        const { goesOn } = manners[index % manners.length] ?? manners[0];
        if (goesOn !== "" && socket.writable) socket.write(goesOn);
      }
    }, dripMs);
  }

  /** Connects so many of them. Those that are refused at once count as cut off. */
  static async open(url: string, count: number, bodyHead: string | null = null): Promise<SlowClients> {
    const manners = mannersOf(bodyHead);
    const clients = new SlowClients(manners);
    const { port, hostname } = new URL(url);
    const connected = Array.from({ length: count }, async (_none, index) => {
      const socket = connect(Number(port), hostname);
      clients.#sockets.push(socket);
      const atMs = performance.now();
      socket.on("error", () => undefined);
      socket.once("close", () => clients.cutAfterMs.push(performance.now() - atMs));
      await new Promise<void>((resolve) => {
        socket.once("connect", () => resolve());
        socket.once("close", () => resolve());
      });
      const { begins } = manners[index % manners.length] ?? manners[0];
      if (begins !== "" && socket.writable) socket.write(begins);
      // Else the end of a connection would not be noticed.
      socket.resume();
    });
    await Promise.all(connected);
    return clients;
  }

  /** How many still hold their connection. */
  get open(): number {
    return this.#sockets.filter(({ closed }) => !closed).length;
  }

  /** Lets go of all connections. */
  close(): void {
    clearInterval(this.#drip);
    for (const socket of this.#sockets) socket.destroy();
  }
}
