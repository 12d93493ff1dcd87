import { expect, test } from "vitest";
import { ageOf } from "./age.ts";

test.each([
  [0, "0 s"],
  [119, "119 s"],
  [120, "2 min"],
  [7_199, "119 min"],
  [7_200, "2 h"],
  [172_800, "2 d"],
  [-5, "0 s"],
])("%d seconds ago is %s", (seconds, text) => {
  expect(ageOf(1_000_000, 1_000_000 + seconds * 1_000)).toBe(text);
});

test("no time is no age", () => {
  expect(ageOf(null, 1)).toBeNull();
});
