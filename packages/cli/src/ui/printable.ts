/** Control characters, and the marks that reorder or break lines: a name from a directory must not drive a terminal. */
const unprintable = String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`;

/** How our own words are made bold, dim or coloured, and ended. Of somebody else, these could change a colour at most. */
const ownStyle = String.raw`\u001b\[(?:1|2|22|3[1236]|39)m`;

const plainPattern = new RegExp(unprintable, "gu");
const styledPattern = new RegExp(`${ownStyle}|${unprintable}`, "gu");

/** Text as it may be shown on a terminal: control characters become visible escapes, newlines and tabs stay. */
export function printable(text: string): string {
  return text.replace(plainPattern, escaped);
}

/** The same for text that we have styled ourselves. */
export function printableStyled(text: string): string {
  return text.replace(styledPattern, (found) => (found.length > 1 ? found : escaped(found)));
}

/** What somebody else has written, as a part of a line: it ends no line either. */
export function printableInline(text: string): string {
  return printable(text).replaceAll(/[\n\t]/gu, " ");
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
