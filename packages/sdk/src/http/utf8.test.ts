import { describe, expect, test } from "vitest";
import { utf8Text as utf8TextElsewhere } from "./utf8-edge.ts";
import { utf8Text } from "./utf8.ts";

/** First and last characters of each length that UTF-8 has (RFC 3629 §4), and some around the surrogates. */
const characters = [
  "\0",
  "\x7f",
  "\x80",
  "ü",
  "\u07ff",
  "\u0800",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "\u{10000}",
  "\u{10ffff}",
];

describe.each([
  ["on Node", utf8Text],
  ["elsewhere", utf8TextElsewhere],
])("text %s", (_name, textOf) => {
  test.each(["", "ascii only", ...characters, characters.join(" and "), "ü".repeat(100_000)])(
    "is what was written: %j",
    (text) => {
      expect(textOf(new TextEncoder().encode(text))).toBe(text);
    },
  );

  test("is without the byte order mark at its beginning, and with any other", () => {
    expect(textOf(new TextEncoder().encode('\ufeff{"a":"\ufeffü"}'))).toBe('{"a":"\ufeffü"}');
  });

  test("is that of a part of a buffer alone", () => {
    const whole = new TextEncoder().encode("vorher über nachher");
    expect(textOf(whole.subarray(7, 12))).toBe("über");
    expect(textOf(whole.subarray(13))).toBe("nachher");
  });

  // RFC 3629 §3 and §10: each of these has been a way past a filter.
  test.each([
    ["half a character", [0xc3]],
    ["a continuation without a beginning", [0x41, 0xbc]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["an overlong NUL", [0xe0, 0x80, 0x80]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a character past the last one", [0xf4, 0x90, 0x80, 0x80]],
    ["Latin-1", [0x5a, 0x6f, 0xeb]],
  ])("is refused and not mended for %s", (_what, bytes) => {
    expect(() => textOf(Uint8Array.from(bytes))).toThrow(/utf-8/i);
    expect(() => textOf(Uint8Array.from([0x22, ...bytes, 0x22]))).toThrow(/utf-8/i);
  });
});
