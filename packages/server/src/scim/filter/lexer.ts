import { badRequest } from "../error.ts";

/** One piece of a filter. `at` and `end` are positions in the text, for messages and for proving progress. */
export interface Token {
  readonly kind: "(" | ")" | "[" | "]" | "word" | "string" | "end";
  /** A word as written; a string without its quotes and escapes; empty for everything else. */
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/**
 * The token at or after a position. Every character is looked at once and every token but the last ends later than it
 * began, so reading a whole filter takes time proportional to its length, whatever it contains.
 *
 * @throws scim_error 400 invalidFilter for a string without an end
 */
export function tokenAt(text: string, position: number): Token {
  let at = position;
  while (isSpace(text.charAt(at))) at += 1;
  const first = text.charAt(at);
  if (first === "") return { kind: "end", text: "", at, end: at };
  if (first === "(" || first === ")" || first === "[" || first === "]") {
    return { kind: first, text: "", at, end: at + 1 };
  }
  // Single ones are no SCIM, but to read them as a part of the word would find nobody, in silence.
  return first === '"' || first === "'" ? stringAt(text, at) : wordAt(text, at);
}

function wordAt(text: string, at: number): Token {
  let end = at + 1;
  while (end < text.length && !endsWord(text.charAt(end))) end += 1;
  return { kind: "word", text: text.slice(at, end), at, end };
}

function stringAt(text: string, at: number): Token {
  const quote = text.charAt(at);
  const pieces: string[] = [];
  let from = at + 1;
  for (let index = from; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === quote) {
      pieces.push(text.slice(from, index));
      return { kind: "string", text: pieces.join(""), at, end: index + 1 };
    }
    if (character !== "\\") continue;
    const escape = escapeAt(text, index);
    pieces.push(text.slice(from, index), escape.text);
    from = escape.end;
    index = escape.end - 1;
  }
  throw badRequest("invalidFilter", `The string that begins at position ${at} of the filter has no closing quote.`);
}

/**
 * One JSON escape. What is not one stays as written: providers send Windows names such as `CORP\jane` without doubling
 * the backslash.
 */
function escapeAt(text: string, at: number): { text: string; end: number } {
  const letter = text.charAt(at + 1);
  const simple = simpleEscapes.get(letter);
  if (simple !== undefined) return { text: simple, end: at + 2 };
  const digits = text.slice(at + 2, at + 6);
  if (letter === "u" && digits.length === 4 && [...digits].every(isHexDigit)) {
    return { text: String.fromCharCode(Number.parseInt(digits, 16)), end: at + 6 };
  }
  return { text: "\\", end: at + 1 };
}

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

function isHexDigit(character: string): boolean {
  return "0123456789abcdefABCDEF".includes(character);
}

function endsWord(character: string): boolean {
  switch (character) {
    case "(":
    case ")":
    case "[":
    case "]":
    case '"':
      return true;
    default:
      return isSpace(character);
  }
}

function isSpace(character: string): boolean {
  return character === " " || character === "\t" || character === "\n" || character === "\r";
}
