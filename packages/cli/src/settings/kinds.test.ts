import { describe, expect, test } from "vitest";
import { duration, size, tell } from "./kinds.ts";
import { streamSettings } from "./table.ts";

const upToGiB = size({ minBytes: 1024, maxBytes: 1024 ** 3 });

describe("a size", () => {
  test.each([
    ["1KiB", 1024],
    ["64MiB", 64 * 1024 ** 2],
    ["1.5MiB", 1_572_864],
    ["1GiB", 1024 ** 3],
  ])("%s is so many bytes, and is shown as it was written or in a smaller unit", (text, bytes) => {
    expect(upToGiB.read(text)).toEqual({ value: bytes });
    expect(upToGiB.read(upToGiB.show(bytes))).toEqual({ value: bytes });
  });

  test.each([64, "64", "64MB", "64 MiB", "-1MiB", "1e3MiB", "MiB", "64mib", null, Number.NaN])(
    "%j is none: it has no unit that everybody reads alike",
    (given) => {
      const mistake = `needs a unit, such as 512KiB, 64MiB or 2GiB: ${tell(given)}`;
      expect(upToGiB.read(given)).toEqual({ mistake });
    },
  );

  test.each(["0KiB", "0.5KiB", "1.001GiB", "999999999GiB"])("%s is out of range, which is told", (given) => {
    expect(upToGiB.read(given)).toEqual({ mistake: `is not between 1KiB and 1GiB: "${given}"` });
  });
});

test.each([
  [500, "500ms"],
  [0, "0ms"],
  [90_000, "90s"],
  [86_400_000, "1d"],
])("a time span of %i ms is shown in the largest unit that leaves no rest", (ms, text) => {
  expect(duration({ minMs: 0, maxMs: 86_400_000 }).show(ms)).toBe(text);
});

test.each([
  ["backlogMax", "99", 'is not a whole number from 100 to 100000000: "99"'],
  ["backlogMax", "100000001", 'is not a whole number from 100 to 100000000: "100000001"'],
  ["answerBytesMax", "1023KiB", 'is not between 1MiB and 256MiB: "1023KiB"'],
  ["answerBytesMax", "257MiB", 'is not between 1MiB and 256MiB: "257MiB"'],
  ["backlogBytesMax", "1023KiB", 'is not between 1MiB and 1024GiB: "1023KiB"'],
  ["backlogBytesMax", "1025GiB", 'is not between 1MiB and 1024GiB: "1025GiB"'],
] as const)("%s is refused out of its range: %s", (name, given, mistake) => {
  expect(streamSettings[name].kind.read(given)).toEqual({ mistake });
});
