import { createServer } from "node:net";

const portMin = 20_000;
/** More than a process of tests has servers at once. */
const portsPerProcess = 20;
const processesMax = 600;

/** How many were given: none is given twice in a row, or it might be to whoever begins while its last holder still ends. */
let given = 0;

/**
 * A port nobody listens on, below those that the system gives to outgoing connections (from 32768 on in Linux): a client
 * that keeps calling a port of theirs while the server is down can be connected to itself, and then holds the port. Each process
 * has its own, or it would take one whose server another process has killed and is about to start again.
 */
export async function freePort(): Promise<number> {
  const first = portMin + (process.pid % processesMax) * portsPerProcess;
  for (let tries = 0; tries < portsPerProcess; tries += 1) {
    const port = first + (given++ % portsPerProcess);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port from ${first} to ${first + portsPerProcess - 1}.`);
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
