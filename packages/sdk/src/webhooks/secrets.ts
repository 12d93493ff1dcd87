import type { SignatureScheme } from "./claim.ts";
import type { SigningKey } from "./engine.ts";
import { refusal, type Refusal } from "./refusal.ts";

/** One secret, or several while one replaces another. */
export type Secrets = string | readonly string[];

/**
 * The keys that `scheme` makes of the secrets, at least one.
 * @throws SignatureError `secret_missing`, or `secret_unsuitable` when none of them can be a key of that scheme.
 */
export function signingKeys(secrets: Secrets, scheme: SignatureScheme): readonly [SigningKey, ...SigningKey[]] {
  const texts = checkSecrets(secrets);
  // The whole text is the key, prefix included (contract of WorkOS).
  if (scheme === "workos") return texts;
  // Others are left out, because during a move an app holds secrets of both kinds.
  const [first, ...others] = texts.map(decodeSecret).filter((key) => key !== null);
  if (first !== undefined) return [first, ...others];
  throw refusal(
    "secret_unsuitable",
    "The webhook is signed with Standard Webhooks, and no secret given is one of theirs: base64 behind whsec_. " +
      'When only WorkOS-Signature is expected, pass scheme: "workos".',
  );
}

/** The key of a Standard Webhooks secret: the base64 behind an optional `whsec_`; null for anything else. */
export function decodeSecret(secret: string): Uint8Array | null {
  const base64 = secret.replace(/^whsec_/, "");
  // Strict, because decoders that skip foreign characters make a key of any text.
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(base64)) return null;
  const key = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return key.length === 0 ? null : key;
}

function checkSecrets(secrets: unknown): readonly [string, ...string[]] {
  // An unset environment variable arrives here as undefined, whatever the type says.
  const [first, ...others] = Array.isArray(secrets) ? (secrets as readonly unknown[]) : [secrets];
  // HMAC takes an empty key without complaint, and then anybody can sign.
  if (isSecret(first) && others.every(isSecret)) return [first, ...others];
  throw missing();
}

function isSecret(secret: unknown): secret is string {
  return typeof secret === "string" && secret !== "";
}

function missing(): Refusal {
  const message = "A webhook secret is missing or empty. Pass the endpoint's whole secret, whsec_ included.";
  return refusal("secret_missing", message);
}
