import { expect, test } from "vitest";
import { durationOf } from "./duration.ts";

test.each([
  [0, "0 s"],
  [-4, "0 s"],
  [0.2, "1 s"],
  [59, "59 s"],
  [60, "1 min"],
  [250, "4 min 10 s"],
  [3_600, "1 h"],
  [7_530, "2 h 5 min"],
  [86_400, "1 d"],
  [90_061, "1 d 1 h"],
])("%d seconds are %s", (seconds, text) => {
  expect(durationOf(seconds)).toBe(text);
});
