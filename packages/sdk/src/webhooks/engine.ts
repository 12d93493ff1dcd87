/** A body, exactly as it is sent or was received. */
export type Payload = Uint8Array | string;

/** True for a Uint8Array or Buffer, also one of another realm, as test runners make them. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT === 1;
}

/** The bytes of all chunks, one after the other. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((bytes, chunk) => bytes + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** Bytes as they are; text stands for its UTF-8. Null for what is neither. */
export function toBytes(piece: Payload): Uint8Array<ArrayBuffer>;
export function toBytes(piece: unknown): Uint8Array<ArrayBuffer> | null;
export function toBytes(piece: unknown): Uint8Array | null {
  if (typeof piece === "string") return new TextEncoder().encode(piece);
  return isBytes(piece) ? piece : null;
}

/** A key of HMAC: text stands for its UTF-8 bytes. */
export type SigningKey = Uint8Array | string;

/** How a signature is written in its header: lower-case hexadecimal, or base64 with its padding. */
export type SignatureEncoding = "hex" | "base64";

/** How a payload is signed: what stands in front of it, and how the signature is written. */
export interface SigningForm {
  readonly prefix: string;
  readonly encoding: SignatureEncoding;
}

/**
 * What verification needs of a platform's cryptography. There are two: node:crypto, which answers at once, and
 * WebCrypto, which answers with promises. Everything else about signatures is the same code over both.
 */
export interface Engine {
  /** HMAC-SHA256 over the prefix and then the payload. */
  readonly hmac: (key: SigningKey, form: SigningForm, payload: Payload) => string | Promise<string>;
  /** Compares two signatures of the same length in constant time. */
  readonly isSame: (expected: string, given: string) => boolean;
}

/** An engine that answers at once. */
export interface SyncEngine extends Engine {
  readonly hmac: (key: SigningKey, form: SigningForm, payload: Payload) => string;
}

/** More than an app's endpoints need; without a bound, a server of many tenants would keep every secret it ever saw. */
const keptKeysMax = 32;

/** Keeps a prepared key, because preparing one costs more than signing a small body with it. */
export function keep<Prepared>(keys: Map<string, Prepared>, text: string, prepared: Prepared): Prepared {
  if (keys.size >= keptKeysMax) keys.clear();
  keys.set(text, prepared);
  return prepared;
}
