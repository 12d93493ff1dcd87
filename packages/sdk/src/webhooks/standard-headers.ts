/**
 * The headers of Standard Webhooks (https://www.standardwebhooks.com, specification 1.0, seen 2026-11):
 * `webhook-id`, `webhook-timestamp` in seconds, and `webhook-signature`, a list of `v1,<base64>` between single
 * spaces. Signed is `<id>.<timestamp>.<body>`; the key is the base64 behind `whsec_`.
 */
import type { Claim } from "./claim.ts";
import { malformed, singleHeader, type HeaderValue } from "./header-value.ts";

/** The three headers as they arrived. */
export interface StandardHeaders {
  readonly id: HeaderValue;
  readonly timestamp: HeaderValue;
  readonly signature: HeaderValue;
}

/** 32 bytes in the one base64 that writes them: the last of 43 characters has two bits that must be zero. */
const signaturePattern = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/**
 * Reads the three headers. Signatures of other versions, such as the asymmetric `v1a`, are left alone.
 * @throws SignatureError `header_missing` or `header_malformed`.
 */
export function readStandardHeaders(headers: StandardHeaders): Claim {
  const id = singleHeader("webhook-id", headers.id);
  const timestamp = singleHeader("webhook-timestamp", headers.timestamp);
  // No comma and no space: two headers that a server joined into one have both.
  if (!/^[!-+\--~]{1,256}$/.test(id)) throw malformed("webhook-id", "it is not an id of 1 to 256 characters");
  if (!/^\d{1,13}$/.test(timestamp)) throw malformed("webhook-timestamp", "it is not a number of seconds");
  return {
    scheme: "standard",
    prefix: `${id}.${timestamp}.`,
    timestampMs: Number(timestamp) * 1000,
    signatures: readSignatures(singleHeader("webhook-signature", headers.signature)),
    encoding: "base64",
  };
}

function readSignatures(list: string): readonly string[] {
  const signatures: string[] = [];
  for (const part of list.split(" ")) {
    const [, version, value = ""] = /^(v\d+[a-z]*),([A-Za-z0-9+/=_-]+)$/.exec(part) ?? [];
    if (version === undefined) throw malformed("webhook-signature", "it is not a list of version,signature");
    if (version !== "v1") continue;
    if (!signaturePattern.test(value)) throw malformed("webhook-signature", "a v1 signature is not 32 bytes in base64");
    signatures.push(value);
  }
  if (signatures.length === 0) throw malformed("webhook-signature", "it holds no v1 signature");
  return signatures;
}
