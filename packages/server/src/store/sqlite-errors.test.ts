import { expect, test } from "vitest";
import { isRefusedByDisk } from "./disk-watch.ts";
import { toStateError } from "./sqlite-errors.ts";

test.each([
  ["SQLITE_FULL", "full", true],
  ["SQLITE_IOERR_WRITE", "io", true],
  ["EDQUOT", "full", true],
  ["SQLITE_CORRUPT_VTAB", "corrupt", false],
])("%s is told as %s; whether changes are refused until it is over: %s", (code, name, isDisk) => {
  const error = toStateError(Object.assign(new Error("refused"), { code }), "/data/dirsync.db");
  expect(error).toMatchObject({ name: "StateError", code: name });
  expect(error.message).toMatch(/^\/data\/dirsync.db /);
  expect(isRefusedByDisk(error)).toBe(isDisk);
});
