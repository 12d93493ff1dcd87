/**
 * Which scheme a webhook uses. A caller who knows says so, and the headers of the other scheme are then not looked at.
 * Otherwise the headers decide, and a webhook with headers of both is refused: whoever may choose between two proofs
 * will choose the weaker one.
 */
import type { Claim, SignatureScheme } from "./claim.ts";
import { malformed, type HeaderValue } from "./header-value.ts";
import { refusal } from "./refusal.ts";
import { readStandardHeaders } from "./standard-headers.ts";
import { readWorkosHeader } from "./workos-header.ts";

/** Headers of a request: those of a web Request, Node's `request.headers`, or a function platform's plain object. */
export type HeaderSource =
  | { readonly get: (name: string) => string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads the claim of a webhook from its headers.
 * @throws SignatureError `header_missing`, `header_malformed` or `header_ambiguous`.
 */
export function readClaim(headers: HeaderSource, scheme: SignatureScheme | undefined): Claim {
  if ((scheme ?? detect(headers)) === "workos") return readWorkosHeader(valueOf(headers, "workos-signature"));
  const [id, timestamp, signature] = standardNames.map((name) => valueOf(headers, name));
  return readStandardHeaders({ id, timestamp, signature });
}

const standardNames = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

function detect(headers: HeaderSource): SignatureScheme {
  const isWorkos = isPresent(valueOf(headers, "workos-signature"));
  const isStandard = standardNames.some((name) => isPresent(valueOf(headers, name)));
  if (isWorkos && isStandard) {
    const message = "The webhook carries headers of two signature schemes. Pass `scheme` to say which one counts.";
    throw refusal("header_ambiguous", message);
  }
  if (isWorkos) return "workos";
  if (isStandard) return "standard";
  const message = "The webhook carries no signature: neither WorkOS-Signature nor webhook-id and its kin.";
  throw refusal("header_missing", message);
}

function isPresent(value: HeaderValue): boolean {
  return value !== undefined && value !== null;
}

function valueOf(headers: HeaderSource, name: string): HeaderValue {
  const { get } = headers;
  if (typeof get === "function") return get.call(headers, name);
  const values = Object.entries(headers as Readonly<Record<string, HeaderValue>>)
    .filter(([key]) => key.toLowerCase() === name)
    .map(([, value]) => value)
    .filter(isPresent);
  // Two spellings of one header are that header twice.
  if (values.length > 1) throw malformed(name, "it was sent more than once");
  return values[0];
}
