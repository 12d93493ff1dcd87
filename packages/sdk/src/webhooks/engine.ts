/** A body, exactly as it is sent or was received. */
export type Payload = Uint8Array | string;

/** True for a Uint8Array or Buffer, also one of another realm, as test runners make them. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** A key of HMAC: text stands for its UTF-8 bytes. */
export type SigningKey = Uint8Array | string;

/** How a signature is written in its header. */
export type SignatureEncoding = "hex" | "base64";

/**
 * What verification needs of a platform's cryptography. There are two: node:crypto, which answers at once, and
 * WebCrypto, which answers with promises. Everything else about signatures is the same code over both.
 */
export interface Engine {
  /** HMAC-SHA256 over `prefix` and then `payload`: 32 bytes. */
  readonly hmac: (key: SigningKey, prefix: string, payload: Payload) => Uint8Array | Promise<Uint8Array>;
  /** Compares in constant time. `signature` is the text of exactly 32 bytes. */
  readonly isSame: (digest: Uint8Array, signature: string, encoding: SignatureEncoding) => boolean;
  /** Writes a digest as it stands in a header; hexadecimal in lower case, base64 with its padding. */
  readonly encode: (digest: Uint8Array, encoding: SignatureEncoding) => string;
  /** The text of UTF-8 bytes. Throws on anything else, for a replacement character would hide a broken body. */
  readonly decodeText: (bytes: Uint8Array) => string;
}

/** An engine that answers at once. */
export interface SyncEngine extends Engine {
  readonly hmac: (key: SigningKey, prefix: string, payload: Payload) => Uint8Array;
}

/** More than one app's endpoints use; without a bound, a server of many tenants would keep every secret it ever saw. */
const cachedKeysMax = 32;

/** Keeps the last few prepared keys, because preparing one costs more than signing a small body with it. */
export class KeyCache<Prepared extends object> {
  readonly #keys = new Map<string, Prepared>();

  /** The key prepared for `text`, when it is still here. */
  get(text: string): Prepared | undefined {
    return this.#keys.get(text);
  }

  /** Remembers a key; the oldest makes room. */
  add(text: string, prepared: Prepared): void {
    const [oldest] = this.#keys.size < cachedKeysMax ? [] : this.#keys.keys();
    if (oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.set(text, prepared);
  }
}
