import { expect, test } from "vitest";
import { parseFilter } from "./parse.ts";

test.each([
  ["userName", "The filter misses an operator, at position 8."],
  ["userName eq", "The filter misses a value, at position 11."],
  ["id pr and", "The filter misses an attribute, at position 9."],
  ["(id pr", 'The filter misses ")", at position 6.'],
])("%s is told what it misses, in words of filters", (filter, message) => {
  expect(() => parseFilter(filter)).toThrow(message);
});
