import type * as zlibTypes from "node:zlib";
import type * as undiciTypes from "undici";
import { ConfigError, ContractError, isDirsyncError } from "../errors.ts";
import { collectBody, type BodyCollector } from "./body-collector.ts";
import { codeOf, connectionFailure } from "./connection-failure.ts";
import { checkMs, resolveLimits, webAddress, type ResolvedLimits, type TransportLimits } from "./limits.ts";
import type { HttpRequest, HttpResponse, Transport } from "./transport.ts";

/** Limits and ways of the connections. */
export interface UndiciTransportOptions extends TransportLimits {
  /**
   * Until a connection stands, TLS included; through a proxy, for each of its parts. Default 10,000. undici looks about
   * twice a second whether it has passed.
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long an idle connection is kept for the next request. Default 30,000; a shorter wish of the server wins, a longer
   * one does not, and 0 keeps none.
   */
  readonly keepAliveMs?: number | undefined;
  /**
   * The address of an HTTP proxy, or `environment` for what HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. Default none:
   * a variable that somebody set for another program must not send the API key along another way.
   */
  readonly proxy?: string | undefined;
}

/**
 * The transport for Node: undici over keep-alive connections of its own. undici is loaded at the first request,
 * because it takes longer to load than everything else here together.
 *
 * Rejects with `ConnectionError` (`timeout`, `unreachable`, `body_cut`, `body_too_large`, `headers_too_large`, `tls`),
 * with `ContractError` for a content encoding nobody asked for, with `ConfigError` for a variable that names no proxy, and
 * with the signal's reason as soon as the signal fires.
 * @throws ConfigError for a limit out of range or a proxy that is no address.
 */
export function undiciTransport(options: UndiciTransportOptions = {}): Transport {
  const settings: Settings = {
    ...resolveLimits(options),
    connectTimeoutMs: checkMs(options.connectTimeoutMs ?? 10_000, "connectTimeoutMs"),
    keepAliveMs: options.keepAliveMs === 0 ? 0 : checkMs(options.keepAliveMs ?? 30_000, "keepAliveMs"),
    proxy: checkProxy(options.proxy),
  };
  let loading: Promise<Engine> | undefined;
  return async (request, signal) => {
    loading ??= loadEngine(settings);
    const engine = await loading;
    signal.throwIfAborted();
    return exchange(engine, request, signal);
  };
}

interface Settings extends ResolvedLimits {
  readonly connectTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly proxy: string | undefined;
}

type Zlib = typeof zlibTypes;

interface Engine extends Settings {
  readonly dispatcher: undiciTypes.Dispatcher;
  readonly zlib: Zlib;
}

/** zlib is loaded here too: at the import of this package it was a seventh of the time. */
async function loadEngine(settings: Settings): Promise<Engine> {
  return { ...settings, dispatcher: await loadDispatcher(settings), zlib: await import("node:zlib") };
}

function checkProxy(proxy: string | undefined): string | undefined {
  if (proxy === undefined || proxy === "environment" || webAddress(proxy) !== null) return proxy;
  // Not repeated in the message: an address of a proxy often holds a password.
  throw new ConfigError('proxy must be an http or https address, or "environment".', { where: "proxy" });
}

async function loadDispatcher({ proxy, keepAliveMs, connectTimeoutMs }: Settings): Promise<undiciTypes.Dispatcher> {
  const connect = { timeout: connectTimeoutMs };
  const options = {
    connect,
    // Without the second, undici keeps a connection for as long as the server wishes, up to ten minutes.
    ...(keepAliveMs === 0 ? { pipelining: 0 } : { keepAliveTimeout: keepAliveMs, keepAliveMaxTimeout: keepAliveMs }),
  };
  if (proxy === undefined) return new (await loadAgent())(options);
  const undici = await import("undici");
  const proxied = {
    ...options,
    // The way to the proxy, and the way through it. Without them undici's own limits hold, five minutes for CONNECT.
    proxyTls: connect,
    requestTls: connect,
    clientFactory: (origin: URL, own: object) =>
      new undici.Pool(origin, { ...own, headersTimeout: connectTimeoutMs }) as undiciTypes.Dispatcher,
  };
  if (proxy !== "environment") return new undici.ProxyAgent({ ...proxied, uri: proxy });
  try {
    return new undici.EnvHttpProxyAgent(proxied);
  } catch {
    // Neither repeated nor kept as a cause: an address of a proxy often holds a password.
    throw new ConfigError("HTTP_PROXY and HTTPS_PROXY must be an http or https address.", { where: "proxy" });
  }
}

