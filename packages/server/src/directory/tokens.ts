import { digestOf } from "../ids.ts";
import type { Ids } from "../ids.ts";
import type { Data } from "../store/model.ts";
import type { DirectoryRow, DirectoryTokenRow, TokenScope } from "../store/tables.ts";
import { append } from "./append.ts";

/** What a token is made from. */
export interface TokenDraft {
  readonly name: string;
  readonly scope: TokenScope;
  /** Epoch milliseconds; null for never. */
  readonly expiresMs: number | null;
}

/** A new token. The text is not kept. */
export interface IssuedToken {
  readonly row: DirectoryTokenRow;
  readonly token: string;
}

// Enough to tell one from another, and too few to help anybody who guesses.
const suffixCharacters = 4;

/** Room for a provider's token, its successor, and some that only read; more are forgotten ones. */
export const tokensMax = 10;

/** Makes a token inside a write, and says so in the log. */
export async function issueToken(
  data: Data,
  ids: Ids,
  { directory, name, scope, expiresMs }: TokenDraft & { readonly directory: DirectoryRow },
): Promise<IssuedToken> {
  const token = ids.token();
  const row = await data.directoryTokens.insert({
    id: ids.next("directory_token_"),
    directory_seq: directory.seq,
    name,
    scope,
    hash: digestOf(token),
    suffix: token.slice(-suffixCharacters),
    created_at: new Date(ids.nowMs()).toISOString(),
    expires_at_ms: expiresMs,
    last_used_ms: null,
  });
  await append(data, ids, { directory, changes: [{ kind: "token_created", token: row }] });
  return { row, token };
}

/** Ends a token inside a write, and says so in the log. */
export async function revokeToken(
  data: Data,
  ids: Ids,
  { directory, token }: { readonly directory: DirectoryRow; readonly token: DirectoryTokenRow },
): Promise<void> {
  await data.directoryTokens.remove(token.seq);
  await append(data, ids, { directory, changes: [{ kind: "token_revoked", token }] });
}

/**
 * Makes a token in the place of another, inside a write: of the same name and scope. The other ends `overlapMs` from now,
 * or when it would have ended anyway.
 */
export async function rotateToken(
  data: Data,
  ids: Ids,
  { directory, token, overlapMs }: { directory: DirectoryRow; token: DirectoryTokenRow; overlapMs: number },
): Promise<{ readonly issued: IssuedToken; readonly previousExpiresMs: number | null }> {
  const { name, scope } = token;
  const issued = await issueToken(data, ids, { directory, name, scope, expiresMs: null });
  if (overlapMs === 0) {
    await revokeToken(data, ids, { directory, token });
    return { issued, previousExpiresMs: null };
  }
  const expiresMs = Math.min(ids.clockMs() + overlapMs, token.expires_at_ms ?? Number.MAX_SAFE_INTEGER);
  await data.directoryTokens.expireAt(token.seq, expiresMs);
  return { issued, previousExpiresMs: expiresMs };
}
