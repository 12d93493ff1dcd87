import type { SignatureEncoding } from "./engine.ts";

/**
 * How a webhook is signed: `workos` is the header `WorkOS-Signature`, `standard` the three headers of Standard Webhooks
 * (https://www.standardwebhooks.com, specification 1.0, seen 2026-11).
 */
export type SignatureScheme = "workos" | "standard";

/** What the headers of a webhook say about it. Nothing of it is true before a signature matched. */
export interface Claim {
  readonly scheme: SignatureScheme;
  /** What was signed in front of the body, in the characters of the header, because these were signed. */
  readonly prefix: string;
  /** When it was signed, in milliseconds since the Unix epoch. */
  readonly timestampMs: number;
  /** Each 32 bytes in the one text that `encoding` gives them; at least one. */
  readonly signatures: readonly string[];
  readonly encoding: SignatureEncoding;
}
