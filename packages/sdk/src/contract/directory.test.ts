import { expect, test } from "vitest";
import { directoryState } from "./directory.ts";

test.each([
  ["linked", "active"],
  ["active", "active"],
  ["unlinked", "inactive"],
  ["inactive", "inactive"],
  ["validating", "validating"],
  ["invalid_credentials", "invalid_credentials"],
  ["deleting", "deleting"],
  ["requires_type", null],
  ["constructor", null],
  ["", null],
])("a directory that says %j is %j, in reads and in events alike", (state, expected) => {
  expect(directoryState({ state })).toBe(expected);
});
