/**
 * Signatures of webhooks (https://workos.com/docs/events/data-syncing/webhooks, seen 2026-11).
 *
 * The header is `WorkOS-Signature: t=<milliseconds>, v1=<hex>`, where v1 is HMAC-SHA256 over `<t>.<raw body>` and the
 * key is the whole secret as text, prefix included. Verification works on the bytes that were received; a body that
 * was parsed and written again has other bytes and can never match.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { isEnvelope, type DirectoryEvent } from "../contract/envelope.ts";
import { ConfigError, ContractError, SignatureError } from "../errors.ts";
import { systemRuntime } from "../runtime.ts";

/** Three minutes either way is what the official clients allow by default. */
const toleranceSecondsDefault = 180;

/** No sender has more; the limit keeps a hostile header from buying work. */
const headerCharactersMax = 4096;

/** What to sign. */
export interface SignOptions {
  /** The body exactly as it will be sent. */
  readonly payload: Uint8Array | string;
  readonly secret: string;
  /** When it is sent, in milliseconds since the Unix epoch. */
  readonly timestampMs: number;
}

/** What was received, and what to hold it against. */
export interface VerifyOptions {
  /** The body exactly as it was received, before any parser. */
  readonly payload: Uint8Array | string;
  /** Value of the `WorkOS-Signature` header, as Node or a web Request gives it. */
  readonly header: string | readonly string[] | null | undefined;
  /** Several while a secret is being replaced; any of them may match. */
  readonly secret: string | readonly string[];
  /** How far the sender's clock may be from ours, either way. Default 180. 0 means not at all. */
  readonly toleranceSeconds?: number | undefined;
  /** Default: now. */
  readonly nowMs?: number | undefined;
}

/**
 * The value of the `WorkOS-Signature` header: one space after the comma, this order and lower case, because some
 * official clients read it by position.
 * @throws SignatureError `secret_missing`.
 * @throws ConfigError for a timestamp that is not whole milliseconds.
 */
export function sign(options: SignOptions): string {
  const { payload, secret, timestampMs } = options;
  if (!Number.isSafeInteger(timestampMs) || timestampMs < 0) {
    const message = "timestampMs must be whole milliseconds since the Unix epoch.";
    throw new ConfigError(message, { where: "timestampMs" });
  }
  const [key] = checkSecrets(secret);
  return `t=${timestampMs}, v1=${digest(key, String(timestampMs), checkPayload(payload)).toString("hex")}`;
}

/**
 * Verifies a webhook and only then parses it. The event's envelope is checked, its `data` is not.
 * @throws SignatureError with the reason; the body must not be trusted.
 * @throws ContractError when a rightly signed body is not an event.
 * @throws ConfigError for a tolerance that would switch the check of the time off.
 */
export function verify(options: VerifyOptions): DirectoryEvent {
  const secrets = checkSecrets(options.secret);
  const toleranceMs = checkTolerance(options.toleranceSeconds ?? toleranceSecondsDefault) * 1000;
  const payload = checkPayload(options.payload);
  const { timestamp, signatures } = parseHeader(options.header);
  if (!matches({ secrets, timestamp, payload, signatures })) throw mismatch();
  // After the signature: until then the timestamp is only somebody's claim, and complaining about it would mislead.
  checkTime(Number(timestamp), options.nowMs ?? systemRuntime.now(), toleranceMs);
  return parseEvent(payload);
}

/** A header that keeps to the grammar: one `t`, one or more `v1`. */
export interface ParsedHeader {
  /** As it was written, because these characters were signed. */
  readonly timestamp: string;
  readonly signatures: readonly Buffer[];
}

/**
 * Reads the header: `key=value` pairs between commas, in any order, spaces allowed around the commas only. Pairs with
 * other keys are left for later versions of the scheme.
 * @throws SignatureError `header_missing` or `header_malformed`.
 */
export function parseHeader(header: VerifyOptions["header"]): ParsedHeader {
  const text = singleHeader(header);
  const timestamps: string[] = [];
  const signatures: Buffer[] = [];
  for (const part of text.split(",")) {
    const pair = /^[ \t]*([a-z][a-z0-9]*)=([^\s,=]+)[ \t]*$/.exec(part);
    if (pair === null) throw malformed("it is not a list of key=value pairs");
    const [, key = "", value = ""] = pair;
    if (key === "t") timestamps.push(value);
    if (key === "v1") signatures.push(parseHex(value));
  }
  const [timestamp] = timestamps;
  if (timestamp === undefined || timestamps.length > 1) throw malformed("it must hold exactly one t");
  // Digits only: a lenient parser reads "1700000000abc" as a number and "abc" as one that passes every comparison.
  if (!/^\d{1,15}$/.test(timestamp)) throw malformed("t is not a number of milliseconds");
  if (signatures.length === 0) throw malformed("it holds no v1 signature");
  return { timestamp, signatures };
}

