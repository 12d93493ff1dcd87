/**
 * Signatures of webhooks (https://workos.com/docs/events/data-syncing/webhooks, seen 2026-11).
 *
 * A verification goes: options checked, headers read, HMAC over what they claim and the raw body, signatures compared,
 * time checked, and only then the body parsed. Verification works on the bytes that were received; a body that was
 * parsed and written again has other bytes and can never match.
 *
 * Here is everything but the HMAC itself, which an engine does at once or with a promise.
 */
import { isEnvelope, type DirectoryEvent } from "../contract/envelope.ts";
import { ConfigError, ContractError } from "../errors.ts";
import { systemRuntime } from "../runtime.ts";
import type { Claim, SignatureScheme } from "./claim.ts";
import { isBytes, type Engine, type Payload, type SigningKey, type SyncEngine } from "./engine.ts";
import type { HeaderValue } from "./header-value.ts";
import { readClaim, type HeaderSource } from "./headers.ts";
import { Refusal, refusal } from "./refusal.ts";
import { signingKeys, type Secrets } from "./secrets.ts";
import { readWorkosHeader } from "./workos-header.ts";

/** Three minutes either way is what the official clients allow by default. */
const toleranceSecondsDefault = 180;

/** What a webhook is held against. */
export interface Expectation {
  /** Several while a secret is being replaced; any of them may match. */
  readonly secret: Secrets;
  /** How far the sender's clock may be from ours, either way. Default 180. 0 means not at all. */
  readonly toleranceSeconds?: number | undefined;
  /** Default: now. */
  readonly nowMs?: number | undefined;
}

/** Where the signature stands: in the value of `WorkOS-Signature`, or somewhere in all headers of the request. */
export type SignatureSource =
  | { readonly header: HeaderValue; readonly headers?: undefined; readonly scheme?: undefined }
  | {
      readonly headers: HeaderSource;
      /** Default: told from the headers, which must then be of one scheme only. */
      readonly scheme?: SignatureScheme | undefined;
      readonly header?: undefined;
    };

/** What was received, and what to hold it against. */
export type VerifyOptions = Expectation &
  SignatureSource & {
    /** The body exactly as it was received, before any parser. */
    readonly payload: Payload;
  };

/** A verification whose options and headers are in order. */
export interface Verification {
  readonly claim: Claim;
  readonly keys: readonly SigningKey[];
  readonly toleranceMs: number;
  readonly nowMs: number;
}

/** Reads and checks everything but the body, so that nobody reads the body of a request that cannot be good. */
export function beginVerification(options: Expectation & SignatureSource): Verification {
  const toleranceMs = checkTolerance(options.toleranceSeconds ?? toleranceSecondsDefault) * 1000;
  const claim =
    options.headers === undefined ? readWorkosHeader(options.header) : readClaim(options.headers, options.scheme);
  const keys = signingKeys(options.secret, claim.scheme);
  return { claim, keys, toleranceMs, nowMs: options.nowMs ?? systemRuntime.now() };
}

/** Verifies at once, or throws. */
export function verifyNow(engine: SyncEngine, options: VerifyOptions): void {
  try {
    const payload = checkPayload(options.payload);
    const verification = beginVerification(options);
    const { keys, claim } = verification;
    judge(
      engine,
      verification,
      keys.map((key) => engine.hmac(key, claim.prefix, payload)),
    );
  } catch (error) {
    support(error, options);
    throw error;
  }
}

/** Verifies with any engine, or rejects. `begun` spares what `beginVerification` has done already. */
export async function verifyLater(engine: Engine, options: VerifyOptions, begun?: Verification): Promise<void> {
  try {
    const payload = checkPayload(options.payload);
    const verification = begun ?? beginVerification(options);
    const { keys, claim } = verification;
    judge(engine, verification, await Promise.all(keys.map(async (key) => engine.hmac(key, claim.prefix, payload))));
  } catch (error) {
    support(error, options);
    throw error;
  }
}

/** Leaves with a refusal what it is based on, for `explain`. */
export function support(error: unknown, evidence: object): void {
  if (error instanceof Refusal) Refusal.support(error, evidence);
}

/**
 * The event in a verified body. Its envelope is checked, its `data` is not.
 * @throws ContractError when the body is not an event.
 */
export function parseEvent(engine: Engine, payload: Payload): DirectoryEvent {
  const event = parseJson(engine, payload);
  if (isEnvelope(event)) return event;
  throw new ContractError("The webhook is signed but its body is not an event with id, event, data and created_at.", {
    retryable: false,
    issues: [{ path: "", message: "expected an event" }],
  });
}

function judge(engine: Engine, { claim, nowMs, toleranceMs }: Verification, digests: readonly Uint8Array[]): void {
  let isFound = false;
  for (const digest of digests) {
    for (const signature of claim.signatures) {
      // No way out of the loops: the time taken must not tell which secret or signature matched.
      if (engine.isSame(digest, signature, claim.encoding)) isFound = true;
    }
  }
  if (!isFound) {
    const advice = "Check the secret, and that the body is the raw bytes as received.";
    throw refusal("signature_mismatch", `No signature of the webhook matches. ${advice}`);
  }
  // After the signature: until then the timestamp is only somebody's claim, and complaining about it would mislead.
  checkTime(claim, nowMs, toleranceMs);
}

function checkTolerance(toleranceSeconds: number): number {
  if (Number.isFinite(toleranceSeconds) && toleranceSeconds >= 0) return toleranceSeconds;
  const message = "toleranceSeconds must be a finite number of seconds, 0 or more.";
  throw new ConfigError(message, { where: "toleranceSeconds" });
}

function checkPayload(payload: unknown): Payload {
  if (typeof payload === "string" || isBytes(payload)) return payload;
  const message =
    "The webhook body is not raw: a body parser has already read it. Verify the bytes as they were received.";
  throw refusal("body_not_raw", message);
}

function checkTime({ timestampMs }: Claim, nowMs: number, toleranceMs: number): void {
  const ageMs = nowMs - timestampMs;
  if (Math.abs(ageMs) <= toleranceMs) return;
  const allowed = `${toleranceMs / 1000} s are allowed`;
  if (ageMs > 0) {
    const unit = timestampMs < 1e11 ? " The timestamp looks like seconds; it must be milliseconds." : "";
    const message = `The webhook was signed ${Math.round(ageMs / 1000)} s ago and ${allowed}. It may be a replay.${unit}`;
    throw refusal("timestamp_too_old", message);
  }
  const message = `The webhook was signed ${Math.round(-ageMs / 1000)} s in the future and ${allowed}. Check the clocks.`;
  throw refusal("timestamp_in_future", message);
}

function parseJson(engine: Engine, payload: Payload): unknown {
  try {
    return JSON.parse(typeof payload === "string" ? payload : engine.decodeText(payload));
  } catch {
    // The parser's own error quotes the body, which must not reach a log.
    throw new ContractError("The webhook is signed but its body is not JSON.", {
      code: "not_json",
      retryable: false,
      issues: [{ path: "", message: "expected JSON" }],
    });
  }
}
