import { ConfigError, ConnectionError, ContractError, ApiError, isDirsyncError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { apiErrorOf } from "./answer-error.ts";
import { timerMsMax, withDeadline } from "./deadline.ts";
import { queryString, type Query } from "./query.ts";
import { withRetries } from "./retry.ts";
import type { HttpMethod, HttpRequest, HttpResponse, Transport } from "./transport.ts";

/** What every call takes as its last argument. */
export interface CallOptions {
  /** Ends the call at once: while connecting, in the middle of a body, and while waiting to try again. */
  readonly signal?: AbortSignal | undefined;
  /** Limit for each try, body included. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

/** One call of the API, before it becomes a request. */
export interface ApiRequest {
  readonly method: HttpMethod;
  /** Built with the `path` template. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** Anything that checks a decoded body. zod schemas are this. */
export interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } };
}

/** One place where a body differs from its schema. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What a client resolved once, for all its calls. */
export interface CallSettings {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly retriesMax: number;
  readonly transport: Transport;
  readonly runtime: Runtime;
  readonly signal: AbortSignal | undefined;
}

/** The API as resources see it. */
export interface ApiCalls {
  /** Resolves with the checked body of a 2xx answer. */
  read<T>(request: ApiRequest, schema: Schema<T>, options?: CallOptions): Promise<T>;
  /** Resolves on any 2xx answer and ignores its body, for calls whose status and body the service does not settle. */
  run(request: ApiRequest, options?: CallOptions): Promise<void>;
}

/**
 * Binds the calls of one client. Every one of them ends in a checked answer or in an error of this package:
 * `ApiError` for an answer that is not 2xx, `ConnectionError` for no whole answer, `ContractError` for an answer that
 * is not what the contract promises, `ConfigError` for an argument that cannot be sent.
 */
export function createApiCalls(settings: CallSettings): ApiCalls {
  return {
    async read(request, schema, options = {}) {
      const text = await send(settings, request, { options, decode: jsonOf });
      return checked(schema, text, request);
    },
    async run(request, options = {}) {
      await send(settings, request, { options, decode: () => undefined });
    },
  };
}

interface Handling {
  readonly options: CallOptions;
  readonly decode: (response: HttpResponse, what: string) => unknown;
}

async function send(settings: CallSettings, request: ApiRequest, handling: Handling): Promise<unknown> {
  const what = `${request.method} ${request.path}`;
  const { options, decode } = handling;
  const timeoutMs = checkTimeout(options.timeoutMs ?? settings.timeoutMs);
  const signals = [settings.signal, options.signal];
  const message = messageOf(settings, request);
  return withRetries(
    async () => {
      // The clock starts anew with each try: retries that share one deadline fail before they reach the server.
      const response = await withDeadline({ what, timeoutMs, signals }, async (signal) =>
        carried(settings.transport, message, signal),
      );
      if (response.status >= 200 && response.status < 300) return decode(response, what);
      throw apiErrorOf(response, { what, nowMs: settings.runtime.now(), secret: settings.apiKey });
    },
    {
      what,
      retriesMax: settings.retriesMax,
      mayRetry: (error) => mayRetry(request.method, error),
      signals,
      runtime: settings.runtime,
    },
  );
}

/** @throws ConfigError for a time limit no timer can keep; 0 and Infinity would both fire at once. */
export function checkTimeout(timeoutMs: number): number {
  if (Number.isFinite(timeoutMs) && timeoutMs >= 1 && timeoutMs <= timerMsMax) return timeoutMs;
  const message = `timeoutMs must be a number from 1 to ${timerMsMax}, not ${timeoutMs}.`;
  throw new ConfigError(message, { where: "timeoutMs" });
}

function messageOf(settings: CallSettings, request: ApiRequest): HttpRequest {
  const url = settings.baseUrl + request.path + queryString(request.query ?? {});
  const headers: Record<string, string> = {
    accept: "application/json",
    authorization: `Bearer ${settings.apiKey}`,
    "user-agent": settings.userAgent,
  };
  if (request.body === undefined) return { method: request.method, url, headers };
  headers["content-type"] = "application/json";
  return { method: request.method, url, headers, body: JSON.stringify(request.body) };
}

async function carried(transport: Transport, message: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  try {
    return await transport(message, signal);
  } catch (error) {
    if (isDirsyncError(error)) throw error;
    const text = `${message.method} got no answer: the transport failed.`;
    throw new ConnectionError(text, { code: "unreachable", cause: error });
  }
}

function jsonOf(response: HttpResponse, what: string): unknown {
  try {
    // Fatal: a name with a broken character must not enter a directory as a question mark.
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(response.body));
  } catch {
    // The parser's own error is not kept as a cause: its message quotes the body.
    throw notJson(response, what);
  }
}

function notJson(response: HttpResponse, what: string): ConnectionError | ContractError {
  const { headers, status } = response;
  const type = headers["content-type"] ?? "";
  const framed = "content-length" in headers || "transfer-encoding" in headers;
  if (!framed && response.body.length > 0 && type.includes("json")) {
    // Without a declared length the end of the connection is the end of the body, cut or not.
    const message = `${what} answered ${status}, but the connection ended in the middle of the body.`;
    return new ConnectionError(message, { code: "body_cut" });
  }
  const got = response.body.length === 0 ? "an empty body" : `a body of type ${JSON.stringify(type)}`;
  const advice = "Check that baseUrl is the API and that no proxy answers in its place.";
  return new ContractError(`${what} answered ${status} with ${got} that is not JSON. ${advice}`, {
    code: "not_json",
    issues: [{ path: "", message: "expected JSON" }],
  });
}

function checked<T>(schema: Schema<T>, body: unknown, request: ApiRequest): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({
    path: issue.path.map(String).join("."),
    message: issue.message,
  }));
  const first = issues[0];
  const detail = first === undefined ? "no detail" : `${first.path === "" ? "body" : first.path}: ${first.message}`;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  const message = `${request.method} ${request.path} answered something else than the contract: ${detail}${more}.`;
  throw new ContractError(message, { issues });
}

const repeatableMethods: ReadonlySet<HttpMethod> = new Set<HttpMethod>(["GET", "PUT", "DELETE"]);

/** Failures in which no request can have reached the service, so that even a POST may be sent again. */
const neverSentCodes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "EAI_AGAIN",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function mayRetry(method: HttpMethod, error: unknown): boolean {
  if (!isDirsyncError(error) || !error.retryable) return false;
  if (repeatableMethods.has(method)) return true;
  // A refusal for the rate is given before the service acts.
  if (error instanceof ApiError) return error.status === 429;
  const cause: unknown = error.cause;
  return typeof cause === "object" && cause !== null && "code" in cause && neverSentCodes.has(cause.code);
}
