import { refusal, type Refusal } from "./refusal.ts";

/** The value of a header as Node, a web Request or a function platform gives it. */
export type HeaderValue = string | readonly string[] | null | undefined;

/** No sender has more; the limit keeps a hostile header from buying work. */
const headerCharactersMax = 4096;

/**
 * The text of a header that must be there, and there once.
 * @throws SignatureError `header_missing` or `header_malformed`.
 */
export function singleHeader(name: string, value: HeaderValue): string {
  const text = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  if (text === undefined || text === null || text === "") {
    throw refusal("header_missing", `The webhook carries no ${name} header.`);
  }
  if (typeof text !== "string") throw malformed(name, "it was sent more than once");
  if (text.length > headerCharactersMax) throw malformed(name, "it is too long");
  return text;
}

/** A refusal because the header `name` does not keep to its grammar. */
export function malformed(name: string, problem: string): Refusal {
  return refusal("header_malformed", `The ${name} header cannot be read: ${problem}.`);
}
