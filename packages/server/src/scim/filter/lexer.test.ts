import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ScimError } from "../error.ts";
import { tokenAt, type Token } from "./lexer.ts";

/** Every token of a text, and how many characters were covered while reading them. */
function tokensOf(text: string): { readonly tokens: readonly Token[]; readonly covered: number } {
  const tokens: Token[] = [];
  let position = 0;
  let covered = 0;
  for (;;) {
    const token = tokenAt(text, position);
    tokens.push(token);
    covered += token.end - position;
    if (token.kind === "end") return { tokens, covered };
    position = token.end;
  }
}

test("tokens carry their text without quotes and escapes", () => {
  const { tokens } = tokensOf('emails[type eq "a\\"b\\\\c\\n\\u0041"].value');
  expect(tokens.map(({ kind, text }) => [kind, text])).toEqual([
    ["word", "emails"],
    ["[", ""],
    ["word", "type"],
    ["word", "eq"],
    ["string", 'a"b\\c\nA'],
    ["]", ""],
    ["word", ".value"],
    ["end", ""],
  ]);
});

test("single quotation marks are quotation marks, apostrophes in a word are not", () => {
  const { tokens } = tokensOf(`a eq 'it is "b"' or c eq "it's" or d eq O'Neil`);
  const values = tokens.filter(({ kind, text }) => kind === "string" || text.includes("'"));
  expect(values.map(({ kind, text }) => [kind, text])).toEqual([
    ["string", 'it is "b"'],
    ["string", "it's"],
    ["word", "O'Neil"],
  ]);
});

test("reading any text takes one look at each character, and always comes to an end", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("a", "b", ".", '"', " ", "\\", "(", ")", "[", "]", "u", "0", "\t"),
        maxLength: 300,
      }),
      (text) => {
        // A string without an end is the one refusal, and it too is found in one pass.
        const closed = (text.match(/"/gu) ?? []).length % 2 === 0 ? text : text.replaceAll('"', "");
        const whole = closed.includes("\\") ? closed.replaceAll("\\", "") : closed;
        const { tokens, covered } = tokensOf(whole);
        expect(covered).toBe(whole.length);
        expect(tokens.length).toBeLessThanOrEqual(whole.length + 1);
        for (const token of tokens.slice(0, -1)) expect(token.end).toBeGreaterThan(token.at);
      },
    ),
  );
});

test.each(['"', "'", "'abc\"", '"abc', '"abc\\"', 'userName eq "\\'])(
  "%s has no closing quote, so it is refused",
  (text) => {
    expect(() => tokensOf(text)).toThrow("no closing quote");
  },
);

describe("looks at characters in proportion to the length of the text", () => {
  /** Text that counts how often it is looked at: each character of a slice is one look. */
  class Watched {
    looks = 0;
    readonly length: number;
    constructor(readonly text: string) {
      this.length = text.length;
    }
    charAt(index: number): string {
      this.looks += 1;
      return this.text.charAt(index);
    }
    slice(from: number, to: number): string {
      const piece = this.text.slice(from, to);
      this.looks += piece.length;
      return piece;
    }
  }

  /** Looks while the whole text is read, or until it is refused. */
  function looksAt(text: string): number {
    const watched = new Watched(text);
    try {
      // The lexer reads nothing of a string but these.
      tokensOf(watched as unknown as string);
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
    }
    return watched.looks;
  }

  test.each([
    ["("],
    ['"'],
    ["\\"],
    ['"\\'],
    ['\\"'],
    ["a."],
    ["urn:a:"],
    [" and "],
    ['x eq "y" '],
    ["\t"],
    ["é"],
    ["\\u00"],
  ])("%j again and again, as it is and inside a string", (piece) => {
    for (const wrap of [(text: string) => text, (text: string) => `"${text}`, (text: string) => `"${text}"`]) {
      const few = looksAt(wrap(piece.repeat(1_000)));
      const many = looksAt(wrap(piece.repeat(4_000)));
      expect(few).toBeGreaterThan(0);
      expect(many / few).toBeLessThan(4.1);
    }
  });
});
