import type { DirectoryRow, DirectoryTokenRow, NewDirectoryToken } from "./tables.ts";

/** A token with the directory it belongs to. */
export interface TokenOfDirectory {
  readonly token: Pick<DirectoryTokenRow, "seq" | "hash" | "scope" | "expires_at_ms">;
  readonly directory: AdmittingDirectory;
}

/** What letting a request in, and reading it, takes of a directory: every request asks for it. */
export type AdmittingDirectory = Pick<DirectoryRow, "seq" | "id" | "external_key" | "type" | "scim_settings">;

/** Tokens that identity providers authenticate with. */
export interface DirectoryTokens {
  insert(row: NewDirectoryToken): Promise<DirectoryTokenRow>;
  /** The token whose SHA-256 this is. Whether it is still good is for the caller to see. */
  findByHash(hash: string): Promise<TokenOfDirectory | undefined>;
  /** Those of a directory, oldest first. */
  ofDirectory(directorySeq: number): Promise<DirectoryTokenRow[]>;
  /** Those that ended by then, the earliest first. */
  expired(untilMs: number, limit: number): Promise<DirectoryTokenRow[]>;
  /** When the next one ends; null when none does. */
  nextExpiryMs(): Promise<number | null>;
  expireAt(seq: number, timeMs: number): Promise<void>;
  /** Puts on record when a token was used. One that is gone is passed over. */
  setLastUsed(seq: number, timeMs: number): Promise<void>;
  remove(seq: number): Promise<void>;
}
