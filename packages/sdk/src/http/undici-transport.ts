import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type * as undiciTypes from "undici";
import { ConfigError, ContractError, isDirsyncError } from "../errors.ts";
import { collectBody } from "./body-collector.ts";
import { connectionFailure, type Stage } from "./connection-failure.ts";
import { checkMs, resolveLimits, type ResolvedLimits, type TransportLimits } from "./limits.ts";
import { orAborted } from "./or-aborted.ts";
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
    return orAborted(exchange(engine, request, signal), signal);
  };
}

interface Settings extends ResolvedLimits {
  readonly connectTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly proxy: string | undefined;
}

interface Engine {
  readonly send: Undici["request"];
  readonly dispatcher: undiciTypes.Dispatcher;
  readonly settings: Settings;
}

function checkProxy(proxy: string | undefined): string | undefined {
  if (proxy === undefined || proxy === "environment") return proxy;
  if (URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol)) return proxy;
  // Not repeated in the message: an address of a proxy often holds a password.
  throw new ConfigError('proxy must be an http or https address, or "environment".', { where: "proxy" });
}

async function loadEngine(settings: Settings): Promise<Engine> {
  const undici = await import("undici");
  return { send: undici.request, dispatcher: dispatcherOf(undici, settings), settings };
}

type Undici = typeof undiciTypes;

function dispatcherOf(undici: Undici, settings: Settings): undiciTypes.Dispatcher {
  const { proxy, keepAliveMs, connectTimeoutMs } = settings;
  const tls = { timeout: connectTimeoutMs };
  const options = {
    connect: tls,
    // Without the second, undici keeps a connection for as long as the server wishes, up to ten minutes.
    ...(keepAliveMs === 0 ? { pipelining: 0 } : { keepAliveTimeout: keepAliveMs, keepAliveMaxTimeout: keepAliveMs }),
  };
  if (proxy === undefined) return new undici.Agent(options);
  const proxied = {
    ...options,
    // The way to the proxy, and the way through it. Without them undici's own limits hold, five minutes for CONNECT.
    proxyTls: tls,
    requestTls: tls,
    clientFactory: (origin: URL, own: object) =>
      new undici.Pool(origin, { ...own, headersTimeout: connectTimeoutMs }) as undiciTypes.Dispatcher,
  };
  if (proxy !== "environment") return new undici.ProxyAgent({ ...proxied, uri: proxy });
  try {
    return new undici.EnvHttpProxyAgent(proxied);
  } catch {
    // Neither repeated nor kept as a cause: an address of a proxy often holds a password.
    const message = "HTTP_PROXY or HTTPS_PROXY is no address of a proxy, such as http://proxy.example:3128.";
    throw new ConfigError(message, { where: "proxy" });
  }
}

async function exchange(engine: Engine, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const { settings } = engine;
  let stage: Stage = "headers";
  try {
    const response = await engine.send(request.url, {
      dispatcher: engine.dispatcher,
      method: request.method,
      headers: { "accept-encoding": "gzip, deflate, br", ...request.headers },
      body: request.body ?? null,
      signal,
      headersTimeout: settings.headersTimeoutMs,
      bodyTimeout: settings.bodyTimeoutMs,
    });
    stage = "body";
    const headers = flatten(response.headers);
    const body = await readAll(response.body, headers["content-encoding"], settings.bodyBytesMax);
    return { status: response.statusCode, headers, body };
  } catch (error) {
    signal.throwIfAborted();
    throw isDirsyncError(error) ? error : connectionFailure(error, request, stage);
  }
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

async function readAll(body: Readable, encoding: string | undefined, bytesMax: number): Promise<Uint8Array> {
  const decoder = decoderOf(encoding);
  if (decoder === "unknown") {
    // What nobody reads would hold its connection until it times out. Nobody is told of the end we make of it ourselves.
    body.on("error", () => undefined).destroy();
    throw unknownEncoding();
  }
  const collector = collectBody({ bytesMax, packedBytes: () => decoder?.bytesWritten ?? null });
  // The error reaches the reader through the decoder, which pipeline destroys with it.
  const stream = decoder === null ? body : pipeline(body, decoder, () => undefined);
  try {
    // An error that leaves the loop destroys the stream, and with it the connection: the rest is never read.
    for await (const chunk of stream as AsyncIterable<Buffer>) collector.add(chunk);
  } catch (error) {
    // Proxies put Content-Encoding on empty answers too, and zlib misses its header in them.
    if (decoder?.bytesWritten !== 0 || !isEndMissing(error)) throw error;
  }
  return collector.whole();
}

function isEndMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "Z_BUF_ERROR";
}

function decoderOf(encoding: string | undefined) {
  switch (encoding?.trim().toLowerCase() ?? "") {
    case "":
    case "identity":
      return null;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      return "unknown";
  }
}

function unknownEncoding(): ContractError {
  return new ContractError("The answer uses a content encoding that was not asked for.", {
    code: "encoding_unknown",
    issues: [{ path: "content-encoding", message: "expected gzip, deflate, br or none" }],
  });
}
