import { ConnectionError } from "../errors.ts";
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
  /^(?:ERR_SSL_|ERR_TLS_CERT_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|EPROTO$)/;

/** The error for an exchange that broke. Its cause is the innermost error that has a code, as far as there is one. */
export function connectionFailure(error: unknown, request: HttpRequest, stage: Stage): ConnectionError {
  const cause = withCode(error);
  const reason = codeOf(cause) ?? "unknown cause";
  const what = nameOf(request);
  const late = timeoutMessages[reason];
  if (late !== undefined) return new ConnectionError(`${what}: ${late} (${reason}).`, { code: "timeout", cause });
  if (stage === "body") {
    const message = `${what}: the connection ended before the answer was whole (${reason}).`;
    return new ConnectionError(message, { code: "body_cut", cause });
  }
  if (tlsCodes.test(reason)) {
    const advice = "Check baseUrl and the certificate there; it is never accepted unverified.";
    return new ConnectionError(`${what}: no safe connection (${reason}). ${advice}`, { code: "tls", cause });
  }
  const advice = "Check that the service runs and that baseUrl is right.";
  return new ConnectionError(`${what}: no answer (${reason}). ${advice}`, { code: "unreachable", cause });
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
function withCode(error: unknown): unknown {
  let inner = error;
  for (let depth = 0; depth < 5 && inner instanceof Error; depth += 1) {
    if (codeOf(inner) !== null) return inner;
    inner = inner.cause;
  }
  return error;
}

function codeOf(error: unknown): string | null {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : null;
}
