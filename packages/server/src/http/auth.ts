import { digestOf, isSameDigest } from "../ids.ts";
import type { Store } from "../store/model.ts";
import type { DirectoryRow } from "../store/tables.ts";

/** True when the Authorization header carries the API key. */
export function isApiKey(header: string | undefined, keyDigest: string): boolean {
  return isSameDigest(digestOf(tokenOf(header)), keyDigest);
}

/**
 * The directory whose bearer token the request carries, provided that the URL names the same directory. Null otherwise,
 * after the same work and without a hint which of the two was wrong (reliability S13).
 */
export async function authenticate(
  store: Store,
  request: { readonly authorization: string | undefined; readonly externalKey: string },
): Promise<DirectoryRow | null> {
  const digest = digestOf(tokenOf(request.authorization));
  const directory = await store.read((data) => data.directories.findByTokenHash(digest));
  const isTokenRight = isSameDigest(directory?.token_hash ?? noDigest, digest);
  const isKeyRight = isSameDigest(digestOf(directory?.external_key ?? ""), digestOf(request.externalKey));
  return directory !== undefined && isTokenRight && isKeyRight ? directory : null;
}

// The digest of no text anybody knows.
const noDigest = "0".repeat(64);

// Okta's header-auth template sends the token alone, without a scheme.
function tokenOf(header: string | undefined): string {
  return (header ?? "").trim().replace(/^bearer\s+/iu, "");
}
