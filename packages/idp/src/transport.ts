/** One HTTP exchange, and the only file of this package that knows undici. */
import { ConnectionError } from "@dirsync/sdk";
import type { Dispatcher } from "undici";

/** A request with every header that will be on the wire, apart from those HTTP itself needs (host, length, connection). */
export interface ScimRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent means no body and no `Content-Length`. */
  readonly body?: string;
}

/** A whole answer. Header names are in lower case; a header that came twice is joined with a comma. */
export interface ScimResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/**
 * Sends one request and resolves with the whole answer, whatever its status. Recording, counting and fault injection
 * are functions around it.
 *
 * @throws ConnectionError when no complete answer arrives.
 */
export type ScimTransport = (request: ScimRequest, signal: AbortSignal) => Promise<ScimResponse>;

// An answer to an identity provider is one resource or one page of 100. More is a mistake, and must not fill memory.
const bodyBytesMax = 16 * 1024 * 1024;

/** The real network. Follows no redirect, as a redirect would carry the token to another host. Never retries. */
export const sendOverHttp: ScimTransport = async (request, signal) => {
  const { origin } = new URL(request.url);
  const send = await loadSend();
  const answer = await send({
    origin,
    // As it was written: a URL would be tidied up, and OneLogin's lone `?` with it.
    path: request.url.slice(origin.length),
    method: request.method,
    headers: { ...request.headers },
    body: request.body ?? null,
    signal,
  }).catch((error: unknown) => {
    throw connectionError(error, signal, "unreachable");
  });
  const text = await readBody(answer.body).catch((error: unknown) => {
    throw connectionError(error, signal, "body_cut");
  });
  return { status: answer.statusCode, headers: joinHeaders(answer.headers), text };
};

type Send = (options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>;

/**
 * Sends through the dispatcher of the process, which an app may have replaced. undici whole takes a start longer than all else
 * that a story is played with, so only these parts of it are loaded; a version that has them elsewhere is loaded whole.
 */
async function loadSend(): Promise<Send> {
  try {
    const [{ getGlobalDispatcher }, { default: request }] = await Promise.all([
      import("undici/lib/global.js"),
      import("undici/lib/api/api-request.js"),
    ]);
    return async (options) => request.call(getGlobalDispatcher(), options);
  } catch {
    const { getGlobalDispatcher } = await import("undici");
    return async (options) => getGlobalDispatcher().request(options);
  }
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > bodyBytesMax) {
      throw new ConnectionError(`the answer is larger than ${bodyBytesMax} bytes`, { code: "body_too_large" });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function connectionError(error: unknown, signal: AbortSignal, otherwise: "unreachable" | "body_cut"): ConnectionError {
  if (error instanceof ConnectionError) {
    return error;
  }
  if (signal.aborted) {
    const timedOut = signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
    return timedOut
      ? new ConnectionError("no complete answer in time", { code: "timeout", cause: error })
      : new ConnectionError("the caller stopped waiting", { code: "aborted", cause: error });
  }
  const said = error instanceof Error && "code" in error ? String(error.code) : "no further reason";
  const what = otherwise === "unreachable" ? "nothing answers" : "the answer ends in the middle";
  return new ConnectionError(`${what} (${said})`, { code: otherwise, cause: error });
}

function joinHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) {
      joined[name] = Array.isArray(value) ? value.join(", ") : value;
    }
  }
  return joined;
}
