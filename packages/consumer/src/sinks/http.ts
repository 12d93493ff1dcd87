/**
 * One signed request for each event. A 2xx is the receiver's word that the event is durable; what other answers mean is
 * decided in `verdictOf`.
 */
import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import {
  ConfigError,
  type DirectoryEvent,
  eventIdCharactersMax,
  isDirsyncError,
  retryAfterMs,
  type Runtime,
  SinkError,
  type SinkVerdict,
  systemRuntime,
} from "@dirsync/sdk";
import type { SignatureScheme } from "@dirsync/sdk/webhooks/signing";
import type { Dispatcher } from "undici";
import type { Attempt, Sink } from "../model.ts";
import { checkTarget, refusedCode, type Target, type TargetGuard } from "./forward-target.ts";

/** Where events go, and how they are signed. */
export interface ForwardSinkOptions extends TargetGuard {
  /** Default `forward`. */
  readonly name?: string;
  /** https, or http to this machine. */
  readonly url: string;
  /**
   * Signs each request. A secret of Standard Webhooks is `whsec_` and base64. Several while one replaces another: of each
   * there is a signature in the header of Standard Webhooks; that of WorkOS has room for one, which is the first one's.
   */
  readonly secret: string | readonly string[];
  /**
   * Signature headers. Default `["workos"]`, so that code written for webhooks of WorkOS takes these requests, too. Of a
   * request with both, `receive` of the SDK holds against those of WorkOS unless it is told otherwise.
   */
  readonly schemes?: readonly SignatureScheme[];
  /** Certificates, as PEM, to trust besides those that Node brings along. */
  readonly ca?: string;
  /** Requests at once; more wait. Default 32. */
  readonly connectionsMax?: number;
  readonly runtime?: Runtime;
}

const connectTimeoutMs = 10_000;

/** An answer's body is thrown away; beyond this it is not worth keeping the connection for. */
const bodyBytesMax = 64 * 1024;
const bodyTimeoutMs = 5_000;

/**
 * A sink that POSTs each event as JSON. It never follows a redirect, never uses a proxy, and never connects to an
 * address that is not public unless that is allowed. `resolve` looks names up, by default as the system does.
 * @throws ConfigError for a target or a secret that cannot work.
 */
export async function forwardSink(options: ForwardSinkOptions, resolve: LookupFunction = systemLookup): Promise<Sink> {
  const target = checkTarget(options.url, options, resolve);
  await checkSecret(options);
  const forwarder = new Forwarder(options, target);
  return {
    name: options.name ?? "forward",
    deliver: (event, attempt) => forwarder.deliver(event, attempt),
    close: () => forwarder.close(),
  };
}

class Forwarder {
  readonly #options: ForwardSinkOptions;
  readonly #target: Target;
  readonly #name: string;
  #loading: Promise<Dispatcher> | null = null;
  #hasDelivered = false;
  #isClosed = false;

  constructor(options: ForwardSinkOptions, target: Target) {
    this.#options = options;
    this.#target = target;
    this.#name = options.name ?? "forward";
  }

  async deliver(event: DirectoryEvent, attempt: Attempt): Promise<void> {
    const { signal } = attempt;
    signal.throwIfAborted();
    const { runtime = systemRuntime } = this.#options;
    const body = JSON.stringify(event);
    // Signed anew for each try: receivers refuse an old time.
    const signed = await signatures(this.#options, { id: event.id, body, timestampMs: runtime.now() });
    const answer = await this.#send({ body, headers: { ...headersOf(event, attempt), ...signed }, signal });
    this.#judge(answer, runtime.now());
    this.#hasDelivered = true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // Not `close`, which waits for what is in flight.
    if (this.#loading !== null) await (await this.#loading).destroy();
  }

  async #send({ body, headers, signal }: Outgoing): Promise<Answer> {
    const { url, lookup } = this.#target;
    try {
      this.#loading ??= connect(this.#options, lookup);
      const dispatcher = await this.#loading;
      signal.throwIfAborted();
      const { origin, pathname, search } = new URL(url);
      const request = { origin, path: pathname + search, method: "POST", headers, body, signal } as const;
      const answer = await dispatcher.request({ ...request, headersTimeout: 0, bodyTimeout: bodyTimeoutMs });
      // The status is the answer. The rest is read so that the connection can be used again.
      await answer.body
        .dump({ limit: bodyBytesMax, signal: AbortSignal.any([signal, AbortSignal.timeout(bodyTimeoutMs)]) })
        .catch(() => undefined);
      return { status: answer.statusCode, headers: flat(answer.headers) };
    } catch (error) {
      signal.throwIfAborted();
      throw this.#failure(error);
    }
  }

  #judge({ status, headers }: Answer, nowMs: number): void {
    if (status >= 200 && status <= 299) return;
    const verdict = verdictOf(status);
    const message = `Sink ${this.#name} was answered ${status}. ${adviceFor(status)}`.trimEnd();
    const pauseMs = verdict === "retry" ? retryAfterMs(headers, nowMs) : null;
    const pause = pauseMs === null ? {} : { retryAfterMs: pauseMs };
    throw new SinkError(message, { verdict, code: "http_status", status, ...pause });
  }

