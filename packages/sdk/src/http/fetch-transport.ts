import { isDirsyncError } from "../errors.ts";
import { collectBody } from "./body-collector.ts";
import { connectionFailure, lateFailure, shortBody, type Stage } from "./connection-failure.ts";
import { resolveLimits, type ResolvedLimits, type TransportLimits } from "./limits.ts";
import type { HttpRequest, Transport } from "./transport.ts";

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
    const { method, url, headers, body } = request;
    const controller = new AbortController();
    const stop = (): void => controller.abort(signal.reason);
    let stage: Stage = "headers";
    let timer: ReturnType<typeof setTimeout> | undefined;
    let late: Error | undefined;
    /** Gives up when nothing has happened for so long; wound up again with every piece that arrives. */
    const wind = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        late = lateFailure(request, stage, ms);
        controller.abort(late);
      }, ms);
    };
    signal.addEventListener("abort", stop);
    wind(Math.max(limits.headersTimeoutMs, request.timeoutMs ?? 0));
    try {
      const response = await send(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        // The key must not follow a redirect to another host.
        redirect: "manual",
        signal: controller.signal,
      });
      stage = "body";
      return {
        // Where a runtime hides redirects from us, it answers 0; that it was one is all we need to know.
        status: response.status === 0 ? 302 : response.status,
        headers: Object.fromEntries(response.headers),
        body: await readAll(response, request, { limits, wind }),
      };
    } catch (error) {
      signal.throwIfAborted();
      throw late ?? (isDirsyncError(error) ? error : connectionFailure(error, request, stage));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      // Lets go of a connection whose answer was not read to its end; after a whole answer it does nothing.
      controller.abort();
    }
  };
}

interface Reading {
  readonly limits: ResolvedLimits;
  readonly wind: (ms: number) => void;
}

async function readAll(response: Response, request: HttpRequest, { limits, wind }: Reading): Promise<Uint8Array> {
  const isPacked = (response.headers.get("content-encoding") ?? "identity") !== "identity";
  const declared = lengthOf(response.headers.get("content-length"));
  // fetch unpacks by itself and does not tell how much it read, so only a declared length can tell.
  const packedBytes = isPacked ? declared : null;
  const collector = collectBody({ bytesMax: limits.bodyBytesMax, packedBytes: () => packedBytes });
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  while (reader !== undefined) {
    wind(limits.bodyTimeoutMs);
    const { done, value } = await reader.read();
    if (done) break;
    collector.add(value);
  }
  const body = collector.whole();
  if (!isPacked && declared !== null && body.length < declared) throw shortBody(request);
  return body;
}

function lengthOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}
