/** East Asian wide and full-width characters, and pictures: a terminal gives each two columns (Unicode, UAX 11). */
const wide =
  /[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Accents that stand on the character before them, and characters without a form. */
const none = /[\p{Mn}\p{Me}\p{Cf}]/u;

const isPlain = (text: string): boolean => /^[\u{20}-\u{7e}]*$/u.test(text);

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  return isPlain(text) ? text.length : [...text].reduce((sum, character) => sum + widthOfOne(character), 0);
}

/** The text, or as much of its beginning as fits into so many columns with an ellipsis. No character is cut in two. */
export function cutTo(text: string, columnsMax: number): string {
  if (widthOf(text) <= columnsMax) return text;
  let [kept, width] = ["", 0];
  for (const character of text) {
    width += widthOfOne(character);
    if (width > columnsMax - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

function widthOfOne(character: string): number {
  if (none.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
