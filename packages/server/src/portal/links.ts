/**
 * A link to the setup portal and the session it begins.
 *
 *     made ──opened, and "Start" pressed──▶ session ──finished, or an hour──▶ ended
 *       └──────five minutes──────▶ ended
 *
 * Opening a link only shows a page: programs that look into mails and chats open links too, and must not use it up. The
 * secret of the link and that of the session are kept as digests.
 */
import { digestOf } from "../ids.ts";
import type { Ids } from "../ids.ts";
import type { Data } from "../store/model.ts";
import type { OrganizationRow, PortalSessionRow } from "../store/tables.ts";

/** As the service has it: made when the admin clicks, and not mailed (contract of the portal). */
const linkMs = 5 * 60 * 1_000;

/** Time to find one's way through a provider's console; then a fresh link is a click away. */
const sessionMs = 60 * 60 * 1_000;

// So long an old link is told from one that never was.
const rememberedMs = 24 * 60 * 60 * 1_000;

/** Whom a link is for, and where the way leads from there. */
export interface LinkDraft {
  readonly organization: OrganizationRow;
  readonly returnUrl: string | null;
  readonly successUrl: string | null;
}

/** Makes a link inside a write, and gives its secret, which is not kept. */
export async function makeLink(data: Data, ids: Ids, draft: LinkDraft): Promise<string> {
  const secret = ids.token();
  await data.portalSessions.removeEndedBefore(ids.clockMs() - rememberedMs);
  await data.portalSessions.insert({
    organization_seq: draft.organization.seq,
    link_digest: digestOf(secret),
    link_ends_ms: ids.clockMs() + linkMs,
    return_url: draft.returnUrl,
    success_url: draft.successUrl,
    session_digest: null,
    session_ends_ms: null,
    provider: null,
    directory_seq: null,
  });
  return secret;
}

/** What has become of a link. */
export type LinkState =
  | { readonly state: "unknown" }
  | { readonly state: "used" | "ended" | "good"; readonly link: PortalSessionRow };

/** Looks a link up. */
export async function linkStateOf(data: Data, secret: string, nowMs: number): Promise<LinkState> {
  const link = await data.portalSessions.findByLink(digestOf(secret));
  if (link === undefined) return { state: "unknown" };
  if (link.session_ends_ms !== null) return { state: "used", link };
  return { state: nowMs < link.link_ends_ms ? "good" : "ended", link };
}

/** A session that has just begun. Its secret is not kept. */
export interface BegunSession {
  readonly secret: string;
  readonly digest: string;
  readonly organizationSeq: number;
}

/** Begins the session of a good link inside a write, and gives its secret; a link that is not good stays as it is. */
export async function beginSession(
  data: Data,
  ids: Ids,
  secret: string,
): Promise<{ readonly state: LinkState; readonly session: BegunSession | null }> {
  const state = await linkStateOf(data, secret, ids.clockMs());
  if (state.state !== "good") return { state, session: null };
  const session = ids.token();
  const digest = digestOf(session);
  await data.portalSessions.update(state.link.seq, {
    session_digest: digest,
    session_ends_ms: ids.clockMs() + sessionMs,
  });
  return { state, session: { secret: session, digest, organizationSeq: state.link.organization_seq } };
}

/** The session of a cookie; undefined when it has ended or never was. */
export async function sessionOf(data: Data, secret: string, nowMs: number): Promise<PortalSessionRow | undefined> {
  const session = await data.portalSessions.findBySession(digestOf(secret));
  return session !== undefined && nowMs < (session.session_ends_ms ?? 0) ? session : undefined;
}

/** Seconds a session may last, for its cookie. */
export const sessionSeconds = sessionMs / 1_000;
