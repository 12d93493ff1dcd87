import { expect, test } from "vitest";
import { parseIsoTime } from "./iso-time.ts";

test.each([
  ["2026-11-24T01:02:03.004Z", "2026-11-24T01:02:03.004Z"],
  ["2026-11-24T03:02:03+02:00", "2026-11-24T01:02:03.000Z"],
  // As strftime writes a zone, in Python and C.
  ["2026-11-24T03:02:03+0200", "2026-11-24T01:02:03.000Z"],
  // RFC 3339 section 5.6: either letter case.
  ["2026-11-24t01:02:03z", "2026-11-24T01:02:03.000Z"],
  ["2026-11-24T01:02:03.004", "2026-11-24T01:02:03.004Z"],
  ["2026-11-24 01:02:03.004", "2026-11-24T01:02:03.004Z"],
  ["2026-11-24T01:02:03.004999Z", "2026-11-24T01:02:03.004Z"],
  ["2026-11-24T01:02", "2026-11-24T01:02:00.000Z"],
  ["2026-11-24", "2026-11-24T00:00:00.000Z"],
])("%s is %s: a time without a zone is UTC wherever the server runs", (text, expected) => {
  const zone = process.env["TZ"];
  try {
    for (const other of ["Asia/Tokyo", "America/New_York"]) {
      process.env["TZ"] = other;
      expect(new Date(parseIsoTime(text) ?? Number.NaN).toISOString()).toBe(expected);
    }
  } finally {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  }
});

test.each([
  "",
  "0",
  "2026",
  "1700000000000",
  "yesterday",
  "Nov 24, 2026",
  "11/24/2026",
  "24 Nov 2026 01:02:03 GMT",
  "2026-11-24T",
  "2026-11-24Z",
  "2026-11-24T01:02:03 PST",
  // A plus that nobody has encoded comes as a space.
  "2026-11-24T01:02:03 02:00",
  "2026-11-24T01:02:03.Z",
  "2026-13-01",
  "2026-02-30",
  "2026-02-29T00:00:00Z",
  "2026-11-24T25:00:00Z",
  "2026-11-24T01:02:03Z\n",
])("%j is no ISO 8601 time", (text) => {
  expect(parseIsoTime(text)).toBeNull();
});
