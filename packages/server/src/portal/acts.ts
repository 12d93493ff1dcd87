import { createDirectory } from "../directory/directory.ts";
import { issueToken, rotateToken, tokensMax } from "../directory/tokens.ts";
import type { Services } from "../http/services.ts";
import type { Data } from "../store/model.ts";
import type { DirectoryRow } from "../store/tables.ts";
import { wholeList } from "../store/windows.ts";
import type { Deed } from "./on-record.ts";
import type { ProviderGuide } from "./providers/index.ts";
import type { Visit, VisitAt } from "./visit.ts";

/** More than any company has providers; somebody who makes more is trying something. */
const directoriesMax = 20;

/** The directories of the organization of a visit, oldest first. */
export async function directoriesOf(data: Data, { organization }: Visit): Promise<DirectoryRow[]> {
  return await data.directories.list({ organizationSeq: organization.seq }, wholeList(directoriesMax));
}

/** What a change comes to: the directory, the token if there is a new one, and what was done; or why it cannot be made. */
export type Outcome =
  | { readonly directory: DirectoryRow; readonly token: string | null; readonly deed: Deed }
  | { readonly refused: string };

/**
 * Turns to a provider: a directory that nothing has come to yet becomes one of this provider's and keeps its token; else a
 * new one is made.
 */
export async function connectProvider(
  { ids }: Services,
  data: Data,
  { visit, provider }: { readonly visit: Visit; readonly provider: ProviderGuide },
): Promise<Outcome> {
  const { session, organization, directory } = visit;
  if (directory !== null && directory.connected_at === null) {
    await data.directories.setType(directory.seq, provider.directoryType);
    await data.portalSessions.update(session.seq, { provider: provider.slug });
    const deed = { action: "directory.provider_changed", targetId: directory.id } as const;
    return { directory: { ...directory, type: provider.directoryType }, token: null, deed };
  }
  if ((await directoriesOf(data, visit)).length >= directoriesMax) {
    return { refused: `${organization.name} has ${String(directoriesMax)} directories, which is the most.` };
  }
  const made = await createDirectory(data, ids, {
    name: organization.name,
    type: provider.directoryType,
    organizationId: organization.id,
    softDelete: true,
    isConnected: false,
  });
  if (made === null) return { refused: "The organization has been deleted." };
  await data.portalSessions.update(session.seq, { provider: provider.slug, directory_seq: made.directory.seq });
  const deed = { action: "directory.created", targetId: made.directory.id } as const;
  return { directory: made.directory, token: made.bearerToken, deed };
}

/** Turns to a directory that the organization has. Null when it has no such. */
export async function turnTo(data: Data, { session, organization }: Visit, id: string): Promise<DirectoryRow | null> {
  const directory = await data.directories.find(id);
  if (directory === undefined || directory.organization_seq !== organization.seq) return null;
  const isSame = session.directory_seq === directory.seq;
  await data.portalSessions.update(session.seq, {
    directory_seq: directory.seq,
    provider: isSame ? session.provider : null,
  });
  return directory;
}

/** What a form says about a new token. */
export interface TokenWish {
  /** The token in whose place it is made; null where there is none. */
  readonly before: string | null;
  /** How long that one still works. */
  readonly overlapHours: number;
}

/** Makes a token for the directory of a visit. */
export async function makeToken(
  { ids }: Services,
  data: Data,
  { visit: { directory }, wish }: { readonly visit: VisitAt; readonly wish: TokenWish },
): Promise<Outcome> {
  const tokens = await data.directoryTokens.ofDirectory(directory.seq);
  const before = tokens.find(({ id }) => id === wish.before);
  if (before === undefined && wish.before !== null) {
    return { refused: "The token was revoked in the meantime. Load the page again." };
  }
  const overlapMs = wish.overlapHours * 60 * 60 * 1_000;
  if (tokens.length >= tokensMax && (before === undefined || overlapMs > 0)) {
    return { refused: `There are ${String(tokensMax)} tokens, which is the most. Let one of them end first.` };
  }
  if (before !== undefined) {
    const { issued } = await rotateToken(data, ids, { directory, token: before, overlapMs });
    // As by the API: of the one that was there.
    return { directory, token: issued.token, deed: { action: "directory_token.rotated", targetId: before.id } };
  }
  const draft = { directory, name: "Token", scope: "provisioning", expiresMs: null } as const;
  const { row, token } = await issueToken(data, ids, draft);
  return { directory, token, deed: { action: "directory_token.created", targetId: row.id } };
}
