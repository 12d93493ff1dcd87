import type { Claim } from "./claim.ts";
import { malformed, singleHeader, type HeaderValue } from "./header-value.ts";

/** The header of WorkOS, in lower case. */
export const workosName = "workos-signature";

/** What nearly every sender writes. Read in one step, because the general way costs a tenth of a signature. */
const usual = /^t=\d{1,15}, ?v1=[0-9a-f]{64}$/;

/**
 * Reads `t=<milliseconds>, v1=<hex>`: `key=value` pairs between commas, in any order, spaces allowed around the commas
 * only; one `t`, one or more `v1`. Pairs with other keys are left for later versions of the scheme.
 * @throws SignatureError `header_missing` or `header_malformed`.
 */
export function readWorkosHeader(header: HeaderValue): Claim {
  const text = singleHeader(workosName, header);
  if (usual.test(text)) return claim(text.slice(2, text.indexOf(",")), [text.slice(-64)]);
  const timestamps: string[] = [];
  const signatures: string[] = [];
  for (const part of text.split(",")) {
    const pair = /^[ \t]*([a-z][a-z0-9]*)=([^\s,=]+)[ \t]*$/.exec(part);
    if (pair === null) throw unreadable();
    const [, key = "", value = ""] = pair;
    if (key === "t") timestamps.push(value);
    if (key === "v1") signatures.push(value.toLowerCase());
  }
  const [timestamp = "", ...more] = timestamps;
  // Digits only: a lenient parser reads "1700000000abc" as a number and "abc" as one that passes every comparison.
  if (more.length > 0 || !/^\d{1,15}$/.test(timestamp)) throw unreadable();
  if (signatures.length === 0 || !signatures.every((hex) => /^[0-9a-f]{64}$/.test(hex))) throw unreadable();
  return claim(timestamp, signatures);
}

function claim(timestamp: string, signatures: readonly string[]): Claim {
  return { scheme: "workos", prefix: `${timestamp}.`, timestampMs: Number(timestamp), signatures, encoding: "hex" };
}

function unreadable() {
  return malformed(workosName, "it is not t=<milliseconds>, v1=<64 hex digits>");
}
