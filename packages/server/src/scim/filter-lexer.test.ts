import fc from "fast-check";
import { expect, test } from "vitest";
import { tokenAt, type Token } from "./filter-lexer.ts";

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

test.each(['"', '"abc', '"abc\\"', 'userName eq "\\'])("%s has no closing quote, so it is refused", (text) => {
  expect(() => tokensOf(text)).toThrow("no closing quote");
});
