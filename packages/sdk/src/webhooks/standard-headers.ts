/**
 * The headers of Standard Webhooks (https://www.standardwebhooks.com, specification 1.0, seen 2026-11):
 * `webhook-id`, `webhook-timestamp` in seconds, and `webhook-signature`, a list of `v1,<base64>` between single
 * spaces. Signed is `<id>.<timestamp>.<body>`; the key is the base64 behind `whsec_`.
 */
import type { Claim } from "./claim.ts";
import { malformed, singleHeader, type HeaderValue } from "./header-value.ts";

/** The three headers, in lower case. */
export const standardNames = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

const [idName, timestampName, signatureName] = standardNames;

/** No comma and no space: two headers that a server joined into one have both. */
const idPattern = /^[!-+\--~]{1,256}$/;

/**
 * One of the list. In version 1, 32 bytes in the only base64 that writes them (the last of 43 characters has two bits
 * that must be zero); in other versions, such as the asymmetric v1a, whatever that version says.
 */
const signaturePattern = /^(?:v1,([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)|v(?!1,)\d+[a-z]*,[^,\s]+)$/;

/**
 * Reads the three headers, given in the order of `standardNames`. Signatures of other versions are left
 * alone.
 * @throws SignatureError `header_missing` or `header_malformed`.
 */
export function readStandardHeaders(values: readonly HeaderValue[]): Claim {
  const id = singleHeader(idName, values[0]);
  if (!isWebhookId(id)) throw malformed(idName, "it is not an id");
  const timestamp = singleHeader(timestampName, values[1]);
  if (!/^\d{1,13}$/.test(timestamp)) throw malformed(timestampName, "it is not a number of seconds");
  return {
    scheme: "standard",
    prefix: `${id}.${timestamp}.`,
    timestampMs: Number(timestamp) * 1000,
    signatures: readSignatures(singleHeader(signatureName, values[2])),
    encoding: "base64",
  };
}

/** True for 1 to 256 printable ASCII characters without a comma or a space. */
export function isWebhookId(id: string): boolean {
  return idPattern.test(id);
}

function readSignatures(list: string): readonly string[] {
  const matches = list.split(" ").map((part) => signaturePattern.exec(part));
  const signatures = matches.map((match) => match?.[1]).filter((signature) => signature !== undefined);
  if (matches.includes(null) || signatures.length === 0) {
    throw malformed(signatureName, "it is not a list of v1,<base64 of 32 bytes>");
  }
  return signatures;
}
