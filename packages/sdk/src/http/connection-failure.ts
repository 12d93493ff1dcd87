import { ConnectionError, type ConnectionFailure } from "../errors.ts";
import type { HttpRequest } from "./transport.ts";

/** How far an exchange had come when it broke. */
export type Stage = "headers" | "body";

const timeoutMessages: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: "no connection stood in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer began in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped in the middle",
};

/**
 * What OpenSSL and Node say when there can be no safe connection: the codes of certificate verification, and those of a
 * handshake with something that speaks no TLS or no version that we do. A handshake that is only slow is not among them.
 */
const tlsCodes =
  /^(?:ERR_SSL_|ERR_TLS_CERT_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_M|INVALID_[CP]|PATH_LENGTH_|EPROTO$)/;

/** What zlib and brotli say of bytes that are not theirs, beside Z_BUF_ERROR, which they say of an end that is missing. */
const unpackingCodes = /^(?:Z_(?!BUF_ERROR)|ERR__ERROR_FORMAT|ERR_BROTLI)/;

const tooLargeCodes = /^(?:UND_ERR_HEADERS|HPE_HEADER)_OVERFLOW$/;

/** The error for an exchange that broke. Its cause is the innermost error, which knows what happened. */
export function connectionFailure(error: unknown, request: HttpRequest, stage: Stage): ConnectionError {
  const cause = withoutBytes(innermost(error));
  const reason = reasonOf(cause);
  const failure = (code: ConnectionFailure, how: string, advice = ""): ConnectionError =>
    new ConnectionError(`${nameOf(request)}: ${how} (${reason}).${advice}`, { code, cause });
  const late = timeoutMessages[reason];
  if (late !== undefined) return failure("timeout", late);
  if (stage === "body") {
    const how = unpackingCodes.test(reason)
      ? "the answer cannot be unpacked"
      : "the connection ended before the answer was whole";
    return failure("body_cut", how);
  }
  if (tooLargeCodes.test(reason)) return failure("headers_too_large", "the headers of the answer are too large");
  const refusal = proxyStatusOf(cause);
  if (refusal !== undefined) {
    const advice = " Check the proxy's address, and the user and password in it.";
    return failure("unreachable", `the proxy refused the way there with ${refusal}`, advice);
  }
  if (tlsCodes.test(reason)) {
    return failure("tls", "no safe connection", " Check baseUrl and its certificate; none is accepted unverified.");
  }
  return failure("unreachable", "no answer", " Check that the service runs and that baseUrl is right.");
}

/** The error for an exchange that we gave up on. */
export function lateFailure(request: HttpRequest, stage: Stage, ms: number): ConnectionError {
  const late = stage === "headers" ? "no answer began" : "the answer stopped in the middle";
  return new ConnectionError(`${nameOf(request)}: ${late} for ${ms} ms.`, { code: "timeout" });
}

/** The error for a body that is shorter than its content-length. */
export function shortBody(request: HttpRequest): ConnectionError {
  const message = `${nameOf(request)}: the connection ended before the answer was whole.`;
  return new ConnectionError(message, { code: "body_cut" });
}

/** Names a request without its query, which may hold what is nobody's business. */
function nameOf(request: HttpRequest): string {
  const { origin, pathname } = new URL(request.url);
  return `${request.method} ${origin}${pathname}`;
}

/** fetch wraps what the system said in a TypeError that says nothing. */
function innermost(error: unknown): unknown {
  let inner = error;
  for (let depth = 0; depth < 5 && codeOf(inner) === null && inner instanceof Error; depth += 1) {
    if (!(inner.cause instanceof Error)) break;
    inner = inner.cause;
  }
  return inner;
}

/** The parser keeps the bytes that it stumbled over in its error. They are somebody's data, and causes stand in logs. */
function withoutBytes(error: unknown): unknown {
  if (!(error instanceof Error) || !("data" in error)) return error;
  const { name, message, stack } = error;
  const code = codeOf(error);
  return Object.assign(new Error(message), { name, stack }, code === null ? {} : { code });
}

/** Node's own fetch puts the parser's code on its error and undici does not, for bytes that are the same to whoever reads it. */
function reasonOf(cause: unknown): string {
  const code = codeOf(cause);
  const isParserError = cause instanceof Error && cause.name === "HTTPParserError";
  if (isParserError && !tooLargeCodes.test(code ?? "")) return "it is not HTTP";
  return code ?? "unknown cause";
}

/** undici tells it in a sentence only. */
function proxyStatusOf(error: unknown): string | undefined {
  return error instanceof Error ? /^Proxy response \((\d{3})\)/.exec(error.message)?.[1] : undefined;
}

/** The code that Node, zlib and undici put on their errors. */
export function codeOf(error: unknown): string | null {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : null;
}