  #failure(error: unknown): SinkError {
    const options = { verdict: "retry", code: "unreachable", cause: error } as const;
    if (this.#isClosed) return new SinkError(`Sink ${this.#name} was closed.`, { ...options, code: "sink_closed" });
    if (isDirsyncError(error) && error.code === refusedCode) {
      // A target that never worked is a mistake of whoever set it up; one that did is a fault of the name service.
      const verdict = this.#hasDelivered ? "retry" : "halt";
      return new SinkError(`Sink ${this.#name}: ${error.message}`, { ...options, verdict, code: refusedCode });
    }
    const reason = codeOf(error) ?? "unknown cause";
    return new SinkError(
      `Sink ${this.#name} got no answer from ${new URL(this.#target.url).host} (${reason}).`,
      options,
    );
  }
}

interface Outgoing {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * 410 says that the endpoint is gone for good (Standard Webhooks 1.0 asks senders to stop then), 413 and 422 that this
 * event cannot be taken. Everything else is tried again, 400 and 401 and 404 too: proxies, deployments and wrong secrets
 * answer so to every event, and then no event must be given up over it. One event that is always refused uses its
 * budget up by itself.
 */
function verdictOf(status: number): SinkVerdict {
  if (status === 410) return "halt";
  return status === 413 || status === 422 ? "dead" : "retry";
}

function adviceFor(status: number): string {
  if (status === 410) return "The endpoint says that it is gone for good.";
  if (status === 401 || status === 403)
    return "Check that both sides have the same secret, and the clock of this machine.";
  return status >= 300 && status <= 399 ? "Redirects are not followed: give the address they lead to." : "";
}

/** undici takes longer to load than everything else here, and a program may have sinks it does not use. */
async function connect({ ca, connectionsMax = 32 }: ForwardSinkOptions, lookup: LookupFunction): Promise<Dispatcher> {
  const { Agent } = await import("undici");
  // Naming it makes Node write all of them out.
  const trust = ca === undefined ? {} : { ca: [...(await import("node:tls")).rootCertificates, ca] };
  return new Agent({ connect: { timeout: connectTimeoutMs, lookup, ...trust }, connections: connectionsMax });
}

function headersOf(event: DirectoryEvent, attempt: Attempt): Readonly<Record<string, string>> {
  return {
    "content-type": "application/json",
    "user-agent": "dirsync",
    "dirsync-event-id": headerText(event.id),
    "dirsync-seq": String(attempt.seq),
    "dirsync-epoch": String(attempt.epoch),
    "dirsync-lane": headerText(attempt.lane),
    "dirsync-attempt": String(attempt.number),
    ...(attempt.replay ? { "dirsync-replay": "1" } : {}),
    ...(attempt.late === true ? { "dirsync-late": "1" } : {}),
    ...(attempt.synthetic === undefined ? {} : { "dirsync-synthetic": headerText(attempt.synthetic.cause) }),
  };
}

/** What may not stand in a header is written as in a URL; ids as we know them need none of it. */
function headerText(text: string): string {
  // Half of a surrogate pair has no UTF-8; it is replaced on the way through a buffer.
  const encoded = encodeURIComponent(Buffer.from(text).toString());
  return encoded.replaceAll("%3A", ":").slice(0, eventIdCharactersMax);
}

interface Signable {
  readonly id: string;
  readonly body: string;
  readonly timestampMs: number;
}

async function signatures(
  { secret, schemes = ["workos"] }: ForwardSinkOptions,
  { id, body, timestampMs }: Signable,
): Promise<Readonly<Record<string, string>>> {
  const { signedHeaders } = await import("@dirsync/sdk/webhooks/signing");
  const [first = ""] = [secret].flat();
  const content = { payload: body, timestampMs };
  const signed = schemes.map((scheme) =>
    signedHeaders(
      scheme === "workos" ? { ...content, scheme, secret: first } : { ...content, scheme, secret, id: headerText(id) },
    ),
  );
  return Object.assign({}, ...(await Promise.all(signed))) as Readonly<Record<string, string>>;
}

/** A secret that no receiver could check shows before the first event, not with it. */
async function checkSecret(options: ForwardSinkOptions): Promise<void> {
  if (options.schemes?.length === 0) throw new ConfigError("Requests must be signed.", { where: "schemes" });
  try {
    await signatures(options, { id: "event_1", body: "{}", timestampMs: 0 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`The secret cannot sign requests: ${reason}`, { where: "secret", cause: error });
  }
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function codeOf(error: unknown): string | null {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : null;
}