function singleHeader(header: VerifyOptions["header"]): string {
  const text = Array.isArray(header) && header.length === 1 ? (header[0] as unknown) : header;
  if (text === undefined || text === null || text === "") {
    throw new SignatureError("The webhook carries no WorkOS-Signature header.", { reason: "header_missing" });
  }
  if (typeof text !== "string") throw malformed("it was sent more than once");
  if (text.length > headerCharactersMax) throw malformed("it is too long");
  return text;
}

function parseHex(value: string): Buffer {
  if (!/^[0-9a-f]{64}$/i.test(value)) throw malformed("a v1 signature is not 64 hexadecimal digits");
  return Buffer.from(value, "hex");
}

interface Comparison {
  readonly secrets: readonly string[];
  readonly timestamp: string;
  readonly payload: Uint8Array | string;
  readonly signatures: readonly Buffer[];
}

function matches({ secrets, timestamp, payload, signatures }: Comparison): boolean {
  let found = false;
  for (const secret of secrets) {
    const expected = digest(secret, timestamp, payload);
    for (const signature of signatures) {
      // No way out of the loops: the time taken must not tell which secret or signature matched.
      if (timingSafeEqual(expected, signature)) found = true;
    }
  }
  return found;
}

function digest(secret: string, timestamp: string, payload: Uint8Array | string): Buffer {
  return createHmac("sha256", secret).update(`${timestamp}.`).update(payload).digest();
}

function checkSecrets(secret: string | readonly string[]): readonly [string, ...string[]] {
  // An unset environment variable arrives here as undefined, whatever the type says.
  const given: unknown = secret;
  const [first, ...others] = Array.isArray(given) ? (given as readonly unknown[]) : [given];
  // HMAC takes an empty key without complaint, and then anybody can sign.
  if (isSecret(first) && others.every(isSecret)) return [first, ...others];
  const message = "A webhook secret is missing or empty. Pass the endpoint's whole secret, whsec_ included.";
  throw new SignatureError(message, { reason: "secret_missing" });
}

function isSecret(secret: unknown): secret is string {
  return typeof secret === "string" && secret !== "";
}

function checkTolerance(toleranceSeconds: number): number {
  if (Number.isFinite(toleranceSeconds) && toleranceSeconds >= 0) return toleranceSeconds;
  const message = "toleranceSeconds must be a finite number of seconds, 0 or more.";
  throw new ConfigError(message, { where: "toleranceSeconds" });
}

function checkPayload(payload: unknown): Uint8Array | string {
  if (typeof payload === "string" || payload instanceof Uint8Array) return payload;
  const message =
    "The webhook body is not raw: a body parser has already read it. Verify the bytes as they were received.";
  throw new SignatureError(message, { reason: "body_not_raw" });
}

function checkTime(timestampMs: number, nowMs: number, toleranceMs: number): void {
  const ageMs = nowMs - timestampMs;
  if (Math.abs(ageMs) <= toleranceMs) return;
  const allowed = `${toleranceMs / 1000} s are allowed`;
  if (ageMs > 0) {
    const unit = timestampMs < 1e11 ? " The timestamp looks like seconds; it must be milliseconds." : "";
    const message = `The webhook was signed ${Math.round(ageMs / 1000)} s ago and ${allowed}. It may be a replay.${unit}`;
    throw new SignatureError(message, { reason: "timestamp_too_old" });
  }
  const message = `The webhook was signed ${Math.round(-ageMs / 1000)} s in the future and ${allowed}. Check the clocks.`;
  throw new SignatureError(message, { reason: "timestamp_in_future" });
}

function parseEvent(payload: Uint8Array | string): DirectoryEvent {
  const event = parseJson(payload);
  if (isEnvelope(event)) return event;
  throw new ContractError("The webhook is signed but its body is not an event with id, event, data and created_at.", {
    retryable: false,
    issues: [{ path: "", message: "expected an event" }],
  });
}

function parseJson(payload: Uint8Array | string): unknown {
  try {
    const text = typeof payload === "string" ? payload : new TextDecoder("utf-8", { fatal: true }).decode(payload);
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the body, which must not reach a log.
    throw new ContractError("The webhook is signed but its body is not JSON.", {
      code: "not_json",
      retryable: false,
      issues: [{ path: "", message: "expected JSON" }],
    });
  }
}

function mismatch(): SignatureError {
  const advice = "Check the secret, and that the body is the raw bytes as received.";
  return new SignatureError(`No signature of the webhook matches. ${advice}`, { reason: "signature_mismatch" });
}

function malformed(problem: string): SignatureError {
  return new SignatureError(`The WorkOS-Signature header cannot be read: ${problem}.`, { reason: "header_malformed" });
}
