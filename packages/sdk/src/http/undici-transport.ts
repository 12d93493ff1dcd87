import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type * as undiciTypes from "undici";
import { ConfigError, ContractError, isDirsyncError } from "../errors.ts";
import { collectBody } from "./body-collector.ts";
import { connectionFailure, type Stage } from "./connection-failure.ts";
import { checkMs, resolveLimits, type ResolvedLimits, type TransportLimits } from "./limits.ts";
import type { HttpRequest, HttpResponse, Transport } from "./transport.ts";

/** Limits and ways of the connections. */
export interface UndiciTransportOptions extends TransportLimits {
  /** Until a connection stands, TLS included. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long an idle connection is kept for the next request. Default 30,000; a shorter wish of the server wins, and 0
   * keeps none.
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
 * Rejects with `ConnectionError` (`timeout`, `unreachable`, `body_cut`, `body_too_large`), with `ContractError` for a
 * content encoding nobody asked for, and with the signal's reason once the signal has fired.
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
  const options = {
    connect: { timeout: settings.connectTimeoutMs },
    ...(settings.keepAliveMs === 0 ? { pipelining: 0 } : { keepAliveTimeout: settings.keepAliveMs }),
  };
  return { send: undici.request, dispatcher: dispatcherOf(undici, options, settings.proxy), settings };
}

type Undici = typeof undiciTypes;

function dispatcherOf(undici: Undici, options: object, proxy: string | undefined): undiciTypes.Dispatcher {
  if (proxy === undefined) return new undici.Agent(options);
  if (proxy === "environment") return new undici.EnvHttpProxyAgent(options);
  return new undici.ProxyAgent({ ...options, uri: proxy });
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
  const collector = collectBody({ bytesMax, packedBytes: () => decoder?.bytesWritten ?? null });
  // The error reaches the reader through the decoder, which pipeline destroys with it.
  const stream = decoder === null ? body : pipeline(body, decoder, () => undefined);
  // An error that leaves the loop destroys the stream, and with it the connection: the rest is never read.
  for await (const chunk of stream as AsyncIterable<Buffer>) collector.add(chunk);
  return collector.whole();
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
      throw new ContractError("The answer uses a content encoding that was not asked for.", {
        code: "encoding_unknown",
        issues: [{ path: "content-encoding", message: "expected gzip, deflate, br or none" }],
      });
  }
}
