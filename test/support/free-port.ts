import { createServer } from "node:net";

const portMin = 20_000;
const portMax = 31_999;

/**
 * A port nobody listens on, below those that the system gives to outgoing connections (from 32768 on in Linux): a client
 * that keeps calling a port of theirs while the server is down can be connected to itself, and then holds the port.
 */
export async function freePort(): Promise<number> {
  for (let port = portMin + (process.pid % 6_000) * 2; port <= portMax; port += 1) {
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port up to ${portMax}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => {
        probe.close(() => resolve(true));
      });
  });
}
