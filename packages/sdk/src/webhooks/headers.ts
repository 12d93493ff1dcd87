/**
 * Which scheme a webhook uses. A caller who knows says so, and the headers of the other scheme are then not looked at.
 * Otherwise the headers decide. A sender may sign in both schemes, whole; then that of WorkOS counts, which takes any
 * secret. That gives a forger no choice: who can forge in one scheme leaves the headers of the other out. All of one
 * scheme and a part of the other is what no sender writes, and is refused.
 */
import type { Claim, SignatureScheme } from "./claim.ts";
import { headerTexts, type HeaderValue } from "./header-value.ts";
import { refusal } from "./refusal.ts";
import { readStandardHeaders, standardNames } from "./standard-headers.ts";
import { readWorkosHeader, workosName } from "./workos-header.ts";

/** Headers of a request: those of a web Request, Node's `request.headers`, or a function platform's plain object. */
export type HeaderSource =
  | {
      /** The value of a header, names in any case; null when it was not sent. */
      readonly get: (name: string) => string | null;
    }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads the claim of a webhook from its headers.
 * @throws SignatureError `header_missing`, `header_malformed` or `header_ambiguous`.
 */
export function readClaim(headers: HeaderSource, scheme: SignatureScheme | undefined): Claim {
  const workos = headerValues(headers, workosName);
  const standard = standardNames.map((name) => headerValues(headers, name));
  return (scheme ?? detect(workos, standard)) === "workos" ? readWorkosHeader(workos) : readStandardHeaders(standard);
}

function detect(workos: readonly string[], standard: readonly (readonly string[])[]): SignatureScheme {
  const isWhole = ![workos, ...standard].map(String).includes("");
  if (isWhole || standard.flat().length === 0) return "workos";
  if (workos.length === 0) return "standard";
  throw refusal("header_ambiguous", "Parts of two schemes. Pass `scheme`.");
}

/** Every time `name`, in lower case, was sent. Two spellings of one header are that header twice. */
export function headerValues(headers: HeaderSource, name: string): readonly string[] {
  const { get } = headers;
  const values: HeaderValue[] =
    typeof get === "function"
      ? [get.call(headers, name)]
      : Object.entries(headers).map(([key, value]) => (key.toLowerCase() === name ? (value as HeaderValue) : null));
  return values.flatMap(headerTexts) as readonly string[];
}
