import { digestOf, isSameText } from "../ids.ts";
import type { Store } from "../store/model.ts";
import type { AdmittingDirectory } from "../store/token-model.ts";
import type { TokenScope } from "../store/tables.ts";

/** The digest of the API key that the Authorization header carries; null when it carries none of these. */
export function apiKeyOf(header: string | undefined, keyDigests: readonly string[]): string | null {
  const digest = digestOf(bearerOf(header));
  // Each is held against it, so that the time taken tells nothing of which it was.
  const [own = null] = keyDigests.filter((keyDigest) => isSameText(digest, keyDigest));
  return own;
}

/** A request of an identity provider that is let in. */
export interface Admission {
  readonly directory: AdmittingDirectory;
  readonly scope: TokenScope;
  readonly tokenSeq: number;
}

/**
 * The directory whose token the request carries, provided that the token has not ended and that the URL names the same
 * directory. Null otherwise, after the same work and without a hint which of them was wrong (reliability S13).
 */
export async function authenticate(
  store: Store,
  request: { readonly authorization: string | undefined; readonly externalKey: string; readonly nowMs: number },
): Promise<Admission | null> {
  const digest = digestOf(tokenOf(request.authorization));
  const found = await store.read((data) => data.directoryTokens.findByHash(digest));
  const isTokenRight = isSameText(found?.token.hash ?? noDigest, digest);
  // No secret, so how long it is may be told.
  const isKeyRight = isSameText(found?.directory.external_key ?? "", request.externalKey);
  if (found === undefined || !isTokenRight || !isKeyRight) return null;
  const { seq: tokenSeq, scope, expires_at_ms: endsMs } = found.token;
  return endsMs !== null && endsMs <= request.nowMs ? null : { directory: found.directory, scope, tokenSeq };
}

// The digest of no text anybody knows.
const noDigest = "0".repeat(64);

/** The token of a provider, which PingFederate and SailPoint may send as the password of Basic (RFC 7617). */
function tokenOf(header: string | undefined): string {
  const credentials = /^basic\s+([\w+/]+={0,2})$/iu.exec((header ?? "").trim())?.[1];
  if (credentials === undefined) return bearerOf(header);
  const text = Buffer.from(credentials, "base64").toString("utf8");
  // The user name says nothing that the address does not, so it may be any.
  return text.slice(text.indexOf(":") + 1);
}

// Okta's header-auth template sends the token alone, without a scheme.
function bearerOf(header: string | undefined): string {
  return (header ?? "").trim().replace(/^bearer\s+/iu, "");
}
