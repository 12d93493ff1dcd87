import { ConfigError } from "../errors.ts";
import { joinBytes, keep, toBytes, type Engine, type SigningKey } from "./engine.ts";

type SubtleCrypto = typeof globalThis.crypto.subtle;
type CryptoKey = Awaited<ReturnType<SubtleCrypto["importKey"]>>;

/** Signs with WebCrypto, for runtimes that have no node:crypto. Throws ConfigError where WebCrypto is missing too. */
export function createWebEngine(): Engine {
  const keys = new Map<string, CryptoKey>();
  return {
    hmac: async (key, { prefix, encoding }, payload) => {
      const prepared = await prepare(key, keys);
      const bytes = joinBytes([toBytes(prefix), toBytes(payload)]);
      const digest = [...new Uint8Array(await subtle().sign("HMAC", prepared, bytes))];
      if (encoding === "base64") return btoa(String.fromCharCode(...digest));
      return digest.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    },
    isSame,
  };
}

/** Keeps keys, not promises: on Workers a promise that another request began may never settle for this one. */
async function prepare(key: SigningKey, keys: Map<string, CryptoKey>): Promise<CryptoKey> {
  if (typeof key !== "string") return importKey(key);
  return keys.get(key) ?? keep(keys, key, await importKey(toBytes(key)));
}

async function importKey(bytes: Uint8Array): Promise<CryptoKey> {
  return subtle().importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

function subtle(): SubtleCrypto {
  // Absent on pages served without TLS and in some test environments, whatever the type says.
  const found = (globalThis.crypto as typeof globalThis.crypto | undefined)?.subtle as SubtleCrypto | undefined;
  if (found !== undefined) return found;
  const message = "This runtime has no crypto.subtle.";
  throw new ConfigError(message, { where: "crypto.subtle" });
}

/** Looks at every character, whatever the first ones are. */
function isSame(expected: string, given: string): boolean {
  let difference = expected.length ^ given.length;
  for (let index = 0; index < expected.length; index += 1) {
    difference |= expected.charCodeAt(index) ^ given.charCodeAt(index);
  }
  return difference === 0;
}
