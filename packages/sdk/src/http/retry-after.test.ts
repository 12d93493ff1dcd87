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

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** The three spellings of RFC 9110 §5.6.7. */
const spellings = {
  "IMF-fixdate": (at: Date): string => at.toUTCString(),
  "RFC 850": (at: Date): string => {
    const [, day = "", month = "", year = "", time = ""] = at.toUTCString().split(" ");
    return `${days[at.getUTCDay()] ?? ""}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
  },
  asctime: (at: Date): string => {
    const [name = "", day = "", month = "", year = "", time = ""] = at.toUTCString().split(" ");
    return `${name.slice(0, 3)} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`;
  },
};

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

  const dayMs = 86_400_000;
  // Whole seconds, as HTTP dates are, from 1970 to 2049: a year of two digits is of those.
  const anyTime = fc.integer({ min: 0, max: Date.UTC(2049, 11, 31) / 1000 }).map((seconds) => seconds * 1000);

  test("as any number of seconds is that long, up to a day", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 400n }), fc.nat(3), (seconds, zeros) => {
        const ms = retryAfterMs({ "retry-after": "0".repeat(zeros) + String(seconds) }, nowMs);
        expect(ms).toBe(seconds > 86_400n ? dayMs : Number(seconds) * 1000);
      }),
    );
  });

  test.each(Object.entries(spellings))(
    "as any date (%s) is the time until then, 0 for the past, up to a day",
    (_, spell) => {
      // Near dates as well, because two of all times are almost always years apart.
      const until = fc.oneof(
        anyTime,
        fc.integer({ min: -90_000, max: 90_000 }).map((seconds) => nowMs + seconds * 1000),
      );
      fc.assert(
        fc.property(until, anyTime, fc.boolean(), (atMs, clockMs, tellsDate) => {
          const value = spell(new Date(atMs));
          // Where the answer tells its own time, ours does not matter.
          const headers = { "retry-after": value, ...(tellsDate ? { date: spell(new Date(nowMs)) } : {}) };
          const waitMs = Math.min(Math.max(atMs - nowMs, 0), dayMs);
          expect(retryAfterMs(headers, tellsDate ? clockMs : nowMs)).toBe(waitMs);
        }),
      );
    },
  );

  test("negative, fractional, signed or with a unit says nothing", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((each) => !/^\d+$/.test(String(each)));
    const text = fc.oneof(
      number.map(String),
      fc.nat().map((each) => `-${each}`),
      fc.nat().map((each) => `+${each}`),
      fc.nat().map((each) => `${each}s`),
    );
    fc.assert(
      fc.property(text, (value) => {
        expect(retryAfterMs({ "retry-after": value }, nowMs)).toBeNull();
      }),
    );
  });

  test("as a date with one character spoilt never becomes a wait that no header asked for", () => {
    const character = fc.constantFrom("0", "9", "A", "z", " ", ",", ":", "-", "+", "\u0000", "é");
    fc.assert(
      fc.property(anyTime, fc.nat(28), character, (atMs, place, by) => {
        const date = spellings["IMF-fixdate"](new Date(atMs));
        const ms = retryAfterMs({ "retry-after": date.slice(0, place) + by + date.slice(place + 1) }, nowMs);
        expect(ms === null || (Number.isInteger(ms) && ms >= 0 && ms <= dayMs)).toBe(true);
      }),
    );
  });
});
