import { isDirsyncError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { HttpMethod, HttpResponse } from "./transport.ts";

/** One try of a call, as hooks see it. The same object in every hook of that try. */
export interface AttemptFacts {
  readonly method: HttpMethod;
  /** Where the service is, for example `https://api.workos.com`. */
  readonly baseUrl: string;
  /** The path with a name in place of an id, for example `/directories/{id}`. Queries and bodies are never shown. */
  readonly path: string;
  /** 1 for the first try. */
  readonly attempt: number;
}

/** How a try ended. */
export interface OutcomeFacts {
  /** Null when no whole answer came. */
  readonly status: number | null;
  readonly requestId: string | null;
  /** From sending to the end of the body. */
  readonly durationMs: number;
  /** Size of the decoded body. */
  readonly bodyBytes: number;
  /** The `code` of the error that this try ended in; null when it ended well. */
  readonly errorCode: string | null;
}

/** That a call is about to be tried again. */
export interface RetryFacts {
  readonly errorCode: string;
  /** The wait before the next try begins. */
  readonly waitMs: number;
}

/**
 * What may watch the calls of a client, for logs, metrics and traces. No hook sees the API key, a query, a body or an
 * id. Hooks watch and do not decide: one that throws or rejects is reported to the log, and the call goes on without
 * waiting for it.
 */
export interface RequestHooks {
  /**
   * Before a try is sent. Headers that it returns, at once, are added to the request. They cannot replace our own, nor
   * those by which a request is carried, such as Host and Content-Length; what is no header is reported to the log.
   */
  onRequest?(attempt: AttemptFacts): Readonly<Record<string, string>> | void;
  /** After a try, however it ended. */
  onResponse?(attempt: AttemptFacts, outcome: OutcomeFacts): void;
  /** After a failed try that will be repeated, before the wait. */
  onRetry?(attempt: AttemptFacts, retry: RetryFacts): void;
}

/** The hooks of a client as one, whose calls never throw. */
export interface Watch {
  /** Headers to add to the request. */
  request(attempt: AttemptFacts): Record<string, string>;
  response(attempt: AttemptFacts, outcome: OutcomeFacts): void;
  retry(attempt: AttemptFacts, retry: RetryFacts): void;
}

/** Joins `hooks` into one, called in their order. */
export function watchWith(hooks: readonly RequestHooks[], runtime: Runtime): Watch {
  const each = (name: keyof RequestHooks, work: (hook: RequestHooks) => unknown): void => {
    // Going on is the point: a call must not fail, let alone be repeated, because somebody's metrics did.
    const report = (error: unknown): void => runtime.log.error({ hook: name, error }, "a request hook threw");
    for (const hook of hooks) {
      try {
        const result = work(hook);
        // An async function passes for one that returns nothing, and its rejection would end the process.
        if (result instanceof Promise) result.catch(report);
      } catch (error) {
        report(error);
      }
    }
  };
  return {
    request(attempt) {
      const added: Record<string, string> = {};
      each("onRequest", (hook) => {
        const result = hook.onRequest?.(attempt) ?? {};
        if (result instanceof Promise) return result;
        // In lower case, so that no spelling of a name of ours gets past ours.
        for (const [name, value] of Object.entries(result)) addHeader(added, name.toLowerCase(), value);
        return undefined;
      });
      return added;
    },
    response: (attempt, outcome) => each("onResponse", (hook) => hook.onResponse?.(attempt, outcome)),
    retry: (attempt, retry) => each("onRetry", (hook) => hook.onRetry?.(attempt, retry)),
  };
}

/** What the carriage of a request depends on: a transport sets these, or refuses the request over them. */
const carriage: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** @throws RangeError for what is no header (RFC 9110 §5.1, §5.5) or must not be set: a line break would make two of it. */
function addHeader(headers: Record<string, string>, name: string, value: unknown): void {
  const isHeader =
    /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) && typeof value === "string" && /^[\t\x20-\x7e]*$/.test(value);
  // The value is not repeated: nobody knows what it holds.
  if (!isHeader || carriage.has(name)) throw new RangeError(`The header ${JSON.stringify(name)} cannot be sent.`);
  headers[name] = value;
}

/** The facts of a try that got `response`, and ended in `error` where that is given. */
export function outcomeOf(response: HttpResponse | null, error: unknown, durationMs: number): OutcomeFacts {
  return {
    status: response?.status ?? null,
    requestId: response?.headers["x-request-id"] ?? null,
    durationMs,
    bodyBytes: response?.body.length ?? 0,
    errorCode: error === undefined ? null : errorCodeOf(error),
  };
}

/** A word for any error. */
export function errorCodeOf(error: unknown): string {
  return isDirsyncError(error) ? error.code : "unknown";
}
