import { describe, expect, test } from "vitest";
import { list } from "./kinds.ts";
import { eventName, start, startPosition, time } from "./start.ts";

const nowMs = Date.UTC(2026, 0, 31, 12, 0, 0);

describe("a start position", () => {
  test.each([
    ["start", { from: "start" }],
    ["now", { from: "time", time: "2026-01-31T12:00:00.000Z" }],
    ["2026-01-30T09:00:00Z", { from: "time", time: "2026-01-30T09:00:00.000Z" }],
    ["2026-01-30T09:00:00+02:00", { from: "time", time: "2026-01-30T07:00:00.000Z" }],
    ["2026-01-30", { from: "time", time: "2026-01-30T00:00:00.000Z" }],
    ["event_01J8ZQ", { from: "event", id: "event_01J8ZQ" }],
  ])("%s", (text, position) => {
    expect(startPosition(text, nowMs)).toEqual({ value: position });
    expect(start.read(text)).toEqual({ value: text });
  });

  test("a time without a zone is UTC, whatever the machine's zone is", () => {
    expect(time("2026-01-30T09:00:00")).toEqual({ value: "2026-01-30T09:00:00.000Z" });
  });

  test.each(["2026-13-45T00:00:00Z", "", "yesterday at noon", "nwo", "'; DROP", "1999"])("%s is refused", (text) => {
    expect(start.read(text)).toEqual({ mistake: expect.stringContaining(text) as unknown });
  });
});

describe("event names", () => {
  const names = list(eventName, "names");

  test("are separated by commas, in one text or in several", () => {
    expect(names.read("dsync.user.created, organization.updated")).toEqual({
      value: ["dsync.user.created", "organization.updated"],
    });
    expect(names.read(["dsync.user.created", "dsync.deleted"])).toEqual({
      value: ["dsync.user.created", "dsync.deleted"],
    });
  });

  test.each(["", "a,,b", "dsync.user.*", "user created", 7])("%s is refused", (given) => {
    expect(names.read(given)).toEqual({ mistake: expect.stringMatching(/is no event name/) as unknown });
  });
});
