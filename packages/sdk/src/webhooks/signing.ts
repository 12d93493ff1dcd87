/**
 * The sender's side of webhooks, and what tests of a receiver need. Over WebCrypto, which every runtime has: who sends a
 * webhook waits for the network, not for its signature.
 */
import { systemNow } from "../runtime.ts";
import type { SignatureScheme } from "./claim.ts";
import { signedHeadersWith, type SignedHeaders, type SignedHeadersOptions } from "./signed-headers.ts";
import { createWebEngine } from "./web-engine.ts";

export type { EventData, EventName, EventOf } from "../contract/events.ts";
export type { SignatureScheme } from "./claim.ts";
export type { Payload } from "./engine.ts";
export { testEvent, type EventOverrides } from "./sample-event.ts";
export type { Secrets } from "./secrets.ts";
export type { SignOptions } from "./sign.ts";
export type { SignedHeaders, SignedHeadersOptions } from "./signed-headers.ts";

const engine = /* @__PURE__ */ createWebEngine();

/**
 * The headers that sign a webhook, in either scheme. Sign each attempt anew: receivers refuse an old time.
 * @throws SignatureError `secret_missing` or `secret_unsuitable`.
 * @throws ConfigError for a timestamp that is not whole milliseconds, or an id that is none.
 */
export async function signedHeaders(options: SignedHeadersOptions): Promise<SignedHeaders> {
  return signedHeadersWith(engine, options);
}

/** How the request of a test is signed, and where it goes. */
export interface SignedRequestOptions {
  readonly secret: string;
  /** Default `workos`. */
  readonly scheme?: SignatureScheme | undefined;
  /** Default: now. Another time makes a stale or a future webhook. */
  readonly timestampMs?: number | undefined;
  /** Default `http://localhost/webhooks`. */
  readonly url?: string | undefined;
}

/**
 * A POST of `event` as the service would send it, to give to the handler under test. Where a test needs parts, take
 * `Object.fromEntries(request.headers)` and `await request.text()`.
 * @throws as `signedHeaders`.
 */
export async function signedRequest(event: { readonly id: string }, options: SignedRequestOptions): Promise<Request> {
  const { secret, scheme = "workos", timestampMs = systemNow(), url = "http://localhost/webhooks" } = options;
  const payload = JSON.stringify(event);
  const signed = await signedHeaders({ payload, secret, timestampMs, scheme, id: event.id });
  return new Request(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...signed },
    body: payload,
  });
}
