import { isDirsyncError } from "../errors.ts";
import { collectBody } from "./body-collector.ts";
import { connectionFailure, lateFailure, shortBody, type Stage } from "./connection-failure.ts";
import { resolveLimits, type ResolvedLimits, type TransportLimits } from "./limits.ts";
import type { HttpRequest, HttpResponse, Transport } from "./transport.ts";

/** Limits, and the fetch to use. The time for a connection to stand counts into `headersTimeoutMs`. */
export interface FetchTransportOptions extends TransportLimits {
  /** Default the runtime's own `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * The transport for runtimes whose way out is `fetch`: edge workers, Deno, Bun; it works on Node too. Proxies and
 * keep-alive are the runtime's business.
 *
 * Rejects with `ConnectionError` (`timeout`, `unreachable`, `body_cut`, `body_too_large`), and with the signal's reason
 * once the signal has fired.
 * @throws ConfigError for a limit out of range.
 */
export function fetchTransport(options: FetchTransportOptions = {}): Transport {
  const limits = resolveLimits(options);
  // Looked up at each request, so that what an app installs over the runtime's fetch is used; some runtimes refuse a
  // fetch that is called as a method of another object.
  const send: typeof globalThis.fetch = options.fetch ?? (async (...request) => globalThis.fetch(...request));
  return async (request, signal) => {
    signal.throwIfAborted();
    const exchange = new Exchange(request, limits, signal);
    try {
      return await exchange.run(send);
    } catch (error) {
      signal.throwIfAborted();
      throw exchange.failure(error);
    } finally {
      exchange.release();
    }
  };
}

/** One request and its answer, under a clock that is wound up again with every piece that arrives. */
class Exchange {
  readonly #request: HttpRequest;
  readonly #limits: ResolvedLimits;
  readonly #controller = new AbortController();
  readonly #release: () => void;
  #stage: Stage = "headers";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #late: Error | undefined;

  constructor(request: HttpRequest, limits: ResolvedLimits, signal: AbortSignal) {
    this.#request = request;
    this.#limits = limits;
    const onAbort = (): void => this.#controller.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#release = () => signal.removeEventListener("abort", onAbort);
  }

  async run(send: typeof globalThis.fetch): Promise<HttpResponse> {
    const { method, url, headers, body } = this.#request;
    this.#wind(this.#limits.headersTimeoutMs);
    const response = await send(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      // The key must not follow a redirect to another host.
      redirect: "manual",
      signal: this.#controller.signal,
    });
    this.#stage = "body";
    const answered = Object.fromEntries(response.headers);
    // Where a runtime hides redirects from us, it answers 0; that it was one is all we need to know.
    const status = response.status === 0 ? 302 : response.status;
    return { status, headers: answered, body: await this.#readAll(response) };
  }

  /** What `error` is to the caller. */
  failure(error: unknown): unknown {
    if (this.#late !== undefined) return this.#late;
    return isDirsyncError(error) ? error : connectionFailure(error, this.#request, this.#stage);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#release();
    // Lets go of a connection whose answer was not read to its end; after a whole answer it does nothing.
    this.#controller.abort();
  }

  async #readAll(response: Response): Promise<Uint8Array> {
    const isPacked = (response.headers.get("content-encoding") ?? "identity") !== "identity";
    const declared = lengthOf(response.headers.get("content-length"));
    // fetch unpacks by itself and does not tell how much it read, so only a declared length can tell.
    const packedBytes = isPacked ? declared : null;
    const collector = collectBody({ bytesMax: this.#limits.bodyBytesMax, packedBytes: () => packedBytes });
    const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
    while (reader !== undefined) {
      this.#wind(this.#limits.bodyTimeoutMs);
      const { done, value } = await reader.read();
      if (done) break;
      collector.add(value);
    }
    const body = collector.whole();
    if (!isPacked && declared !== null && body.length < declared) throw shortBody(this.#request);
    return body;
  }

  /** Gives up when nothing has happened for so long. */
  #wind(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#late = lateFailure(this.#request, this.#stage, ms);
      this.#controller.abort(this.#late);
    }, ms);
  }
}

function lengthOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}
