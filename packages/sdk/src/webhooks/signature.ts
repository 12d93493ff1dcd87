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
import { ContractError } from "../errors.ts";
import { systemNow } from "../runtime.ts";
import type { Claim, SignatureScheme } from "./claim.ts";
import { isBytes, type Engine, type Payload, type SigningKey, type SyncEngine } from "./engine.ts";
import type { HeaderValue } from "./header-value.ts";
import { readClaim, type HeaderSource } from "./headers.ts";
import { checkWhole } from "./whole-number.ts";
import { notRaw } from "./raw-body.ts";
import { refusal, support } from "./refusal.ts";
import { signingKeys, type Secrets } from "./secrets.ts";
import { readWorkosHeader } from "./workos-header.ts";

/** Three minutes either way is what the official clients allow by default. */
export const toleranceSecondsDefault = 180;

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
      /** Default: told from the headers; that of WorkOS where there are all headers of both. */
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
  const toleranceMs = checkWhole(options.toleranceSeconds ?? toleranceSecondsDefault, "toleranceSeconds") * 1000;
  // API Gateway hands over null where a request has no headers, whatever the type says.
  const headers = options.headers as HeaderSource | null | undefined;
  const claim =
    headers === undefined || headers === null ? readWorkosHeader(options.header) : readClaim(headers, options.scheme);
  const keys = signingKeys(options.secret, claim.scheme);
  return { claim, keys, toleranceMs, nowMs: options.nowMs ?? systemNow() };
}

/** Verifies at once, or throws. */
export function verifyNow(engine: SyncEngine, options: VerifyOptions): void {
  try {
    const payload = checkPayload(options.payload);
    const verification = beginVerification(options);
    const expected: string[] = [];
    for (const key of verification.keys) expected.push(engine.hmac(key, verification.claim, payload));
    judge(engine, verification, expected);
  } catch (error) {
    support(error, options);
    throw error;
  }
}

/** Verifies with any engine, or rejects. */
export async function verifyLater(engine: Engine, options: VerifyOptions): Promise<void> {
  try {
    const payload = checkPayload(options.payload);
    await endVerification(engine, beginVerification(options), payload);
  } catch (error) {
    support(error, options);
    throw error;
  }
}

/** Holds the body against what was begun without it. */
export async function endVerification(engine: Engine, verification: Verification, payload: Payload): Promise<void> {
  const { claim, keys } = verification;
  judge(engine, verification, await Promise.all(keys.map(async (key) => engine.hmac(key, claim, payload))));
}

/**
 * The event in a verified body. Its envelope is checked, its `data` is not.
 * @throws ContractError when the body is not an event.
 */
export function parseEvent(payload: Payload): DirectoryEvent {
  const event = parseJson(payload);
  if (isEnvelope(event)) return event;
  throw notAnEvent("contract_broken", "not an event");
}

function checkPayload(payload: unknown): Payload {
  if (typeof payload === "string" || isBytes(payload)) return payload;
  throw notRaw("a body parser has read it");
}

function judge(engine: Engine, { claim, nowMs, toleranceMs }: Verification, expected: readonly string[]): void {
  let isFound = false;
  for (const own of expected) {
    for (const signature of claim.signatures) {
      // No way out of the loops: the time taken must not tell which secret or signature matched.
      if (engine.isSame(own, signature)) isFound = true;
    }
  }
  if (!isFound) {
    const message = "No signature of the webhook matches. Check the secret, and that the body is raw.";
    throw refusal("signature_mismatch", message);
  }
  // After the signature: until then the timestamp is only somebody's claim, and complaining about it would mislead.
  checkTime(claim.timestampMs, nowMs, toleranceMs);
}

function checkTime(timestampMs: number, nowMs: number, toleranceMs: number): void {
  const ageMs = nowMs - timestampMs;
  if (Math.abs(ageMs) <= toleranceMs) return;
  const distance = `${Math.abs(Math.round(ageMs / 1000))} s`;
  const allowed = `and ${toleranceMs / 1000} s are allowed`;
  if (ageMs > 0) {
    const unit = timestampMs < 1e11 ? " It looks like seconds, not milliseconds." : "";
    throw refusal("timestamp_too_old", `The webhook was signed ${distance} ago ${allowed}.${unit}`);
  }
  throw refusal(
    "timestamp_in_future",
    `The webhook was signed ${distance} in the future ${allowed}. Check the clocks.`,
  );
}

/** Fatal, for a replacement character would hide a broken body. A byte order mark stays: it was signed, and JSON has none. */
const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parseJson(payload: Payload): unknown {
  try {
    return JSON.parse(typeof payload === "string" ? payload : utf8.decode(payload));
  } catch {
    // The parser's own error quotes the body, which must not reach a log.
    throw notAnEvent("not_json", "not JSON");
  }
}

function notAnEvent(code: string, problem: string): ContractError {
  const issues = [{ path: "", message: problem }];
  return new ContractError(`The webhook is signed but its body is ${problem}.`, { code, retryable: false, issues });
}
