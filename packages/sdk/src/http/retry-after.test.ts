import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { retryAfterMs } from "./retry-after.ts";

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

const nowMs = Date.parse("2026-01-15T12:00:00.000Z");

describe("Retry-After", () => {
  test.each([
    ["whole seconds", "7", 7_000],
    ["zero", "0", 0],
    ["seconds among spaces", " 3 ", 3_000],
    ["more than a day, as a day", "999999999999", 86_400_000],
    ["a date (RFC 9110 IMF-fixdate)", "Thu, 15 Jan 2026 12:00:30 GMT", 30_000],
    ["a date (RFC 850)", "Thursday, 15-Jan-26 12:00:30 GMT", 30_000],
    ["a date (asctime), which is UTC", "Thu Jan 15 12:00:30 2026", 30_000],
    ["a date that has passed", "Thu, 15 Jan 2026 11:00:00 GMT", 0],
  ])("is read as %s", (_name, value, expected) => {
    expect(retryAfterMs({ "retry-after": value }, nowMs)).toBe(expected);
  });

  test("as a date counts from the answer's own Date, not from our clock", () => {
    const headers = { "retry-after": "Thu, 15 Jan 2026 15:00:05 GMT", date: "Thu, 15 Jan 2026 15:00:00 GMT" };
    expect(retryAfterMs(headers, nowMs)).toBe(5_000);
  });

  test.each([["1.5"], ["-1"], ["soon"], [""], ["1e3"], ["foo 1"], ["Thu, 99 Jan 2026 12:00:30 GMT"], ["2026-01-15"]])(
    "%j says nothing",
    (value) => {
      expect(retryAfterMs({ "retry-after": value }, nowMs)).toBeNull();
    },
  );

  test("absent says nothing", () => {
    expect(retryAfterMs({}, nowMs)).toBeNull();
  });

  test("whatever it holds, the answer is null or a wait that a timer can keep", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, date) => {
        const ms = retryAfterMs({ "retry-after": value, date }, nowMs);
        expect(ms === null || (ms >= 0 && ms <= 86_400_000)).toBe(true);
      }),
    );
  });
});
