import { expect, test } from "vitest";
import { amount } from "./amount.ts";

test.each([
  [0, "0 events"],
  [1, "1 event"],
  [2, "2 events"],
  [2_000, "2,000 events"],
])("%d is said as %s", (count, said) => {
  expect(amount(count, "event")).toBe(said);
});
