/** Control characters, and the marks that reorder text: a name from a directory must not drive a terminal. */
// oxlint-disable-next-line no-control-regex -- these are the characters to be shown instead of obeyed
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text as it may be shown on a terminal: control characters become visible escapes, newlines and tabs stay. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
