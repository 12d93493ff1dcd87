/**
 * The one way out: a transport carries one request and brings the whole answer. `undici-transport.ts` is the one for
 * Node, `fetch-transport.ts` the one for everywhere else; recording, faults and caches are functions around either.
 */

/** Every method the API uses. */
export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request, ready to send. */
export interface HttpRequest {
  readonly method: HttpMethod;
  /** Absolute, with the query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes are packed as `content-encoding` says. */
  readonly body?: string | Uint8Array;
  /** What the caller gives this request. A transport that waits less for headers waits so long for them. */
  readonly timeoutMs?: number | undefined;
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
