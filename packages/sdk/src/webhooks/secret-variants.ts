import type { SignatureScheme } from "./claim.ts";
import type { SigningKey } from "./engine.ts";
import { decodeSecret } from "./secrets.ts";

/** A key made of a secret in a wrong way, with what is wrong. */
export interface SecretVariant {
  readonly mistake: string;
  readonly key: SigningKey;
}

/** The key `scheme` makes of a secret; null when it can make none, as of nothing: WebCrypto refuses an empty key. */
export function keyOf(secret: string, scheme: SignatureScheme): SigningKey | null {
  if (secret === "") return null;
  return scheme === "workos" ? secret : decodeSecret(secret);
}

/** The keys that the sender may have used where the receiver's secret has suffered. */
export function secretVariants(secret: string, scheme: SignatureScheme): readonly SecretVariant[] {
  const bare = secret.trim().replaceAll(/^["']|["']$/g, "");
  const other = scheme === "workos" ? "standard" : "workos";
  const ways: readonly (readonly [mistake: string, key: SigningKey | null])[] = [
    ["it has spaces, line breaks or quotes around it, as files and shells leave them", keyOf(bare, scheme)],
    ["its prefix whsec_ is missing", keyOf(`whsec_${bare}`, scheme)],
    ["it has a prefix whsec_ that is none of it", keyOf(bare.replace(/^whsec_/, ""), scheme)],
    ["the sender makes its key of it as the other scheme does", keyOf(bare, other)],
  ];
  const own = keyOf(secret, scheme);
  return ways.flatMap(([mistake, key]) => (key === null || key === own ? [] : [{ mistake, key }]));
}
