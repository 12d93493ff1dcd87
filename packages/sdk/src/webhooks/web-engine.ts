import { ConfigError } from "../errors.ts";
import { KeyCache, type Engine, type Payload, type SignatureEncoding, type SigningKey } from "./engine.ts";

type SubtleCrypto = typeof globalThis.crypto.subtle;
type CryptoKey = Awaited<ReturnType<SubtleCrypto["importKey"]>>;

/** Signs with WebCrypto, for runtimes that have no node:crypto. Throws ConfigError where WebCrypto is missing too. */
export function createWebEngine(): Engine {
  const cache = new KeyCache<CryptoKey>();
  return {
    hmac: async (key, prefix, payload) => {
      const prepared = await prepare(key, cache);
      return new Uint8Array(await subtle().sign("HMAC", prepared, joined(prefix, payload)));
    },
    isSame: (digest, signature, encoding) => areEqual(digest, decode(signature, encoding)),
    encode: (digest, encoding) => (encoding === "hex" ? toHex(digest) : btoa(String.fromCharCode(...digest))),
    // A byte order mark is kept: it is part of what was signed, and JSON has none.
    decodeText: (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
  };
}

/** Keeps keys, not promises: on Workers a promise that another request began may never settle for this one. */
async function prepare(key: SigningKey, cache: KeyCache<CryptoKey>): Promise<CryptoKey> {
  const known = typeof key === "string" ? cache.get(key) : undefined;
  if (known !== undefined) return known;
  const bytes = typeof key === "string" ? new TextEncoder().encode(key) : new Uint8Array(key);
  const fresh = await subtle().importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  if (typeof key === "string") cache.add(key, fresh);
  return fresh;
}

function subtle(): SubtleCrypto {
  // Absent on pages served without TLS and in some test environments, whatever the type says.
  const found = (globalThis.crypto as typeof globalThis.crypto | undefined)?.subtle as SubtleCrypto | undefined;
  if (found !== undefined) return found;
  const message = "This runtime has no WebCrypto (crypto.subtle), so no signature can be checked.";
  throw new ConfigError(message, { where: "crypto.subtle" });
}

function joined(prefix: string, payload: Payload): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  if (typeof payload === "string") return encoder.encode(prefix + payload);
  const head = encoder.encode(prefix);
  const whole = new Uint8Array(head.length + payload.length);
  whole.set(head);
  whole.set(payload, head.length);
  return whole;
}

/** Looks at every byte, whatever the first ones hold. */
function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}

function decode(signature: string, encoding: SignatureEncoding): Uint8Array {
  if (encoding === "base64") return Uint8Array.from(atob(signature), (character) => character.charCodeAt(0));
  return Uint8Array.from({ length: signature.length / 2 }, (_, index) =>
    Number.parseInt(signature.slice(index * 2, index * 2 + 2), 16),
  );
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
