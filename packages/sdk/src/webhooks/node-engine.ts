import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from "node:crypto";
import { keep, type SigningKey, type SyncEngine } from "./engine.ts";

/** Signs with node:crypto. At the size of a webhook this is ten to twenty times faster than WebCrypto on Node. */
export function createNodeEngine(): SyncEngine {
  const keys = new Map<string, KeyObject>();
  return {
    hmac: (key, { prefix, payload, encoding }) =>
      createHmac("sha256", prepare(key, keys)).update(prefix).update(payload).digest(encoding),
    isSame: (expected, given) => timingSafeEqual(Buffer.from(expected), Buffer.from(given)),
  };
}

function prepare(key: SigningKey, keys: Map<string, KeyObject>): KeyObject | Uint8Array {
  if (typeof key !== "string") return key;
  return keys.get(key) ?? keep(keys, key, createSecretKey(key, "utf8"));
}
