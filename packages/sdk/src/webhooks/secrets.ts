import type { SignatureScheme } from "./claim.ts";
import type { SigningKey } from "./engine.ts";
import { refusal } from "./refusal.ts";

/** One secret, or several while one replaces another. */
export type Secrets = string | readonly string[];

/**
 * The keys that `scheme` makes of the secrets, at least one.
 * @throws SignatureError `secret_missing`, or `secret_unsuitable` when none of them can be a key of that scheme.
 */
export function signingKeys(secrets: Secrets, scheme: SignatureScheme): readonly SigningKey[] {
  // An unset environment variable arrives here as undefined, whatever the type says.
  const given: readonly unknown[] = typeof secrets === "string" ? [secrets] : [secrets].flat();
  // HMAC takes an empty key without complaint, and then anybody can sign.
  if (given.length === 0 || !given.every((secret) => typeof secret === "string" && secret !== "")) {
    throw refusal("secret_missing", "A webhook secret is missing or empty.");
  }
  const texts = given as readonly string[];
  // The whole text is the key, prefix included (contract of WorkOS).
  if (scheme === "workos") return texts;
  // Others are left out, because during a move an app holds secrets of both kinds.
  const keys = texts.map(decodeSecret).filter((key) => key !== null);
  if (keys.length > 0) return keys;
  throw refusal("secret_unsuitable", "No secret is of Standard Webhooks: whsec_, base64.");
}

/** The key of a Standard Webhooks secret: the base64 behind an optional `whsec_`; null for anything else. */
export function decodeSecret(secret: string): Uint8Array | null {
  const text = secret.replace(/^whsec_/, "");
  // atob skips spaces; a decoder that skips foreign characters makes a key of any text.
  if (!/^[A-Za-z0-9+/]+=*$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
