import type { Claim } from "./claim.ts";
import { malformed, singleHeader, type HeaderValue } from "./header-value.ts";

const name = "WorkOS-Signature";

/** What nearly every sender writes. Read in one step, because the general way costs a tenth of a signature. */
const usual = /^t=(\d{1,15}), ?v1=([0-9a-f]{64})$/;

/**
 * Reads `t=<milliseconds>, v1=<hex>`: `key=value` pairs between commas, in any order, spaces allowed around the commas
 * only; one `t`, one or more `v1`. Pairs with other keys are left for later versions of the scheme.
 * @throws SignatureError `header_missing` or `header_malformed`.
 */
export function readWorkosHeader(header: HeaderValue): Claim {
  const text = singleHeader(name, header);
  const match = usual.exec(text);
  if (match !== null) return claim(match[1] ?? "", [match[2] ?? ""]);
  const timestamps: string[] = [];
  const signatures: string[] = [];
  for (const part of text.split(",")) {
    const pair = /^[ \t]*([a-z][a-z0-9]*)=([^\s,=]+)[ \t]*$/.exec(part);
    if (pair === null) throw malformed(name, "it is not a list of key=value pairs");
    const [, key = "", value = ""] = pair;
    if (key === "t") timestamps.push(value);
    if (key === "v1") signatures.push(checkHex(value));
  }
  const [timestamp] = timestamps;
  if (timestamp === undefined || timestamps.length > 1) throw malformed(name, "it must hold exactly one t");
  // Digits only: a lenient parser reads "1700000000abc" as a number and "abc" as one that passes every comparison.
  if (!/^\d{1,15}$/.test(timestamp)) throw malformed(name, "t is not a number of milliseconds");
  if (signatures.length === 0) throw malformed(name, "it holds no v1 signature");
  return claim(timestamp, signatures);
}

function checkHex(value: string): string {
  if (!/^[0-9a-f]{64}$/i.test(value)) throw malformed(name, "a v1 signature is not 64 hexadecimal digits");
  return value;
}

function claim(timestamp: string, signatures: readonly string[]): Claim {
  return { scheme: "workos", prefix: `${timestamp}.`, timestampMs: Number(timestamp), signatures, encoding: "hex" };
}
