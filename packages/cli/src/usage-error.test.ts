import { expect, test } from "vitest";
import { usageError } from "./usage-error.ts";

test.each([
  ["error: unknown option '--api-key=sk_secret'\n", "error: unknown option '--api-key'"],
  ["error: unknown option '--key=a'b=c'\n(Did you mean --help?)\n", "error: unknown option '--key'"],
  ["error: unknown option '--onec=sk_secret'\n(Did you mean --once?)\n", "error: unknown option '--onec'"],
  ["error: unknown option '--onec'\n", "error: unknown option '--onec'"],
])("the value of an unknown flag is not repeated: %j", (text, firstLine) => {
  expect(usageError(text).split("\n")[0]).toBe(firstLine);
});

test.each([
  ["error: unknown option '--once=yes'\n", "error: unknown option '--once'\n(a switch takes no value)\n"],
  [
    "error: unknown option '--stdout=x'\n(Did you mean --stdout?)\n",
    "error: unknown option '--stdout'\n(a switch takes no value)\n",
  ],
  [
    "error: unknown option '--onec=x'\n(Did you mean --once?)\n",
    "error: unknown option '--onec'\n(Did you mean --once?)\n",
  ],
])("a switch with a value is told what is wrong, and not to be itself: %j", (text, complaint) => {
  expect(usageError(text)).toBe(complaint);
});

test("who passes a key as a flag learns where it belongs, and nobody else", () => {
  expect(usageError("error: unknown option '--api-key'\n")).toMatch(/DIRSYNC_API_KEY or --api-key-file/);
  expect(usageError("error: unknown option '--api-kye-file'\n")).not.toMatch(/DIRSYNC_API_KEY/);
});

test("other complaints pass unchanged", () => {
  const text = "error: option '--port <number>' argument 'x=y' is invalid. A port is a number from 0 to 65535.\n";
  expect(usageError(text)).toBe(text);
});
