import { describe, expect, test } from "vitest";
import { parseEventNames, parseStartPosition, parseTime } from "./start-position.ts";

const nowMs = Date.UTC(2026, 0, 31, 12, 0, 0);

describe("--from", () => {
  test.each([
    ["start", { from: "start" }],
    ["now", { from: "time", time: "2026-01-31T12:00:00.000Z" }],
    ["2026-01-30T09:00:00Z", { from: "time", time: "2026-01-30T09:00:00.000Z" }],
    ["2026-01-30T09:00:00+02:00", { from: "time", time: "2026-01-30T07:00:00.000Z" }],
    ["2026-01-30", { from: "time", time: "2026-01-30T00:00:00.000Z" }],
    ["event_01J8ZQ", { from: "event", id: "event_01J8ZQ" }],
  ])("%s", (text, position) => {
    expect(parseStartPosition(text, nowMs)).toEqual(position);
  });

  test("a time without a zone is UTC, whatever the machine's zone is", () => {
    expect(parseTime("2026-01-30T09:00:00", "--from")).toBe("2026-01-30T09:00:00.000Z");
  });

  test.each(["2026-13-45T00:00:00Z", "", "yesterday at noon", "nwo", "'; DROP", "1999"])(
    "%s is refused by name",
    (text) => {
      expect(() => parseStartPosition(text, nowMs)).toThrow(/--from/);
    },
  );
});

describe("--events", () => {
  test("absent means all, given means exactly these", () => {
    expect(parseEventNames(undefined)).toBeUndefined();
    expect(parseEventNames("dsync.user.created, organization.updated")).toEqual([
      "dsync.user.created",
      "organization.updated",
    ]);
  });

  test.each(["", "a,,b", "dsync.user.*", "user created"])("%s is refused", (text) => {
    expect(() => parseEventNames(text)).toThrow(/--events/);
  });
});
