import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { timestampMs } from "./timestamp.ts";

// Far from UTC, so that reading a stamp in the zone of the machine shows.
beforeAll(() => {
  vi.stubEnv("TZ", "America/New_York");
});
afterAll(() => {
  vi.unstubAllEnvs();
});

test("(control) this machine is not in UTC", () => {
  expect(new Date(0).getTimezoneOffset()).not.toBe(0);
});

const noon = Date.parse("2026-01-15T12:00:00.000Z");

test.each([
  ["2026-01-15T12:00:00.000Z", noon],
  ["2026-01-15T12:00:00Z", noon],
  ["2026-01-15t12:00:00z", noon],
  ["2026-01-15 12:00:00.000", noon],
  ["2026-01-15T12:00:00", noon],
  ["2026-01-15 12:00", noon],
  ["2026-01-15T12:00:00.123456Z", noon + 123],
  ["2026-01-15T13:00:00+01:00", noon],
  ["2026-01-15 06:30:00 -0530", noon],
])("%s is read, without a zone as UTC", (text, expected) => {
  expect(timestampMs(text)).toBe(expected);
});

test.each(["", "yesterday", "2026-01-15", "1768478400000", "2026-13-01T00:00:00Z", "2026-01-15T12:00:00Zulu"])(
  "%j is no timestamp",
  (text) => {
    expect(timestampMs(text)).toBeNull();
  },
);
