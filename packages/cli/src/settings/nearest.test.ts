import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

test.each([
  ["stat", "state"],
  ["staate", "state"],
  ["stote", "state"],
  // Letters that change places are the commonest slip.
  ["staet", "state"],
  ["emial", "email"],
  ["tsate", "state"],
  ["state", "state"],
  ["STATE", "state"],
  ["taste", null],
  ["role", null],
  ["", null],
])("%s is taken for %s", (word, meant) => {
  expect(nearest(word, ["email", "state"])).toBe(meant);
});
