import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";

/** What is kept of an Idempotency-Key and of the answer to its request. */
export interface IdempotencySecrets {
  /** Finds the answer, and tells neither of the two keys. */
  readonly keyDigest: string;
  /** Tells one request from another without keeping it. */
  digestOf(request: string): string;
  seal(answer: string, madeMs: number): string;
  /** @throws when the text was not sealed under these keys at this time */
  open(sealed: string, madeMs: number): string;
}

// Of 16 bytes, appended to the encrypted text.
const tagBytes = 16;

/**
 * An answer may hold a bearer token, of which the database otherwise has a digest only. It is therefore kept encrypted
 * (AES-256-GCM) under a key that only the caller's two keys give: a copy of the file reads no token, and neither does another
 * caller. With a new API key nothing is found under the old one.
 */
export function idempotencySecrets(apiKeyDigest: string, key: string): IdempotencySecrets {
  const derive = (purpose: string, text: string): Buffer =>
    createHmac("sha256", apiKeyDigest).update(`${purpose}\0${key}\0${text}`, "utf8").digest();
  // Another key for each time, and a key is stored once at a time: the nonce has nothing to tell apart.
  const nonce = Buffer.alloc(12);
  return {
    keyDigest: derive("key", "").toString("hex"),
    digestOf: (request) => derive("request", request).toString("hex"),
    seal: (answer, madeMs) => {
      const cipher = createCipheriv("aes-256-gcm", derive("seal", String(madeMs)), nonce);
      const parts = [cipher.update(answer, "utf8"), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(parts).toString("base64");
    },
    open: (sealed, madeMs) => {
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv("aes-256-gcm", derive("seal", String(madeMs)), nonce, {
        authTagLength: tagBytes,
      });
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      return decipher.update(bytes.subarray(0, -tagBytes), undefined, "utf8") + decipher.final("utf8");
    },
  };
}
