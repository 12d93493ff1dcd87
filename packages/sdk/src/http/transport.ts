import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Agent, request as undiciRequest } from "undici";
import { ConnectionError, ContractError, isDirsyncError } from "../errors.ts";

/** Every method the API uses. */
export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request, ready to send. */
export interface HttpRequest {
  readonly method: HttpMethod;
  /** Absolute, with the query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One whole answer, of any status. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; a header sent several times is joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded of any content encoding. */
  readonly body: Uint8Array;
}

/**
 * Carries one request and resolves with the whole answer, whatever its status. It neither retries nor follows
 * redirects. When `signal` fires it stops at once, also in the middle of a body, and rejects.
 */
export type Transport = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** Limits of one connection. The time limit over a whole attempt is the client's `timeoutMs`. */
export interface UndiciTransportOptions {
  /** Until a connection stands, TLS included. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** From the end of our request to the end of the answer's headers. Default 30,000. */
  readonly headersTimeoutMs?: number;
  /** Longest silence between two pieces of a body. Default 30,000. */
  readonly bodyTimeoutMs?: number;
  /** How long an idle connection is kept for the next request. Default 30,000; a shorter wish of the server wins. */
  readonly keepAliveMs?: number;
  /** Largest decoded body. Default 64 MiB: a page of 100 events is far below 1 MiB. */
  readonly bodyBytesMax?: number;
}

const mebibyte = 1024 * 1024;

/**
 * The transport for Node: undici over keep-alive connections of its own. undici is loaded at the first request,
 * because it takes longer to load than everything else here together.
 *
 * Rejects with `ConnectionError` (`timeout`, `unreachable`, `body_cut`, `body_too_large`), with `ContractError` for a
 * content encoding nobody asked for, and with the signal's reason once the signal has fired.
 */
export function undiciTransport(options: UndiciTransportOptions = {}): Transport {
  const limits: Limits = {
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    headersTimeoutMs: options.headersTimeoutMs ?? 30_000,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 30_000,
    keepAliveMs: options.keepAliveMs ?? 30_000,
    bodyBytesMax: options.bodyBytesMax ?? 64 * mebibyte,
  };
  let loading: Promise<Engine> | undefined;
  return async (request, signal) => {
    loading ??= loadEngine(limits);
    const engine = await loading;
    signal.throwIfAborted();
    return exchange(engine, request, signal);
  };
}

type Limits = Required<UndiciTransportOptions>;

interface Engine {
  readonly send: typeof undiciRequest;
  readonly agent: Agent;
  readonly limits: Limits;
}

async function loadEngine(limits: Limits): Promise<Engine> {
  const undici = await import("undici");
  const agent = new undici.Agent({
    connect: { timeout: limits.connectTimeoutMs },
    keepAliveTimeout: limits.keepAliveMs,
  });
  return { send: undici.request, agent, limits };
}

async function exchange(engine: Engine, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  let stage: Stage = "headers";
  try {
    const response = await engine.send(request.url, {
      dispatcher: engine.agent,
      method: request.method,
      headers: { "accept-encoding": "gzip, deflate, br", ...request.headers },
      body: request.body ?? null,
      signal,
      headersTimeout: engine.limits.headersTimeoutMs,
      bodyTimeout: engine.limits.bodyTimeoutMs,
    });
    stage = "body";
    const headers = flatten(response.headers);
    const stream = decoded(response.body, headers["content-encoding"]);
    const body = await readAll(stream, engine.limits.bodyBytesMax);
    return { status: response.statusCode, headers, body };
  } catch (error) {
    signal.throwIfAborted();
    throw isDirsyncError(error) ? error : connectionFailure(error, request, stage);
  }
}

type Stage = "headers" | "body";

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

function decoded(body: Readable, encoding: string | undefined): Readable {
  const decoder = decoderOf(encoding);
  if (decoder === null) return body;
  // The error reaches the reader through the decoder, which pipeline destroys with it.
  return pipeline(body, decoder, () => undefined);
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

async function readAll(stream: Readable, bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      // Leaving the loop destroys the stream, and with it the connection: the rest is never read.
      throw new ConnectionError(`The answer is larger than ${bytesMax} bytes. Ask for a smaller page.`, {
        code: "body_too_large",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

const timeoutMessages: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: "no connection stood in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer began in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped in the middle",
};

function connectionFailure(error: unknown, request: HttpRequest, stage: Stage): ConnectionError {
  const reason = systemCode(error);
  const { origin, pathname } = new URL(request.url);
  const what = `${request.method} ${origin}${pathname}`;
  const late = timeoutMessages[reason];
  if (late !== undefined)
    return new ConnectionError(`${what}: ${late} (${reason}).`, { code: "timeout", cause: error });
  if (stage === "body") {
    const message = `${what}: the connection ended before the answer was whole (${reason}).`;
    return new ConnectionError(message, { code: "body_cut", cause: error });
  }
  const advice = "Check that the service runs and that baseUrl is right.";
  return new ConnectionError(`${what}: no answer (${reason}). ${advice}`, { code: "unreachable", cause: error });
}

function systemCode(error: unknown): string {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown cause";
}
