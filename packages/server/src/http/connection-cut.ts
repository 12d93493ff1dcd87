import type { ServerResponse } from "node:http";
import { DirsyncError } from "@dirsync/sdk";

/**
 * Thrown in place of an answer: the connection is cut, with nothing of the answer sent, or with a part of it. Only a test asks
 * for that.
 */
export class ConnectionCut extends DirsyncError {
  readonly #begun: Response | null;

  /** `begun` is the answer of which the first half arrives. */
  constructor(begun: Response | null = null) {
    super("The connection was cut, as a test asked for.", { code: "connection_cut", retryable: true });
    this.name = "ConnectionCut";
    this.#begun = begun;
  }

  /** Sends what is to arrive before the connection is cut. */
  async carryOut(outgoing: Pick<ServerResponse, "writeHead" | "write">): Promise<void> {
    if (this.#begun === null) return;
    const body = new Uint8Array(await this.#begun.arrayBuffer());
    const headers = { ...Object.fromEntries(this.#begun.headers), "Content-Length": String(body.byteLength) };
    outgoing.writeHead(this.#begun.status, headers);
    await new Promise((resolve) => {
      outgoing.write(body.subarray(0, Math.ceil(body.byteLength / 2)), resolve);
    });
  }
}
