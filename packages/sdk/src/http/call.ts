import { ApiError, ConnectionError, isDirsyncError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { apiErrorOf } from "./answer-error.ts";
import { checked, jsonOf, type Schema } from "./answer.ts";
import type { ApiKeySource } from "./api-key.ts";
import { fromHere } from "./call-site.ts";
import { withDeadline } from "./deadline.ts";
import { errorCodeOf, outcomeOf, type AttemptFacts, type Watch } from "./hooks.ts";
import { answeredAtMs } from "./http-date.ts";
import { checkMs, checkWhole } from "./limits.ts";
import { messageOf, type ApiRequest, type Sender } from "./message.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { withRetries } from "./retry.ts";
import type { HttpRequest, HttpResponse, Transport } from "./transport.ts";

/** What every call takes as its last argument. */
export interface CallOptions {
  /**
   * Ends the call at once: while connecting, in the middle of a body, and while waiting to try again. A limit over all
   * tries together is `AbortSignal.timeout(ms)`.
   */
  readonly signal?: AbortSignal | undefined;
  /** Limit for each try, body included; one given here also holds for the headers. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** Tries after the first one. Default: the client's `retriesMax`. 0 means that nothing is repeated. */
  readonly retriesMax?: number | undefined;
}

/** What calls that make or change something take as their last argument. */
export interface ChangeOptions extends CallOptions {
  /**
   * Sent as `Idempotency-Key` with every try of the call. Default a new one for each call; pass your own to make a call
   * of an earlier process again.
   */
  readonly idempotencyKey?: string | undefined;
}

/** What a client resolved once, for all its calls. */
export interface CallSettings extends Sender {
  readonly apiKey: ApiKeySource;
  readonly timeoutMs: number;
  readonly retriesMax: number;
  readonly transport: Transport;
  readonly rateLimiter: RateLimiter;
  readonly watch: Watch;
  readonly runtime: Runtime;
  readonly signal: AbortSignal | undefined;
}

/** The checked body of an answer, and when it was given. */
export interface Dated<T> {
  readonly body: T;
  /** Epoch milliseconds by the service's clock, whole seconds; null when it did not tell. */
  readonly answeredAtMs: number | null;
}

/** The API as resources see it. */
export interface ApiCalls {
  /** Resolves with the checked body of a 2xx answer. */
  read<T>(request: ApiRequest, schema: Schema<T>, options?: ChangeOptions): Promise<T>;
  /** `read`, with the time at which the service answered. */
  readDated<T>(request: ApiRequest, schema: Schema<T>, options?: ChangeOptions): Promise<Dated<T>>;
  /**
   * Resolves on any 2xx answer and ignores its body, for calls whose status and body the service does not settle. A DELETE
   * that is repeated and finds nothing has been done by the try whose answer was lost.
   */
  run(request: ApiRequest, options?: ChangeOptions): Promise<void>;
}

/**
 * Binds the calls of one client. Every one of them ends in a checked answer or in an error of this package:
 * `ApiError` for an answer that is not 2xx, `ConnectionError` for no whole answer, `ContractError` for an answer that
 * is not what the contract promises, `ConfigError` for an argument that cannot be sent.
 */
export function createApiCalls(settings: CallSettings): ApiCalls {
  const readDated: ApiCalls["readDated"] = async (request, schema, options = {}) =>
    fromHere(async () => {
      const { body, ...rest } = await send(settings, request, { options, decode: datedJsonOf });
      return { body: checked(schema, body, nameOf(request)), ...rest };
    });
  return {
    readDated,
    read: async (request, schema, options) => (await readDated(request, schema, options)).body,
    run: async (request, options = {}) => fromHere(async () => send(settings, request, { options, decode: ignored })),
  };
}

function ignored(): void {}

function datedJsonOf(response: HttpResponse, what: string): Dated<unknown> {
  return { body: jsonOf(response, what), answeredAtMs: answeredAtMs(response.headers) };
}

type Decode<T> = (response: HttpResponse, what: string) => T;

interface Handling<T> {
  readonly options: ChangeOptions;
  readonly decode: Decode<T>;
}

async function send<T>(settings: CallSettings, request: ApiRequest, { options, decode }: Handling<T>): Promise<T> {
  const { apiKey, baseUrl, rateLimiter, runtime, transport, watch } = settings;
  const { method, path, template = path } = request;
  const what = nameOf(request);
  const message = messageOf(settings, request, options.idempotencyKey);
  const timeoutMs = checkMs(options.timeoutMs ?? settings.timeoutMs, "timeoutMs");
  const signals = [settings.signal, options.signal];
  const inTime: InTime = async (work) => withDeadline({ what, timeoutMs, signals }, work);
  /** The latest try. */
  let last: AttemptFacts = { method, path: template, baseUrl, attempt: 0 };
  /** True once a try has failed that may have done its work all the same. */
  let mayBeDone = false;

  async function tryWith(key: string): Promise<T> {
    await rateLimiter.admit(request, signals);
    last = { ...last, attempt: last.attempt + 1 };
    const startMs = runtime.now();
    // Last, so that no hook and no caller can replace it.
    const headers = { ...watch.request(last), ...message.headers, authorization: `Bearer ${key}` };
    let response: HttpResponse | null = null;
    let failure: unknown;
    try {
      // The clock starts anew with each try: retries that share one deadline fail before they reach the server.
      response = await inTime(async (signal) =>
        carried(transport, { ...message, headers, timeoutMs: options.timeoutMs }, signal),
      );
      rateLimiter.notice(response);
      const isGone = method === "DELETE" && mayBeDone && response.status === 404;
      if (isGone || (response.status >= 200 && response.status < 300)) return decode(response, what);
      throw apiErrorOf(response, { what, nowMs: runtime.now(), secret: key });
    } catch (error) {
      failure = error;
      // A refusal has done nothing.
      mayBeDone ||= (response?.status ?? 500) >= 500;
      throw error;
    } finally {
      watch.response(last, outcomeOf(response, failure, runtime.now() - startMs));
    }
  }

  return withRetries(async () => withKey(apiKey, inTime, tryWith), {
    what,
    retriesMax: checkRetries(options.retriesMax ?? settings.retriesMax),
    // Every method may be repeated: those that change something carry a key by which the service knows them again.
    mayRetry: (error) => isDirsyncError(error) && error.retryable,
    signals,
    runtime,
    onRetry: (error, waitMs) => watch.retry(last, { errorCode: errorCodeOf(error), waitMs }),
  });
}

/** Runs a part of a try, as long as a try may take. */
type InTime = <R>(work: (signal: AbortSignal) => Promise<R>) => Promise<R>;

/** Tries once, and where the key is refused and there is another one, once more with that. */
async function withKey<T>(apiKey: ApiKeySource, inTime: InTime, tryWith: (key: string) => Promise<T>): Promise<T> {
  const known = apiKey.known() ?? (await inTime(async () => apiKey.find()));
  try {
    return await tryWith(known);
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403)) throw error;
    const other = await inTime(async () => apiKey.insteadOf(known));
    if (other === null) throw error;
    return tryWith(other);
  }
}

async function carried(transport: Transport, message: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  try {
    return await transport(message, signal);
  } catch (error) {
    if (isDirsyncError(error)) throw error;
    const text = `${message.method} got no answer.`;
    throw new ConnectionError(text, { code: "unreachable", cause: error });
  }
}

/** @throws ConfigError for anything but a whole number from 0 to 100. */
export function checkRetries(retriesMax: number): number {
  return checkWhole(retriesMax, "retriesMax", { max: 100 });
}

function nameOf({ method, path }: ApiRequest): string {
  return `${method} ${path}`;
}
