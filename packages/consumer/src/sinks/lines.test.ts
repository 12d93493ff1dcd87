import { describe, expect, test } from "vitest";
import { type LineForm, LineReader } from "./lines.ts";

function read(pieces: readonly string[], charactersMax = 100): readonly (readonly [string, LineForm])[] {
  const lines: (readonly [string, LineForm])[] = [];
  const reader = new LineReader({ charactersMax, onLine: (line, form) => void lines.push([line, form]) });
  for (const piece of pieces) reader.push(piece);
  reader.finish();
  return lines;
}

describe("lines", () => {
  test.each<[string, readonly string[], readonly (readonly [string, LineForm])[]]>([
    [
      "come whole",
      ["one\ntwo\n"],
      [
        ["one", "whole"],
        ["two", "whole"],
      ],
    ],
    [
      "come in pieces of one character",
      ["a", "b", "\n", "c", "\n"],
      [
        ["ab", "whole"],
        ["c", "whole"],
      ],
    ],
    [
      "may be empty",
      ["\n\n"],
      [
        ["", "whole"],
        ["", "whole"],
      ],
    ],
    [
      "may have no end",
      ["one\ntw", "o"],
      [
        ["one", "whole"],
        ["two", "begun"],
      ],
    ],
    ["end with nothing behind them", ["one\n", ""], [["one", "whole"]]],
    ["are none where there is nothing", [], []],
  ])("%s", (_name, pieces, lines) => {
    expect(read(pieces)).toEqual(lines);
  });

  test("are cut off at the limit, and the next one is whole again", () => {
    const expected = [
      ["x".repeat(8), "long"],
      ["ok", "whole"],
    ];
    expect(read(["x".repeat(20), "x".repeat(20), "\nok\n"], 8)).toEqual(expected);
  });

  test.each<[string, LineForm]>([
    ["12345678", "whole"],
    ["123456789", "long"],
  ])("at the limit: %s", (line, form) => {
    expect(read([`${line}\n`], 8)).toEqual([[line.slice(0, 8), form]]);
  });

  test("that are too long are told before their end comes", () => {
    const lines: string[] = [];
    new LineReader({ charactersMax: 2, onLine: (line) => void lines.push(line) }).push("xyz");
    expect(lines).toEqual(["xy"]);
  });

  test("without an end are cut off as well, however much comes", () => {
    expect(
      read(
        Array.from({ length: 1_000 }, () => "x".repeat(1_000)),
        10,
      ),
    ).toEqual([["x".repeat(10), "long"]]);
  });
});
