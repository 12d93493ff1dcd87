import type { SignatureError } from "../errors.ts";
import { refusal } from "./refusal.ts";

/** The value of a header as Node, a web Request or a function platform gives it. */
export type HeaderValue = string | readonly string[] | null | undefined;

/** No sender has more; the limit keeps a hostile header from buying work. */
const headerCharactersMax = 4096;

/**
 * The text of a header that must be there, and there once.
 * @throws SignatureError `header_missing` or `header_malformed`.
 */
export function singleHeader(name: string, value: HeaderValue): string {
  const texts = typeof value === "string" ? [value] : headerTexts(value);
  const text = texts[0];
  if (text === undefined || text === "") throw refusal("header_missing", `The webhook carries no ${name} header.`);
  if (texts.length > 1) throw malformed(name, "it was sent twice");
  if (typeof text !== "string" || text.length > headerCharactersMax) throw malformed(name, "it is too long");
  return text;
}

/** Every time a header was sent. */
export function headerTexts(value: HeaderValue): readonly unknown[] {
  return [value].flat().filter((text: unknown) => text !== undefined && text !== null);
}

/** A refusal because the header `name` does not keep to its grammar. */
export function malformed(name: string, problem: string): SignatureError {
  return refusal("header_malformed", `The ${name} header cannot be read: ${problem}.`);
}
