/**
 * The signing secrets of webhook endpoints. Unlike tokens they have to be read again, so they are stored encrypted
 * (AES-256-GCM) under a key that is not in the database: a copy of the file signs nothing. The endpoint's id is bound
 * into each, so that two rows cannot be exchanged (reliability S8).
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Seals secrets and opens them again. */
export interface SecretBox {
  /** Encrypts a secret of the endpoint with this id. */
  seal(secret: string, endpointId: string): string;
  /** Null when it was sealed under a key that is not given, or for another endpoint. */
  open(sealed: string, endpointId: string): string | null;
  /** Sealed under the first key; null when it is so already, or cannot be opened. */
  renew(sealed: string, endpointId: string): string | null;
}

// Of AES-GCM.
const nonceBytes = 12;
const tagBytes = 16;

// 192 bits, the length Standard Webhooks recommends at least.
const secretBytes = 24;

/** Characters of a secret that may be shown, to tell one from another. */
const shownCharacters = 4;

/** A box under keys that are made of these texts: the first seals, and each opens what it has sealed. */
export function secretBox([first, ...others]: readonly [string, ...string[]]): SecretBox {
  const [newest, older] = [keyOf(first), others.map(keyOf)];
  const openOlder = (sealed: string, endpointId: string): string | null =>
    older.map((key) => unseal(key, sealed, endpointId)).find((secret) => secret !== null) ?? null;
  return {
    seal: (secret, endpointId) => seal(newest, secret, endpointId),
    open: (sealed, endpointId) => unseal(newest, sealed, endpointId) ?? openOlder(sealed, endpointId),
    renew: (sealed, endpointId) => {
      if (unseal(newest, sealed, endpointId) !== null) return null;
      const secret = openOlder(sealed, endpointId);
      return secret === null ? null : seal(newest, secret, endpointId);
    },
  };
}

function keyOf(text: string): Buffer {
  return Buffer.from(hkdfSync("sha256", text, "", "dirsync webhook secrets", 32));
}

function seal(key: Buffer, secret: string, endpointId: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(endpointId));
  const parts = [nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(parts).toString("base64");
}

function unseal(key: Buffer, sealed: string, endpointId: string): string | null {
  const bytes = Buffer.from(sealed, "base64");
  const [nonce, tag] = [bytes.subarray(0, nonceBytes), bytes.subarray(-tagBytes)];
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(endpointId)).setAuthTag(tag);
    return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8");
  } catch {
    return null;
  }
}

/** A new secret: `whsec_` and base64, which is a key in both signature schemes. */
export function newSecret(): string {
  return `whsec_${randomBytes(secretBytes).toString("base64")}`;
}

/** What may be shown of a secret once its owner has it; null for one that cannot be read. */
export function maskedSecret(secret: string | null): string {
  return `whsec_********${(secret ?? "").slice(-shownCharacters)}`;
}

// Enough to tell two keys apart, and far too little to find one by.
const fingerprintBytes = 4;

/** Tells one encryption key from another without giving either away. */
export function fingerprintOf(keyText: string): string {
  return Buffer.from(hkdfSync("sha256", keyText, "", "dirsync key fingerprint", fingerprintBytes)).toString("hex");
}
