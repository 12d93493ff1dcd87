import type { NewPortalSession, PortalSessionRow } from "./tables.ts";

/** Links to the setup portal, and the sessions they begin. */
export interface PortalSessions {
  insert(row: NewPortalSession): Promise<PortalSessionRow>;
  /** By the SHA-256 of the link's secret. */
  findByLink(linkDigest: string): Promise<PortalSessionRow | undefined>;
  /** By the SHA-256 of the cookie. */
  findBySession(sessionDigest: string): Promise<PortalSessionRow | undefined>;
  update(seq: number, changes: Partial<NewPortalSession>): Promise<void>;
  /** Forgets those whose link ended before then. */
  removeEndedBefore(timeMs: number): Promise<void>;
}