/**
 * The agent alone: with its caches, mocks, web sockets and `fetch`, undici takes four times as long to load. It does not
 * promise to keep the file there, and so may another version be loaded whole.
 */
async function loadAgent(): Promise<typeof undiciTypes.Agent> {
  try {
    return (await import("undici/lib/dispatcher/agent.js")).default;
  } catch {
    return (await import("undici")).Agent;
  }
}

/**
 * Takes the answer in as it comes, without the stream that undici's `request` makes of it: for a page of a list that stream
 * costs as much as the connection. What a handler throws, undici ends the request with.
 */
async function exchange(engine: Engine, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const stop = (): void => end(signal.reason);
    const body = collectBody({ bytesMax: engine.bodyBytesMax, packedBytes: () => decoder?.bytesWritten ?? null });
    let controller: undiciTypes.Dispatcher.DispatchController | undefined;
    let decoder: Decoder | null = null;
    let head: Omit<HttpResponse, "body"> = { status: 0, headers: {} };

    /** Lets go of the connection too: the rest of the answer must not arrive. */
    function end(error: unknown): void {
      signal.removeEventListener("abort", stop);
      if (signal.aborted) reject(signal.reason as Error);
      else if (isDirsyncError(error)) reject(error);
      else reject(connectionFailure(error, request, head.status === 0 ? "headers" : "body"));
      controller?.abort(error as Error);
      decoder?.destroy();
    }

    function finish(): void {
      signal.removeEventListener("abort", stop);
      resolve({ ...head, body: body.whole() });
    }

    signal.addEventListener("abort", stop);
    engine.dispatcher.dispatch(optionsOf(request, engine), {
      onRequestStart(given) {
        controller = given;
        // The signal may have fired before there was a connection.
        if (signal.aborted) stop();
      },
      onResponseStart(given, status, raw) {
        // Of several heads, all but the last only announce it.
        if (status < 200) return;
        head = { status, headers: flatten(raw) };
        decoder = decoderOf(engine.zlib, head.headers["content-encoding"]);
        if (decoder !== null)
          unpack(
            decoder.on("drain", () => given.resume()),
            body,
            { finish, end },
          );
      },
      onResponseData(given, chunk) {
        if (decoder === null) body.add(chunk);
        else if (!decoder.write(chunk)) given.pause();
      },
      onResponseEnd() {
        if (decoder === null) finish();
        else decoder.end();
      },
      onResponseError: (_controller, error) => end(error),
    });
  });
}

interface Ending {
  readonly finish: () => void;
  readonly end: (error: unknown) => void;
}

function unpack(decoder: Decoder, body: BodyCollector, { finish, end }: Ending): void {
  decoder
    .on("data", (chunk: Buffer) => {
      try {
        body.add(chunk);
      } catch (error) {
        end(error);
      }
    })
    .on("end", finish)
    .on("error", (error) => {
      // Proxies put Content-Encoding on empty answers too, and zlib misses its header in them.
      if (decoder.bytesWritten === 0 && codeOf(error) === "Z_BUF_ERROR") finish();
      else end(error);
    });
}

function optionsOf(request: HttpRequest, { headersTimeoutMs, bodyTimeoutMs }: Settings) {
  const { url, method, headers, body, timeoutMs = 0 } = request;
  const { origin, pathname, search } = new URL(url);
  return {
    origin,
    path: pathname + search,
    method,
    headers: { "accept-encoding": "gzip, deflate, br", ...headers },
    body: body ?? null,
    headersTimeout: Math.max(headersTimeoutMs, timeoutMs),
    bodyTimeout: bodyTimeoutMs,
  };
}

/** undici has made the names lower case. */
function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(", ")]));
}

type Decoder = zlibTypes.Unzip | zlibTypes.BrotliDecompress;

/** @throws ContractError for an encoding that we do not undo. */
function decoderOf(zlib: Zlib, encoding = ""): Decoder | null {
  const name = encoding.trim().toLowerCase();
  if (name === "" || name === "identity") return null;
  if (!/^(?:br|deflate|(?:x-)?gzip)$/.test(name)) {
    throw new ContractError("The answer's encoding was not asked for.", {
      code: "encoding_unknown",
      issues: [{ path: "content-encoding", message: "expected gzip, deflate, br or none" }],
    });
  }
  // The second takes gzip and deflate, by how it begins.
  return name === "br" ? zlib.createBrotliDecompress() : zlib.createUnzip();
}
