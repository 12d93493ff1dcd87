import { ConfigError } from "../errors.ts";
import { queryString, type Query } from "./query.ts";
import type { HttpMethod, HttpRequest } from "./transport.ts";

/** One call of the API, before it becomes a request. */
export interface ApiRequest {
  readonly method: HttpMethod;
  /** Built with the `path` template. */
  readonly path: string;
  /** The same with names in place of ids, for logs and metrics. Default `path`. */
  readonly template?: string | undefined;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The documented rate limit that the call counts against, beside that of all calls. */
  readonly rate?: { readonly limit: "directory_users" | "organization_delete"; readonly key: string } | undefined;
}

/** What every request of a client carries. */
export interface Sender {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly userAgent: string;
}

/** Methods of which sending the same twice may do twice the work. */
const unrepeatable: ReadonlySet<HttpMethod> = new Set<HttpMethod>(["POST", "PATCH"]);

/** Longest key; the header must fit into what proxies let through. */
const idempotencyKeyCharactersMax = 255;

/**
 * The request of a call. A POST or PATCH carries an `Idempotency-Key`: the message is built once for a call, so that
 * every try of it has the same key, and a service that has seen it does the work once. The API key is not in it: it
 * may be another one at the next try.
 * @throws ConfigError for a query, body or key that cannot be sent.
 */
export function messageOf(sender: Sender, request: ApiRequest, idempotencyKey: string | undefined): HttpRequest {
  const { method } = request;
  const headers: Record<string, string> = {
    accept: "application/json",
    "user-agent": sender.userAgent,
  };
  if (unrepeatable.has(method)) headers["idempotency-key"] = checkKey(idempotencyKey ?? crypto.randomUUID());
  const url = sender.baseUrl + request.path + queryString(request.query ?? {});
  if (request.body === undefined) return { method, url, headers };
  headers["content-type"] = "application/json";
  return { method, url, headers, body: jsonOf(request.body) };
}

function jsonOf(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    const message = "The arguments cannot be JSON: they hold a bigint or a circle.";
    throw new ConfigError(message, { where: "body", cause });
  }
}

function checkKey(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= idempotencyKeyCharactersMax) return key;
  const message = `idempotencyKey must be 1 to ${idempotencyKeyCharactersMax} visible ASCII characters.`;
  throw new ConfigError(message, { where: "idempotencyKey" });
}
