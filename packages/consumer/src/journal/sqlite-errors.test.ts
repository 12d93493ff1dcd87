import { expect, test } from "vitest";
import { translateSqliteError } from "./sqlite-errors.ts";

/** What better-sqlite3 and Node throw: an error with a code of SQLite or of the file system. */
function thrown(code: string): Error {
  return Object.assign(new Error("refused"), { code });
}

test.each([
  ["SQLITE_FULL", "full", "free some space"],
  ["ENOSPC", "full", "free some space"],
  ["SQLITE_IOERR_READ", "io", "the system's log"],
  ["SQLITE_IOERR_FSYNC", "io", "the system's log"],
  ["EDQUOT", "io", "a quota is used up"],
])("%s is told as %s, with what to do, and may be tried again", (code, name, advice) => {
  const told = translateSqliteError(thrown(code), "/data/state.db");
  expect(told).toMatchObject({ name: "StateError", code: name, retryable: true });
  expect(String(told)).toMatch(new RegExp(`/data/state.db .*${code}.*${advice}`, "u"));
});

test("an error that is not about the file stays what it is", () => {
  const error = new TypeError("of a handler");
  expect(translateSqliteError(error, "state.db")).toBe(error);
});
