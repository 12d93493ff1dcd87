import type { Generated } from "kysely";

/** What a token of a directory may be used for. */
export type TokenScope = "provisioning" | "read_only";

/** What identity providers authenticate with. */
export interface DirectoryTokenTable {
  seq: Generated<number>;
  id: string;
  directory_seq: number;
  name: string;
  scope: TokenScope;
  /** SHA-256 of the token, in hexadecimal. */
  hash: string;
  /** Its last characters, to tell one from another; empty where they were not kept. */
  suffix: string;
  created_at: string;
  /** When it ends by itself, in epoch milliseconds; null for never. */
  expires_at_ms: number | null;
  /** When it was last used, to the minute or so, in epoch milliseconds; null for never. */
  last_used_ms: number | null;
}

/** Links to the setup portal, with the sessions they begin. */
export interface PortalSessionTable {
  seq: Generated<number>;
  organization_seq: number;
  /** SHA-256 of the link's secret, in hexadecimal. */
  link_digest: string;
  link_ends_ms: number;
  return_url: string | null;
  success_url: string | null;
  /** SHA-256 of the cookie, in hexadecimal; null until the link is used. */
  session_digest: string | null;
  session_ends_ms: number | null;
  /** Slug of the provider that was chosen. */
  provider: string | null;
  directory_seq: number | null;
}
